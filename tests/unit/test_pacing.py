"""The throttle under many threads, against a service that counts: on a clock that they share."""

from __future__ import annotations

import math
import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from typing import Any, Protocol

import pytest
from attrs import define, field
from requests.structures import CaseInsensitiveDict

from bitbucket_hooks.api.errors import RateLimited
from bitbucket_hooks.api.request_log import HOUR
from bitbucket_hooks.api.throttle import Throttle
from bitbucket_hooks.api.turns import LINE
from support.clocks import SharedClock

LATENCY = 0.05


class Limit(Protocol):
    """What a service lets through."""

    limit: int
    """Requests in a window."""

    def room(self, now: float) -> float:
        """Take a request and give 0, or the seconds until there is room for it."""


@define
class RollingWindow:
    """So many requests in any window."""

    limit: int
    window: float
    _hits: deque[float] = field(factory=deque)

    def room(self, now: float) -> float:
        """Look at what came within the last window."""
        while self._hits and self._hits[0] <= now - self.window:
            self._hits.popleft()
        if len(self._hits) >= self.limit:
            return self._hits[0] + self.window - now
        self._hits.append(now)
        return 0


@define
class FixedWindow:
    """So many requests in each window, which begin by the service's clock."""

    limit: int
    began: float
    _count: int = 0

    def room(self, now: float) -> float:
        """Look at what came since the second began."""
        while now >= self.began + 1:
            self.began, self._count = self.began + 1, 0
        if self._count >= self.limit:
            return self.began + 1 - now
        self._count += 1
        return 0


@define
class Bucket:
    """Holds so many tokens, and gets as many in a second."""

    limit: int
    _tokens: float = field(init=False)
    _filled: float = 0

    def __attrs_post_init__(self) -> None:
        self._tokens = self.limit

    def room(self, now: float) -> float:
        """Take a token."""
        self._tokens = min(self._tokens + (now - self._filled) * self.limit, self.limit)
        self._filled = now
        if self._tokens < 1:
            return (1 - self._tokens) / self.limit
        self._tokens -= 1
        return 0


@define
class Service:
    """Answers what its limit lets through, the rest with 429."""

    clock: SharedClock
    limit: Limit
    retry_after: bool = False
    capacity: float = math.inf
    """Requests that it can answer in a second: others queue up."""
    answered: int = 0
    refused: int = 0
    most: int = 0
    _busy: int = 0
    _free: float = 0
    _lock: threading.Lock = field(factory=threading.Lock)

    def ask(self) -> tuple[bool, CaseInsensitiveDict[str]]:
        """Take a request's time, and say whether it was within the limit."""
        with self._lock:
            self._busy += 1
            self.most = max(self.most, self._busy)
            now = self.clock.now()
            self._free = max(self._free, now) + 1 / self.capacity
            queued = self._free - now
        self.clock.sleep(LATENCY + queued)
        with self._lock:
            self._busy -= 1
            wait = self.limit.room(self.clock.now())
            if not wait:
                self.answered += 1
                return True, CaseInsensitiveDict()
            self.refused += 1
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
                        self.call()
                except RateLimited as error:
                    self.failures.append(error)

        with ThreadPoolExecutor(threads) as pool:
            for future in [pool.submit(share) for _ in range(threads)]:
                future.result(60)

    def call(self) -> None:
        """Ask until it is answered."""
        with self.throttle.working():
            done = False
            while not done:
                with self.throttle.slot():
                    began = self.clock.now()
                    done, headers = self.service.ask()
                    if done:
                        self.throttle.answered(headers, "GET", self.clock.now() - began)
                    else:
                        self.throttle.refused(headers)


def _crowd(
    allowed: Limit, *, retry_after: bool = False, capacity: float = math.inf, **throttle: Any
) -> Crowd:
    clock = SharedClock()
    notes: list[str] = []
    given = {"max_wait": 3900, "parallel": 64, **throttle}
    paced = Throttle(clock=clock, notify=notes.append, **given)
    return Crowd(clock, paced, Service(clock, allowed, retry_after, capacity), notes)


@pytest.mark.parametrize(
    ("calls", "retry_after", "windows"), [(300, False, 1), (300, True, 1), (1500, False, 9)]
)
def test_an_unknown_limit_costs_few_refusals(calls: int, retry_after: bool, windows: int) -> None:
    """Under 150 in 15 s: one run, at most 3 times the time, at most 20 % refused."""
    crowd = _crowd(RollingWindow(150, 15), retry_after=retry_after)
    crowd.work(calls, 16)
    assert crowd.failures == []
    assert crowd.service.answered == calls
    assert crowd.service.refused <= 0.2 * (calls + crowd.service.refused)
    assert crowd.clock.now() <= 3 * 15 * windows
    assert crowd.notes


@pytest.mark.parametrize("retry_after", [False, True])
@pytest.mark.parametrize(
    "limit",
    [
        RollingWindow(20, 1),
        RollingWindow(5, 1),
        *(FixedWindow(20, -share) for share in (0.2, 0.5, 0.9)),
        Bucket(20),
    ],
    ids=str,
)
def test_a_limit_of_bursts_is_learned(limit: Limit, *, retry_after: bool) -> None:
    """Of 2,000 requests at most 3 % are refused, and they take 1.2 times what they have to."""
    crowd = _crowd(deepcopy(limit), retry_after=retry_after)
    crowd.work(2000, 64)
    assert crowd.service.refused <= 0.03 * (2000 + crowd.service.refused)
    assert crowd.clock.now() <= 1.2 * 2000 / limit.limit


def test_a_limit_of_bursts_that_rises_is_found() -> None:
    """What was learned isn't held for ever: twice as fast within a minute."""
    window = RollingWindow(10, 1)
    crowd = _crowd(window)
    crowd.work(200, 64)
    window.limit = 1000
    began = crowd.clock.now()
    crowd.work(1200, 64)
    assert crowd.clock.now() - began <= 60
    assert crowd.service.refused <= 40


def test_a_known_limit_costs_no_refusal() -> None:
    """The hour's allowance goes in a burst, and then as much as has become free."""
    crowd = _crowd(RollingWindow(100, HOUR), limit=100)
    crowd.work(150, 2)
    assert (crowd.service.answered, crowd.service.refused) == (150, 0)
    assert HOUR <= crowd.clock.now() <= HOUR + 60
    assert 50 <= len(crowd.notes) <= 61


def test_never_more_in_flight_than_allowed() -> None:
    """Whatever the number of threads."""
    crowd = _crowd(RollingWindow(10**6, 1), parallel=5)
    crowd.work(100, 20)
    assert crowd.service.most == 5


def test_quick_answers_let_more_go_at_once() -> None:
    """As many as may, within a few round trips."""
    crowd = _crowd(RollingWindow(10**6, 1))
    crowd.work(400, 64)
    assert crowd.service.most == 64
    assert crowd.clock.now() <= (400 / 64 + 5) * LATENCY


@pytest.mark.parametrize("capacity", [100, 300])
def test_a_busy_service_is_not_asked_by_more_and_more(capacity: int) -> None:
    """Its answers take twice as long as they might, and no longer; it is never idle for that."""
    crowd = _crowd(RollingWindow(10**6, 1), capacity=capacity)
    crowd.work(3000, 64)
    assert crowd.throttle._width.places <= 3.6 * capacity * LATENCY
    assert crowd.clock.now() <= 1.05 * 3000 / capacity


def test_all_waiters_stop_when_patience_ends() -> None:
    """Not one after the other: nobody starts anew what the others gave up."""
    crowd = _crowd(RollingWindow(10, 10 * HOUR), max_wait=120)
    crowd.work(100, 16)
    assert len(crowd.failures) == 16
    assert crowd.service.answered == 10
    assert crowd.clock.now() <= 120 + 2


def test_many_requests_of_one_work_keep_no_other_waiting() -> None:
    """Lines take turns: 60 requests wait, and one of another piece of work goes before them."""
    crowd = _crowd(RollingWindow(10, 1))
    waited: list[float] = []

    def single() -> None:
        LINE.set("another")
        with crowd.clock.taking_part():
            crowd.clock.sleep(5)
            for _ in range(10):
                began = crowd.clock.now()
                crowd.call()
                waited.append(crowd.clock.now() - began)

    other = threading.Thread(target=single)
    other.start()
    crowd.work(200, 64)
    other.join(60)
    assert len(waited) == 10
    assert max(waited) <= 1.5
