"""Processes that a test didn't start itself."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")
_SECONDS: Final = 60


def children_of(parent: int) -> list[int]:
    """The processes that a process has started."""
    return [pid for pid, starter, _ in _listed() if starter == parent]


def providers_of(engine: int) -> list[int]:
    """The provider processes that an engine has started: by the SDK's shell script, or a plugin."""
    listed = list(_listed())
    started = {pid for pid, parent, _ in listed if parent == engine}
    return [
        pid
        for pid, parent, args in listed
        if (parent in started and "pulumi.dynamic" in args)
        or (pid in started and "pulumi-resource-bitbucket-hooks" in args)
    ]


def ends_by_itself(pid: int) -> bool:
    """Wait for the end of a process; end it when it doesn't come."""
    ends = time.monotonic() + _SECONDS
    while time.monotonic() < ends:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    os.kill(pid, signal.SIGKILL)
    return False


def end_session(leader: int) -> None:
    """Kill what is left of a session whose first process is gone."""
    for pid, _, _ in _listed():
        with suppress(ProcessLookupError, PermissionError):
            if os.getsid(pid) == leader:
                os.kill(pid, signal.SIGKILL)


def _listed() -> Iterator[tuple[int, int, str]]:
    """Every process with its parent and its command line."""
    if not (_PROC / "self" / "stat").is_file():
        yield from _listed_by_ps()
        return
    for folder in _PROC.glob("[0-9]*"):
        try:
            parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
            args = (
                (folder / "cmdline").read_bytes().replace(bytes(1), b" ").decode(errors="replace")
            )
        except OSError:  # ended meanwhile
            continue
        yield int(folder.name), int(parent), args


def _listed_by_ps() -> Iterator[tuple[int, int, str]]:
    command = ["ps", "-A", "-o", "pid=,ppid=,args="]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    for line in shown.splitlines():
        pid, parent, args = line.split(None, 2)
        yield int(pid), int(parent), args
