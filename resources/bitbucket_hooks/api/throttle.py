"""The pace of all calls of one identity: under the limit, patient, never silent."""

from __future__ import annotations

import math
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Final

from attrs import define, field
from requests.structures import CaseInsensitiveDict

from bitbucket_hooks.api.burst_rate import BurstRate
from bitbucket_hooks.api.clock import Clock
from bitbucket_hooks.api.errors import RateLimited
from bitbucket_hooks.api.request_log import HOUR, RequestLog
from bitbucket_hooks.api.turns import Ticket, Turns
from bitbucket_hooks.api.width import Width
from bitbucket_hooks.model.errors import ConfigError

_FIRST_PAUSE: Final = 1.0
_LONGEST_PAUSE: Final = 300.0
_CHECK_EVERY: Final = 0.5  # seconds: how soon who is next sees that another one made progress
_NOTIFY_OVER: Final = 2.0  # seconds to wait
_NOTIFY_EVERY: Final = 60.0


@define
class Throttle:
    """Lets requests go while the limit allows, and holds all of them back after a refusal.

    An hour's allowance may be spent in a burst when it is there. After a 429 one request at a time
    probes until one is answered; then half as many go at once as before, and slowly more again, so
    that a window which closes costs few refusals. Where bursts are refused, requests go evenly.
    """

    clock: Clock
    notify: Callable[[str], None]
    max_wait: float
    parallel: int
    """The most requests in flight; how many there are is found by the time that answers take."""
    limit: int | None = None
    """Requests per rolling hour; None: unknown."""
    fixed: bool = False
    """Whether the user set the limit, so that headers don't change it."""
    request_log: RequestLog | None = None
    """What other processes send as the same identity; None: unknown."""

    _lock: threading.Lock = field(factory=threading.Lock, init=False, repr=False)
    _sent: deque[float] = field(factory=deque, init=False, repr=False)
    _in_flight: int = field(default=0, init=False)
    _width: Width = field(init=False)
    _burst_rate: BurstRate = field(factory=BurstRate, init=False)
    _turns: Turns = field(factory=Turns, init=False, repr=False)
    _working: int = field(default=0, init=False)
    _answered: int = field(default=0, init=False)
    _refusals: int = field(default=0, init=False)
    _closed_until: float = field(default=0.0, init=False)
    _progress: float = field(default=0.0, init=False)
    _notified: float | None = field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        self._width = Width(self.parallel)

    @contextmanager
    def working(self) -> Iterator[None]:
        """Span one piece of work with all its repetitions; a stall is counted while any is open."""
        with self._lock:
            if self._working == 0:
                self._progress = self.clock.now()
            self._working += 1
        try:
            yield
        finally:
            with self._lock:
                self._working -= 1

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Wait until a request may go and hold its place while it is in flight.

        Raises RateLimited when nothing got through for `max_wait` seconds.
        """
        with self._lock:
            ticket = self._turns.join()
        try:
            while (pause := self._enter(ticket)) > 0:
                self.clock.wait(ticket.called, pause)
        finally:
            with self._lock:
                self._turns.leave(ticket)
        try:
            yield
        finally:
            with self._lock:
                self._in_flight -= 1
                self._turns.call()

    def _enter(self, ticket: Ticket) -> float:
        """Take a place and return 0, or return for how many seconds to wait or to be called."""
        with self._lock:
            ticket.called.clear()
            if not self._turns.is_next(ticket):
                return math.inf
            pause, limit = self._opens_in(self.clock.now()), self.limit
        # the log and the user may take their time: nobody else has to wait for them
        if pause <= 0 and limit is not None:
            pause = self._take_shared(limit)
        notice = None
        with self._lock:
            now = self.clock.now()
            pause = max(pause, self._opens_in(now))
            if pause <= 0:
                self._in_flight += 1
                self._sent.append(now)
                self._burst_rate.sent(now)
            elif pause < math.inf:
                notice = self._notice(now, pause)
        if notice:
            self.notify(notice)
        return pause if pause == math.inf else min(pause, _CHECK_EVERY)

    def _opens_in(self, now: float) -> float:
        """Seconds until a request may go; no end when one that is in flight has to end first."""
        if (pause := self._limited(now)) > 0:
            return pause
        if self._in_flight >= (1 if self._refusals else self._width.places):
            return math.inf
        return self._burst_rate.opens() - now

    def _limited(self, now: float) -> float:
        while self._sent and self._sent[0] <= now - HOUR:
            self._sent.popleft()
        full = self.limit is not None and len(self._sent) >= self.limit
        opens = self._sent[-(self.limit or 0)] + HOUR if full else now
        return max(opens, self._closed_until) - now

    def _take_shared(self, limit: int) -> float:
        """Take a place among all processes that share the log."""
        if self.request_log is None:
            return 0
        try:
            return self.request_log.take(limit)
        except ConfigError:  # no such folder, or no right to it: each process paces itself
            self.request_log = None
            return 0

    def _notice(self, now: float, pause: float) -> str | None:
        """What the user hears of a wait, if it is time for that. Raises RateLimited for a stall."""
        if now + pause - self._progress > self.max_wait:
            raise RateLimited(
                f"rate limit: no progress for {now - self._progress:.0f} s and the next request "
                f"could only go in {pause:.0f} s (bitbucket:maxWait is {self.max_wait:.0f} s); "
                f"{self._answered} requests were answered before",
                "What was done is kept. Run it again later and it continues, or raise "
                "bitbucket:maxWait.",
                status=429,
            )
        notified = self._notified
        if pause <= _NOTIFY_OVER or (notified is not None and now - notified < _NOTIFY_EVERY):
            return None
        self._notified = now
        return (
            f"rate limit: waiting {pause:.0f} s for the next request; {self._working} requests "
            f"wait, {self._answered} are answered (nothing is lost, and stopping is safe)"
        )

    def answered(
        self, headers: CaseInsensitiveDict[str], kind: str = "GET", seconds: float = 0
    ) -> None:
        """Note a response that isn't a 429: its headers, and how long its kind of request took.

        What they say of the limit comes with access tokens only (public documentation).
        """
        with self._lock:
            now = self.clock.now()
            self._answered += 1
            self._progress = now
            if now >= self._closed_until:  # else it was under way when the window closed
                self._burst_rate.answered(now, reopened=self._refusals > 0)
                self._refusals = 0
                self._width.answered(kind, seconds, self._in_flight)
            limit = headers.get("X-RateLimit-Limit", "")
            if limit.isascii() and limit.isdigit() and int(limit[:9]) > 0 and not self.fixed:
                self.limit = int(limit[:9])
            if headers.get("X-RateLimit-NearLimit", "").lower() == "true" and self.limit:
                self._closed_until = max(self._closed_until, now + HOUR / self.limit)

    def refused(self, headers: CaseInsensitiveDict[str]) -> None:
        """Note a 429: close the window for as long as it says, else for a growing while."""
        with self._lock:
            now = self.clock.now()
            wanted = retry_after(headers.get("Retry-After", ""), self.clock.wall()) or 0
            if now < self._closed_until:  # one more of those that were under way together
                self._closed_until = max(self._closed_until, now + wanted)
            else:
                if not self._refusals:  # a probe says nothing of how many are too many
                    self._width.refused(self._in_flight)
                    self._burst_rate.refused(now)
                growing = min(_FIRST_PAUSE * 2**self._refusals, _LONGEST_PAUSE)
                self._refusals = min(self._refusals + 1, 16)
                self._closed_until = now + (wanted or self.clock.jittered(growing))
            closed_for = self._closed_until - now
        if self.request_log is not None:
            with suppress(ConfigError):  # each process paces itself then
                self.request_log.close(closed_for)


def retry_after(value: str, now: datetime) -> float | None:
    """Seconds that a `Retry-After` header asks for, in either of its forms; None: unreadable."""
    if value.isascii() and value.isdigit():
        return float(min(int(value[:9]), 1_000_000))
    try:
        at = parsedate_to_datetime(value)
    except (TypeError, ValueError, OverflowError):
        return None
    at = at if at.tzinfo else at.replace(tzinfo=timezone.utc)
    return max(0.0, (at - now).total_seconds())
