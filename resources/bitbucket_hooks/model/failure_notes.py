"""Whose fault a failure was, told by the engine's processes to the command that started it.

An error crosses the engine as text alone. A command that runs the engine names a file in the
environment, and every process of the run notes there what kind of failure it met.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from bitbucket_hooks.model.errors import HooksError

NOTES: Final = "BITBUCKET_HOOKS_NOTES"
"""The variable that names the file; not for users."""


def note(error: HooksError) -> None:
    """Note a failure, when a command asked for that."""
    path = os.environ.get(NOTES)
    if path:
        with suppress(OSError), Path(path).open("a") as file:
            file.write(f"{error.exit_code}\n")


def exit_code(path: Path) -> int | None:
    """What the failures that were noted ask a command to exit with; None: none was noted."""
    try:
        codes = path.read_text().split()
    except OSError:
        return None
    return max(map(int, codes), default=None)
