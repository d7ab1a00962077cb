"""The signals that ask a command to stop, for the processes that it has started."""

from __future__ import annotations

import ctypes
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from bitbucket_hooks.api.clock import Clock

_STOPPING: Final = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)
_PR_SET_PDEATHSIG: Final = 1  # linux/prctl.h
_LIBC: Final = ctypes.CDLL(None) if sys.platform == "linux" else None


def interrupt_me_when_orphaned() -> None:
    """Between fork and exec: let a process be interrupted when the one that started it is killed.

    Its own session keeps it from hearing of that in any other way. Linux only; elsewhere nothing.
    """
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGINT)


def pass_on(number: int, process: subprocess.Popen[Any]) -> None:
    """Send a signal that asks to stop to a process that has a session of its own.

    Windows has no sessions: there the console asks all processes at once.
    """
    if sys.platform != "win32":
        process.send_signal(number)


@contextmanager
def stopping(clock: Clock) -> Iterator[None]:
    """Let the signals that ask to stop end the waits of a clock, in place of this process."""
    with stop_signals(lambda _: clock.stop()):
        yield


@contextmanager
def stop_signals(handle: Callable[[int], None]) -> Iterator[None]:
    """Hand the signals that ask to stop to `handle`, by number, in place of ending this process.

    What this process starts meanwhile should be in a session of its own (`start_new_session`), so
    that a signal to the whole group, as Ctrl-C or a pipeline's end sends it, comes once: the engine
    takes a second one as the order to drop everything at once.
    """

    def handler(number: int, _: Any) -> None:
        handle(number)

    before = {number: signal.signal(number, handler) for number in _STOPPING}
    try:
        yield
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)
