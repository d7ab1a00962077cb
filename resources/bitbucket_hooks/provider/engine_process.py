"""The engine run that a provider process belongs to: which one, and whether it still lives."""

from __future__ import annotations

import functools
import math
import os
import socket
import subprocess
import threading
import time
from itertools import pairwise
from pathlib import Path
from typing import Final

from bitbucket_hooks.api.errors import EngineGone
from bitbucket_hooks.provider.sdk_hooks import engine_address

_WRAPPER = "pulumi-resource-pulumi-python"  # the shell script that the engine starts us through

_ENGINE: Final = "pulumi"
_STACK: Final = ("--stack", "-s")

_WATCH_EVERY: Final = 2.0  # seconds
_HOLDS: Final = 0.05  # seconds for which a look at the engine holds


def run_name() -> str:
    """A name for the engine run, the same in all provider processes of preview and update."""
    engine = _engine()
    return f"{engine} {_started(engine)}"


def engine_command() -> list[str]:
    """`pulumi stack` for the stack of this run: as it was named on the engine's command line.

    A name in full, such as `acme/hooks/prod`, is nowhere else; a stack that isn't named there is
    the selected one.
    """
    words = _parent_and_command(_engine())[1].split()
    if not words or Path(words[0]).name != _ENGINE:
        return [_ENGINE, "stack"]
    binary = words[0] if Path(words[0]).is_absolute() else _ENGINE
    named = [after for word, after in pairwise(words) if word in _STACK]
    named += [word.partition("=")[2] for word in words if word.startswith(f"{_STACK[0]}=")]
    return [binary, "stack", *(["--stack", named[0]] if named else [])]


def _engine() -> int:
    pid = os.getppid()
    parent, command = _parent_and_command(pid)
    return parent if _WRAPPER in command else pid


_seen: Final[dict[str, float]] = {}
"""When an engine answered last, by its address."""


def ensure_engine_lives() -> None:
    """Raise EngineGone when nobody is left who would record a write.

    What was seen a moment ago holds: a write takes longer, and a thousand of them side by side
    would make a thousand connections.
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


def _parent_and_command(pid: int) -> tuple[int, str]:
    shown = _ps(pid, "ppid=,command=")
    parent, _, command = shown.partition(" ")
    return (int(parent), command) if parent.isdigit() else (pid, "")


def _started(pid: int) -> str:
    """When a process started, so that a number that was used before isn't mistaken for it."""
    return _ps(pid, "lstart=")


def _ps(pid: int, what: str) -> str:
    try:
        return _proc(pid, what)
    except OSError:
        command = ["ps", "-o", what, "-p", str(pid)]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def _proc(pid: int, what: str) -> str:
    """The same from Linux's /proc, where `ps` may not be installed."""
    folder = Path("/proc") / str(pid)
    # the name in parentheses may hold anything, so the fields are counted after it
    fields = (folder / "stat").read_text().rpartition(")")[2].split()
    if what == "lstart=":
        return fields[19]
    command = (folder / "cmdline").read_bytes().replace(bytes(1), b" ")
    return f"{fields[1]} {command.decode(errors='replace')}"
