"""Clocks on which hours pass at once."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone

from attrs import define, field

from bitbucket_hooks.api.clock import Clock


class FakeClock(Clock):
    """Sleeping passes time at once; actions can wait for their moment."""

    def __init__(self) -> None:
        super().__init__()
        self.time = 0.0
        self.slept: list[float] = []
        self._began = datetime.now(timezone.utc)
        self._actions: list[tuple[float, Callable[[], object]]] = []

    def now(self) -> float:
        """Give the time that sleeping made pass."""
        return self.time

    def wall(self) -> datetime:
        """Give the day's time, which passes in step."""
        return self._began + timedelta(seconds=self.time)

    def sleep(self, seconds: float) -> None:
        """Let time pass, and what waits for it happen."""
        self.sit_out(seconds)
        super().sleep(0)

    def wait(self, called: threading.Event, seconds: float) -> None:
        """Let time pass up to the next thing that happens, until one of them calls."""
        ends = self.time + seconds
        while self.time < ends and not called.is_set():
            moments = [ends, *(moment for moment, _ in self._actions)]
            if min(moments) < math.inf:
                self.sleep(min(moments) - self.time)
            else:  # it is for another thread to call, which takes its real time
                assert called.wait(30), "nobody has called"

    def sit_out(self, seconds: float) -> None:
        """Do the same, whether or not somebody asked to stop."""
        self.slept.append(seconds)
        self.time += seconds
        due = [action for moment, action in self._actions if moment <= self.time]
        self._actions = [later for later in self._actions if later[0] > self.time]
        for action in due:
            action()

    def jittered(self, seconds: float) -> float:
        """Take the longest."""
        return seconds

    def after(self, seconds: float, action: Callable[[], object]) -> None:
        """Let something happen once so much time has passed."""
        self._actions.append((self.time + seconds, action))


@define(eq=False)
class _Sleeper:
    alarm: float
    called: threading.Event
    woken: threading.Event = field(factory=threading.Event)


class SharedClock(Clock):
    """A clock of several threads: it jumps ahead when all of them sleep.

    Whoever sleeps must take part, and nobody may wait for a lock that a sleeper holds.
    """

    def __init__(self) -> None:
        super().__init__()
        self._began = datetime.now(timezone.utc)
        self._time = 0.0
        self._awake = 0
        self._sleepers: list[_Sleeper] = []
        self._lock = threading.RLock()

    def now(self) -> float:
        """Give the common time."""
        with self._lock:
            return self._time

    def wall(self) -> datetime:
        """Give the day's time, which passes in step."""
        return self._began + timedelta(seconds=self.now())

    def jittered(self, seconds: float) -> float:
        """Take the longest."""
        return seconds

    def sleep(self, seconds: float) -> None:
        """Wait until all others sleep as well and this alarm is the next."""
        self.wait(threading.Event(), seconds)

    def wait(self, called: threading.Event, seconds: float) -> None:
        """Do the same, or until all others sleep and one of them has called."""
        with self._lock:
            sleeper = _Sleeper(self._time + max(seconds, 0.001), called)
            self._sleepers.append(sleeper)
            self._awake -= 1
            self._jump()
        assert sleeper.woken.wait(30), "everybody sleeps, and nobody wakes"

    @contextmanager
    def taking_part(self) -> Iterator[None]:
        """Count the thread as one of those that have to sleep before time passes."""
        with self._lock:
            self._awake += 1
        try:
            yield
        finally:
            with self._lock:
                self._awake -= 1
                self._jump()

    def _jump(self) -> None:
        if self._awake or not self._sleepers:
            return
        woken = [sleeper for sleeper in self._sleepers if sleeper.called.is_set()]
        if not woken:
            self._time = min(sleeper.alarm for sleeper in self._sleepers)
            woken = [sleeper for sleeper in self._sleepers if sleeper.alarm <= self._time]
        self._awake += len(woken)
        for sleeper in woken:
            self._sleepers.remove(sleeper)
            sleeper.woken.set()
