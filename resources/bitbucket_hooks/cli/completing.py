"""What click lacks for completion in shells: stacks, events, and where a shell ends a word."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING

from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ShellComplete,
    ZshComplete,
    add_completion_class,
)

from bitbucket_hooks.model.errors import HooksError

if TYPE_CHECKING:
    import click


@add_completion_class
class Bash(BashComplete):
    """Bash ends a word at `:` and `=`, within `repo:push` and `--stack=dev` too."""

    _kept: str = ""
    """What stands in the word before the part that bash completes."""

    def get_completion_args(self) -> tuple[list[str], str]:
        """The words before the one that is completed, and that one."""
        args, part = super().get_completion_args()
        joined = re.sub(r"\n(:+)(?:\n|$)", r"\1", "\n".join([*args, part])).replace("\n=\n", "\n")
        *words, word = joined.split("\n")
        self._kept = word[: word.rfind(":") + 1] if word != part else ""
        return words, word

    def format_completion(self, item: CompletionItem) -> str:
        """A line for the script that `completion bash` prints."""
        return f"{item.type},{item.value.removeprefix(self._kept)}"


class _WithOption(ShellComplete):
    """A shell that replaces the whole word, in `--stack=dev` the option too."""

    _option: str = ""

    def get_completion_args(self) -> tuple[list[str], str]:
        """The words before the one that is completed, and that one."""
        words, word = super().get_completion_args()
        self._option = word[: word.find("=") + 1] if word.startswith("--") else ""
        return words, word

    def format_completion(self, item: CompletionItem) -> str:
        """Lines for the script that `completion` prints; a file is completed by the shell."""
        option = self._option if item.type == "plain" else ""
        return super().format_completion(CompletionItem(option + item.value, item.type, item.help))


@add_completion_class
class Zsh(_WithOption, ZshComplete):
    """Zsh."""


@add_completion_class
class Fish(_WithOption, FishComplete):
    """Fish."""


def stacks(incomplete: str) -> list[str]:
    """The project's stacks that begin so; none outside a project."""
    from bitbucket_hooks.stack import files

    with suppress(HooksError):
        return [name for name in files.stacks() if name.startswith(incomplete)]
    return []


def stack_names(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    """The same, as the value of an argument or option."""
    return stacks(incomplete)


def event_keys(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    """The bundled events that begin so."""
    from bitbucket_hooks.model.events import CATALOGUE

    return [event.event for event in CATALOGUE if event.event.startswith(incomplete)]
