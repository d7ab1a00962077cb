"""The engine run that a provider process belongs to: which one, and whether it still lives."""

from __future__ import annotations

import functools
import os
import socket
import subprocess
import threading
import time
from pathlib import Path
from typing import Final

from bitbucket_hooks.api.errors import EngineGone
from bitbucket_hooks.provider.seam import engine_address

_WRAPPER = "pulumi-resource-pulumi-python"  # the shell script that the engine starts us through

_WATCH_EVERY: Final = 2.0  # seconds


def run_name() -> str:
    """A name for the engine run, the same in all provider processes of preview and update."""
    pid = os.getppid()
    parent, command = _parent_and_command(pid)
    engine = parent if _WRAPPER in command else pid
    return f"{engine} {_started(engine)}"


def ensure_engine_lives() -> None:
    """Raise EngineGone when nobody is left who would record a write."""
    address = engine_address()
    if address is None:
        return
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=5).close()
    except OSError:
        raise EngineGone(
            "the Pulumi engine has ended, so nothing more is written",
            "Run `pulumi cancel` and then `pulumi up` again: it finds what was done.",
        ) from None


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
