"""How every command of ours ends: its exit code, and an error of one or two lines."""

from __future__ import annotations

import sys
from typing import Any

import click

from bitbucket_hooks.errors import HooksError, printable
from bitbucket_hooks.exit_codes import USERS_MISTAKE


class Commands(click.Group):
    """The top group. Exit codes: 0 fine, 1 the user's mistake, 2 the remote side failed.

    A command may return another one, as 3 for a difference that was found.
    """

    def main(self, *args: Any, **options: Any) -> Any:
        """Run a command; as a program of its own it never ends in a traceback of ours."""
        if not options.get("standalone_mode", True):
            return super().main(*args, **options)
        try:
            code = super().main(*args, **{**options, "standalone_mode": False})
        except click.Abort:
            code = _say("stopped")
        except click.ClickException as error:
            error.show()
            # click ends with 2 on a wrong option, which is the remote side's number here.
            code = USERS_MISTAKE
        except HooksError as error:
            code = _say(str(error), error.exit_code)
        sys.exit(code if isinstance(code, int) else 0)


def _say(message: str, code: int = USERS_MISTAKE) -> int:
    lines = [printable(line, limit=2000) for line in message.splitlines()]
    click.echo("Error: " + "\n".join(lines), err=True)
    return code
