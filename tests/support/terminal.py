"""A command on a terminal of its own, as people see it."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import termios
from collections.abc import Mapping, Sequence
from pathlib import Path


def open_terminal(lines: int, columns: int) -> tuple[int, int]:
    """Make a terminal of that size: our end of it, and that of its programs."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
    return ours, theirs


def on_terminal(
    command: Sequence[str],
    *,
    typed: str = "",
    lines: int = 24,
    columns: int = 80,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> str:
    """Everything that a command prints on a terminal until it ends; `typed` is typed there."""
    ours, theirs = open_terminal(lines, columns)
    plain = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
    with subprocess.Popen(
        command,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        cwd=cwd,
        env={**plain, "TERM": "xterm", **(env or {})},
        start_new_session=True,
    ):
        os.close(theirs)
        os.write(ours, typed.encode())
        printed = b"".join(iter(lambda: _read(ours), b""))
    os.close(ours)
    return printed.decode().replace("\r\n", "\n")


def _read(terminal: int) -> bytes:
    """Read what there is; nothing at the end, which Linux tells by an error."""
    try:
        return os.read(terminal, 65536)
    except OSError:
        return b""
