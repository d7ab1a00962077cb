"""`bitbucket-hooks completion`: what makes a shell complete words of this command."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from bitbucket_hooks.cli import output
from bitbucket_hooks.cli.command import command
from bitbucket_hooks.cli.completing import Bash, Fish, Zsh

if TYPE_CHECKING:
    from click.shell_completion import ShellComplete

_PROGRAM: Final = "bitbucket-hooks"
_VARIABLE: Final = "_BITBUCKET_HOOKS_COMPLETE"  # click's, by the program's name
_SHELLS: Final[dict[str, type[ShellComplete]]] = {shell.name: shell for shell in (Bash, Zsh, Fish)}


@command(
    """echo 'eval "$(bitbucket-hooks completion bash)"' >>~/.bashrc""",
    """echo 'eval "$(bitbucket-hooks completion zsh)"' >>~/.zshrc""",
    "bitbucket-hooks completion fish \\",
    "    >~/.config/fish/completions/bitbucket-hooks.fish",
)
@click.argument("shell", type=click.Choice([*_SHELLS]))
@output.json_option
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print what makes a shell complete words of this command.

    Commands, options and files, the project's stacks, and events. Bash has to be 4.4 or newer; in
    zsh, `compinit` has to run before.
    """
    program = context.find_root().command
    script = _SHELLS[shell](program, {}, _PROGRAM, _VARIABLE).source()
    output.said(script, {"shell": shell, "script": script})
