"""How many requests a second get through, where a service refuses bursts below its hourly limit.

Few requests in flight don't keep within 20 a second when each takes 50 ms, so after a refusal that
is over within seconds requests go evenly, a little slower than they got through before.
"""

from __future__ import annotations

from collections import deque
from typing import Final

from attrs import define, field

_SHORT: Final = 5.0  # seconds: what is closed for longer isn't closed for a burst
_BELOW: Final = 0.95  # of what got through
_WRONG: Final = 0.8  # of a rate at which a request was refused before it had proved good
_STEP: Final = 1.05  # times a rate that has proved good; the next step is twice as wide
_HOLD: Final = 3.0  # seconds for which a rate has to prove good before more is tried
_LONGEST_HOLD: Final = 160.0
_USED: Final = 0.8  # of the rate: less of it proves nothing


@define
class BurstRate:
    """Requests a second, once a refusal has taught them."""

    rate: float | None = field(default=None, init=False)
    _proved: float | None = field(default=None, init=False)
    """The rate that held before the present one."""
    _step: float = field(default=_STEP, init=False)
    _hold: float = field(default=_HOLD, init=False)
    _since: float = field(default=0.0, init=False)
    _next: float = field(default=0.0, init=False)
    _passed: deque[float] = field(factory=deque, init=False)
    """When requests were answered, in the last second."""
    _refused: float | None = field(default=None, init=False)
    """When the first of a row of requests was refused."""
    _got_through: int = field(default=0, init=False)
    """In the second before that."""

    def opens(self) -> float:
        """When the next request may go."""
        return self._next

    def sent(self, now: float) -> None:
        """Note that a request goes."""
        if self.rate is not None:
            self._next = max(now, self._next) + 1 / self.rate

    def refused(self, now: float) -> None:
        """Note the first refusal of a row."""
        if self._refused is None:
            self._refused = now
            self._got_through = self._within_second(now)

    def answered(self, now: float, *, reopened: bool) -> None:
        """Note an answer, and whether it is the first after refusals."""
        self._passed.append(now)
        if reopened and self._refused is not None:
            if now - self._refused <= _SHORT:
                self._learn(now)
            self._refused = None
            self._next = max(self._next, now + 1 / self.rate) if self.rate else now
        elif self.rate is not None and now - self._since >= self._hold:
            self._try_more(now, self.rate)

    def _within_second(self, now: float) -> int:
        while self._passed and self._passed[0] <= now - 1:
            self._passed.popleft()
        return len(self._passed)

    def _learn(self, now: float) -> None:
        counted = _BELOW * max(self._got_through, 1)
        if self.rate is None:
            self.rate = counted
        elif self._proved is not None and self._proved < self.rate:
            self._hold = min(2 * self._hold, _LONGEST_HOLD)
            self.rate = self._proved
        else:
            quickly = (self._refused or now) - self._since < self._hold
            self.rate = min(counted, self.rate * (_WRONG if quickly else _BELOW))
            self._proved = None
        self._step, self._since = _STEP, now

    def _try_more(self, now: float, rate: float) -> None:
        if self._within_second(now) < _USED * rate:
            return
        if self._proved is not None and self._proved < rate:  # the limit isn't where it was
            self._hold = _HOLD
        self._proved, self.rate = rate, rate * self._step
        self._step = 1 + 2 * (self._step - 1)
        self._since = now
