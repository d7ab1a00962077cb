"""The engine run that a provider process belongs to: which one, and whether it still lives."""

from __future__ import annotations

import functools
import math
import os
import socket
import subprocess
import threading
import time
from pathlib import Path
from typing import Final

from attrs import frozen

from bitbucket_hooks.api.errors import EngineGone
from bitbucket_hooks.operations.engine import engine_address

_WRAPPER: Final = "pulumi-resource-pulumi-python"  # the shell script that the engine starts us by

_PS_WORDS: Final = 7  # that `ps` prints: the parent, five of the start time, the command line
_WATCH_EVERY: Final = 2.0  # seconds
_HOLDS: Final = 0.05  # seconds for which an answer of the engine proves that it lives


def run_name() -> str:
    """A name for the engine run, the same in all provider processes of preview and update."""
    pid = os.getppid()
    process = _process(pid)
    if _WRAPPER in process.command:
        pid = process.parent
        process = _process(pid)
    return f"{pid} {process.started}"


_seen: Final[dict[str, float]] = {}
"""When an engine answered last, by its address."""


def ensure_engine_lives() -> None:
    """Raise EngineGone when nobody is left who would record a write.

    An answer of a moment ago is enough: a thousand writes side by side would make a thousand
    connections.
    """
    address, now = engine_address(), time.monotonic()
    if address is None or now - _seen.get(address, -math.inf) < _HOLDS:
        return
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=5).close()
    except OSError:
        raise EngineGone(
            "the Pulumi engine has ended, so nothing more is written",
            "Run `pulumi cancel` and then `pulumi up` again: it finds what was done.",
        ) from None
    _seen[address] = now


@functools.cache
def end_with_engine() -> None:
    """End this process soon after the engine is killed: nobody else would, and each keeps 65 MB."""
    if engine_address() is not None:
        threading.Thread(target=_watch, name="engine watch", daemon=True).start()


def _watch() -> None:
    missed = 0
    while missed < 2:  # noqa: PLR2004  # once may be an engine that is just too busy
        time.sleep(_WATCH_EVERY)
        try:
            ensure_engine_lives()
        except EngineGone:
            missed += 1
        else:
            missed = 0
    os._exit(1)


@frozen
class _Process:
    parent: int = 0
    started: str = ""
    """When: so that a number that was used before isn't mistaken for it."""
    command: str = ""


def _process(pid: int) -> _Process:
    """A process, from Linux's /proc, where `ps` may not be installed, else from `ps`."""
    try:
        return _in_proc(Path("/proc") / str(pid))
    except OSError:
        command = ["ps", "-ww", "-o", "ppid=,lstart=,command=", "-p", str(pid)]
        shown = subprocess.run(command, capture_output=True, text=True, check=False).stdout
        words = shown.split(maxsplit=_PS_WORDS - 1)
        if len(words) < _PS_WORDS:
            return _Process()  # it has ended
        parent, *started, command_line = words
        return _Process(int(parent), " ".join(started), command_line.rstrip())


def _in_proc(folder: Path) -> _Process:
    # the name in parentheses may hold anything, so the fields are counted after it
    fields = (folder / "stat").read_text().rpartition(")")[2].split()
    command = (folder / "cmdline").read_bytes().decode(errors="replace")
    return _Process(int(fields[1]), fields[19], command)
