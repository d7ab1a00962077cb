"""The throttle under many threads, against a service that counts: on a clock that they share."""

from __future__ import annotations

import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from attrs import define, field
from requests.structures import CaseInsensitiveDict

from bitbucket_hooks.api.errors import RateLimited
from bitbucket_hooks.api.request_log import HOUR
from bitbucket_hooks.api.throttle import Throttle
from support.clocks import SharedClock

LATENCY = 0.05


@define
class Service:
    """Answers so many requests in a rolling window, the rest with 429."""

    clock: SharedClock
    limit: int
    window: float
    retry_after: bool = False
    answered: int = 0
    refused: int = 0
    most: int = 0
    _busy: int = 0
    _hits: deque[float] = field(factory=deque)
    _lock: threading.Lock = field(factory=threading.Lock)

    def ask(self) -> tuple[bool, CaseInsensitiveDict[str]]:
        """Take a request's time, and say whether it was within the limit."""
        with self._lock:
            self._busy += 1
            self.most = max(self.most, self._busy)
        self.clock.sleep(LATENCY)
        with self._lock:
            self._busy -= 1
            now = self.clock.now()
            while self._hits and self._hits[0] <= now - self.window:
                self._hits.popleft()
            if len(self._hits) < self.limit:
                self._hits.append(now)
                self.answered += 1
                return True, CaseInsensitiveDict()
            self.refused += 1
            wait = self._hits[0] + self.window - now
            headers = {"Retry-After": str(int(wait) + 1)} if self.retry_after else {}
            return False, CaseInsensitiveDict(headers)


@define
class Crowd:
    """Threads that share a number of calls, all of one throttle to one service."""

    clock: SharedClock
    throttle: Throttle
    service: Service
    notes: list[str]
    failures: list[RateLimited] = field(factory=list)

    def work(self, calls: int, threads: int) -> None:
        """Do everything; failures are kept."""
        left, ready = iter(range(calls)), threading.Barrier(threads)

        def share() -> None:
            with self.clock.taking_part():
                ready.wait()
                try:
                    for _ in left:
                        self._call()
                except RateLimited as error:
                    self.failures.append(error)

        with ThreadPoolExecutor(threads) as pool:
            for future in [pool.submit(share) for _ in range(threads)]:
                future.result(60)

    def _call(self) -> None:
        with self.throttle.working():
            done = False
            while not done:
                with self.throttle.slot():
                    done, headers = self.service.ask()
                    (self.throttle.answered if done else self.throttle.refused)(headers)


def _crowd(allowed: int, window: float, *, retry_after: bool = False, **throttle: Any) -> Crowd:
    clock = SharedClock()
    notes: list[str] = []
    given = {"max_wait": 3900, "parallel": 16, **throttle}
    paced = Throttle(clock=clock, notify=notes.append, **given)
    return Crowd(clock, paced, Service(clock, allowed, window, retry_after), notes)


@pytest.mark.parametrize(
    ("calls", "retry_after", "windows"), [(300, False, 1), (300, True, 1), (1500, False, 9)]
)
def test_an_unknown_limit_costs_few_refusals(calls: int, retry_after: bool, windows: int) -> None:
    """Under 150 in 15 s: one run, at most 3 times the time, at most 20 % refused."""
    crowd = _crowd(150, 15, retry_after=retry_after)
    crowd.work(calls, 16)
    assert crowd.failures == []
    assert crowd.service.answered == calls
    assert crowd.service.refused <= 0.2 * (calls + crowd.service.refused)
    assert crowd.clock.now() <= 3 * 15 * windows
    assert crowd.notes


def test_a_known_limit_costs_no_refusal() -> None:
    """The hour's allowance goes in a burst, and then as much as has become free."""
    crowd = _crowd(100, HOUR, limit=100)
    crowd.work(150, 2)
    assert (crowd.service.answered, crowd.service.refused) == (150, 0)
    assert HOUR <= crowd.clock.now() <= HOUR + 60
    assert 50 <= len(crowd.notes) <= 61


def test_never_more_in_flight_than_allowed() -> None:
    """Whatever the number of threads."""
    crowd = _crowd(10**6, 1, parallel=5)
    crowd.work(100, 20)
    assert crowd.service.most == 5


def test_all_waiters_stop_when_patience_ends() -> None:
    """Not one after the other: nobody starts anew what the others gave up."""
    crowd = _crowd(10, 10 * HOUR, max_wait=120)
    crowd.work(100, 16)
    assert len(crowd.failures) == 16
    assert crowd.service.answered == 10
    assert crowd.clock.now() <= 120 + 2
