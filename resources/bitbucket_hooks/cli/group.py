"""The top group: how every command ends, and commands that are imported when they are called."""

from __future__ import annotations

import errno
import importlib
import os
import sys
from collections import UserDict
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

import click
from click.shell_completion import CompletionItem

from bitbucket_hooks.cli import completing  # noqa: F401  # click learns from it what bash is
from bitbucket_hooks.model.errors import HooksError, printable
from bitbucket_hooks.model.exit_codes import USERS_MISTAKE

_UNWRITTEN: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF, errno.EPIPE)
"""What a write to an open file or pipe can fail with."""


class LazyGroup(click.Group):
    """A top group that imports a command only when it is called; its own help imports none.

    Exit codes: 0 fine, 1 the user's mistake, 2 the remote side failed. A command may return another
    one, as 3 for a difference that was found.
    """

    def __init__(self, *args: Any, lazy: Mapping[str, tuple[str, str]], **options: Any) -> None:
        """`lazy`: for each command where it is, as `module:name`, and its help in one sentence."""
        super().__init__(*args, **options)
        self.commands = _LazyCommands({name: place for name, (place, _) in lazy.items()})
        self._short_helps = {name: text for name, (_, text) in sorted(lazy.items())}

    def format_commands(self, _: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands in the help."""
        with formatter.section("Commands"):
            formatter.write_dl(list(self._short_helps.items()))

    def shell_complete(self, context: click.Context, incomplete: str) -> list[CompletionItem]:
        """What a shell may complete a word to."""
        commands = [
            CompletionItem(name, help=text)
            for name, text in self._short_helps.items()
            if name.startswith(incomplete)
        ]
        return [*commands, *click.Command.shell_complete(self, context, incomplete)]

    def main(self, *args: Any, **options: Any) -> Any:
        """Run a command; as a program of its own it never ends in a traceback of ours."""
        if not options.get("standalone_mode", True):
            return super().main(*args, **options)
        try:
            code = super().main(*args, **{**options, "standalone_mode": False})
            if sys.stdout is not None:
                sys.stdout.flush()  # while an error can still be reported
        except click.Abort:
            code = _failed("stopped")
        except click.ClickException as error:
            error.show()
            # click ends with 2 on a wrong option, which is the remote side's number here.
            code = USERS_MISTAKE
        except HooksError as error:
            code = _failed(str(error), error.exit_code)
        except OSError as error:
            if error.filename is not None or error.errno not in _UNWRITTEN:
                raise
            _discard_output()
            code = _failed(f"the output can't be written: {error.strerror}")
        sys.exit(code if isinstance(code, int) else 0)


class _LazyCommands(UserDict[str, Any]):
    """Commands by name, from where they are as `module:name`: imported when one is looked up."""

    def __getitem__(self, name: str) -> click.Command:
        module, _, attribute = self.data[name].partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command


def _discard_output() -> None:
    """Let what can't be written go, so that the interpreter doesn't try it again at its end."""
    with suppress(OSError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def _failed(message: str, code: int = USERS_MISTAKE) -> int:
    lines = [printable(line, limit=2000) for line in message.splitlines()]
    with suppress(OSError):  # nobody hears it then, but the code tells
        click.echo("Error: " + "\n".join(lines), err=True)
    return code
