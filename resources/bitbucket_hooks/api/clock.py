"""Time, as one seam: tests replace it so that nothing waits for real."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timezone

from bitbucket_hooks.api.errors import Interrupted


@contextmanager
def unless_done_in(seconds: float, call: Callable[[], object]) -> Iterator[None]:
    """Call something in a thread of its own when the block takes longer than that."""
    timer = threading.Timer(seconds, call)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


class Clock:
    """Monotonic seconds, sleeping, and the jitter that keeps callers from marching in step."""

    def __init__(self) -> None:
        """Start with nobody having asked to stop."""
        self._stop = threading.Event()
        self._waiting: set[threading.Event] = set()

    def stop(self) -> None:
        """End every wait, now and from now on: the user wants the run to end."""
        self._stop.set()
        for called in tuple(self._waiting):
            called.set()

    @property
    def stopped(self) -> bool:
        """Whether somebody asked to stop."""
        return self._stop.is_set()

    def now(self) -> float:
        """Seconds that never go back."""
        return time.monotonic()

    def wall(self) -> datetime:
        """The time of day, to compare with what the service stamps."""
        return datetime.now(timezone.utc)

    def sleep(self, seconds: float) -> None:
        """Wait. Raises Interrupted when somebody asked to stop: a wait is a safe point."""
        if self._stop.wait(seconds):
            raise Interrupted(
                "stopped while waiting, as asked", "Nothing is half done; run it again."
            )

    def wait(self, called: threading.Event, seconds: float) -> None:
        """Wait until somebody calls, or as long as that. Raises Interrupted as `sleep` does."""
        self._waiting.add(called)  # before the look at whether to stop: no stop is missed then
        try:
            if not self.stopped:
                called.wait(min(seconds, threading.TIMEOUT_MAX))
        finally:
            self._waiting.discard(called)
        self.sleep(0)

    def sit_out(self, seconds: float) -> None:
        """Wait even when somebody asked to stop: what is half done has to be settled first."""
        time.sleep(seconds)

    def jittered(self, seconds: float) -> float:
        """Something between half of it and all of it."""
        return seconds * random.uniform(0.5, 1)  # noqa: S311  # spreads load, protects nothing
