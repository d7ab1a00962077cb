"""How every command of ours ends: its exit code, and an error of one or two lines."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import suppress
from typing import Any, Final

import click

from bitbucket_hooks.model.errors import HooksError, printable
from bitbucket_hooks.model.exit_codes import USERS_MISTAKE


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
            _flush()
        except click.Abort:
            code = _say("stopped")
        except click.ClickException as error:
            error.show()
            # click ends with 2 on a wrong option, which is the remote side's number here.
            code = USERS_MISTAKE
        except HooksError as error:
            code = _say(str(error), error.exit_code)
        except OSError as error:
            if error.filename is not None or error.errno not in _UNWRITTEN:
                raise
            _discard_output()
            code = _say(f"the output can't be written: {error.strerror}")
        sys.exit(code if isinstance(code, int) else 0)


_UNWRITTEN: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF, errno.EPIPE)
"""What a write to an open file or pipe can fail with."""


def _flush() -> None:
    """Write what is still kept back, while an error can be told."""
    if sys.stdout is not None:
        sys.stdout.flush()


def _discard_output() -> None:
    """Let what can't be written go, so that the interpreter doesn't try it again at its end."""
    with suppress(OSError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def _say(message: str, code: int = USERS_MISTAKE) -> int:
    lines = [printable(line, limit=2000) for line in message.splitlines()]
    with suppress(OSError):  # nobody hears it then, but the code tells
        click.echo("Error: " + "\n".join(lines), err=True)
    return code
