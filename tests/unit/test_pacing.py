"""The throttle under many threads, against a service that counts: on a clock that they share."""

from __future__ import annotations

import threading
from collections import deque

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
            return self._count(self.clock.now())

    def _count(self, now: float) -> tuple[bool, CaseInsensitiveDict[str]]:
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
    """Threads that share the work of so many calls."""

    clock: SharedClock
    throttle: Throttle
    service: Service
    left: int
    failures: list[RateLimited] = field(factory=list)
    _lock: threading.Lock = field(factory=threading.Lock)

    def work(self, threads: int) -> None:
        """Do everything; failures are kept."""
        ready = threading.Barrier(threads)
        team = [threading.Thread(target=self._share, args=(ready,)) for _ in range(threads)]
        for thread in team:
            thread.start()
        for thread in team:
            thread.join(60)
            assert not thread.is_alive()

    def _share(self, ready: threading.Barrier) -> None:
        with self.clock.taking_part():
            ready.wait()
            try:
                while self._is_more_left():
                    with self.throttle.working():
                        while not self._is_answered():
                            pass
            except RateLimited as error:
                self.failures.append(error)

    def _is_more_left(self) -> bool:
        with self._lock:
            self.left -= 1
            return self.left >= 0

    def _is_answered(self) -> bool:
        with self.throttle.slot():
            done, headers = self.service.ask()
            (self.throttle.answered if done else self.throttle.refused)(headers)
        return done


def _crowd(
    calls: int,
    limit: int,
    window: float,
    *,
    parallel: int = 16,
    known: int | None = None,
    max_wait: float = 3900,
    retry_after: bool = False,
) -> tuple[Crowd, list[str]]:
    clock = SharedClock()
    notes: list[str] = []
    throttle = Throttle(
        clock=clock, notify=notes.append, max_wait=max_wait, parallel=parallel, limit=known
    )
    return Crowd(clock, throttle, Service(clock, limit, window, retry_after), calls), notes


@pytest.mark.parametrize("retry_after", [False, True])
def test_an_unknown_limit_costs_few_refusals(retry_after: bool) -> None:
    """300 calls under 150 in 15 s: one run, at most 3 times the time, at most 20 % refused."""
    crowd, notes = _crowd(300, 150, 15, retry_after=retry_after)
    crowd.work(16)
    assert crowd.failures == []
    assert crowd.service.answered == 300
    assert crowd.service.refused <= 0.2 * (300 + crowd.service.refused)
    assert crowd.clock.now() <= 3 * 15
    assert notes


def test_many_windows_cost_few_refusals() -> None:
    """1,500 calls under the same limit: the share stays, and the pace with it."""
    crowd, _ = _crowd(1500, 150, 15)
    crowd.work(16)
    assert crowd.service.answered == 1500
    assert crowd.service.refused <= 0.2 * (1500 + crowd.service.refused)
    assert crowd.clock.now() <= 3 * 9 * 15


def test_a_known_limit_costs_no_refusal() -> None:
    """The hour's allowance goes in a burst, and then as much as has become free."""
    crowd, notes = _crowd(150, 100, HOUR, known=100)
    crowd.work(2)
    assert (crowd.service.answered, crowd.service.refused) == (150, 0)
    assert HOUR <= crowd.clock.now() <= HOUR + 60
    assert 50 <= len(notes) <= 61


def test_never_more_in_flight_than_allowed() -> None:
    """Whatever the number of threads."""
    crowd, _ = _crowd(100, 10**6, 1, parallel=5)
    crowd.work(20)
    assert crowd.service.most == 5


def test_all_waiters_stop_when_patience_ends() -> None:
    """Not one after the other: nobody starts anew what the others gave up."""
    crowd, _ = _crowd(100, 10, 10 * HOUR, max_wait=120)
    crowd.work(16)
    assert len(crowd.failures) == 16
    assert crowd.service.answered == 10
    assert crowd.clock.now() <= 120 + 2
