"""Long commands, run so that nobody thinks they hang, and so that none can."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Mapping
from pathlib import Path

from engine.errors import UnavailableError

TICK = 15.0
"""Seconds between two signs of life."""

KEPT_LINES = 20
QUOTED_LINES = 4
DRAIN = 5.0


def say(message: str) -> None:
    """Tell the person who waits; stdout belongs to the answer."""
    print(f"engine: {message}", file=sys.stderr, flush=True)


def elapsed(since: float) -> str:
    """Return the time since a reading of `time.monotonic`, as a person says it."""
    minutes, seconds = divmod(int(time.monotonic() - since), 60)
    return f"{minutes} min {seconds:02} s" if minutes else f"{seconds} s"


def run(
    what: str,
    command: list[str],
    *,
    limit: float,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> str:
    """Run a command to its end and return its last line.

    Raises UnavailableError when it can't be started, fails or takes longer than `limit` seconds:
    then it is ended with all that it started.
    """
    try:
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,  # so that the whole family can be ended
        )
    except OSError as error:
        raise UnavailableError(f"{what}: {command[0]} can't be started: {error}") from error
    lines: deque[str] = deque(maxlen=KEPT_LINES)
    reader = threading.Thread(target=_read, args=(process, lines), daemon=True)
    reader.start()
    try:
        _wait(what, process, limit, lines)
    finally:
        _end(process, reader)
    if process.returncode:
        tail = " | ".join(list(lines)[-QUOTED_LINES:]) or "it printed nothing"
        raise UnavailableError(f"{what} failed with exit code {process.returncode}: {tail}")
    return lines[-1] if lines else ""


def _read(process: subprocess.Popen[str], lines: deque[str]) -> None:
    for line in process.stdout or ():
        if stripped := line.strip():
            lines.append(stripped)


def _wait(what: str, process: subprocess.Popen[str], limit: float, lines: deque[str]) -> None:
    start = time.monotonic()
    while True:
        left = limit - (time.monotonic() - start)
        if left <= 0:
            raise UnavailableError(f"{what} took longer than {limit:g} s")
        try:
            process.wait(min(TICK, left))
        except subprocess.TimeoutExpired:
            say(f"{what}: {elapsed(start)}{f' ({lines[-1]})' if lines else ''}")
        else:
            return


def _end(process: subprocess.Popen[str], reader: threading.Thread) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    reader.join(DRAIN)  # something that left the group may hold the pipe open for ever
    if process.stdout and not reader.is_alive():
        process.stdout.close()
