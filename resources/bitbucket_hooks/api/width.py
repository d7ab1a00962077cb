"""How many requests may be in flight: more while answers are quick, fewer when they slow down.

Where requests come faster than they can be answered, they queue up somewhere: at the service, in a
proxy, or for this process's own core. More of them at once then only makes each take longer, so the
time of an answer tells when it is enough.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from attrs import define, field

START: Final = 8
"""Requests in flight at first; fewer only after a refusal."""
_SLOW: Final = 2.0  # times what an answer of its kind takes when nothing queues up
_LEAST: Final = 0.005  # seconds: shorter times differ by chance


@define
class Width:
    """The places for requests in flight, at most `most`.

    It grows by one with each quick answer at first, which doubles it in each round of as many
    answers; from the first slow round or refusal on by one in each round.
    """

    most: int
    _places: float = field(init=False)
    _opening: bool = field(default=True, init=False)
    _usual: dict[str, float] = field(factory=dict, init=False)
    """Seconds of an answer by kind, in the quickest round."""
    _round: dict[str, list[float]] = field(factory=dict, init=False)

    def __attrs_post_init__(self) -> None:
        self._places = min(START, self.most)

    @property
    def places(self) -> int:
        """How many requests may be in flight now."""
        return int(self._places)

    def answered(self, kind: str, seconds: float, in_flight: int) -> None:
        """Note how long an answer took, and how many requests there were beside it."""
        if 2 * in_flight <= self.places:  # no more were wanted, so it says nothing of more
            return
        seconds = max(seconds, _LEAST)
        usual = self._usual.setdefault(kind, seconds)
        self._round.setdefault(kind, []).append(seconds)
        if self._opening and seconds <= _SLOW * usual:
            self._places = min(self._places + 1, self.most)
        if sum(map(len, self._round.values())) >= self._places:
            self._end_round()

    def refused(self, in_flight: int) -> None:
        """Halve it."""
        self._opening = False
        self._places = min(max(1, in_flight // 2), self.most)
        self._round.clear()

    def _end_round(self) -> None:
        took = {kind: _middle(times) for kind, times in self._round.items()}
        slower = _middle(
            took[kind] / self._usual[kind] for kind, times in self._round.items() for _ in times
        )
        self._round.clear()
        if slower <= _SLOW:
            self._usual |= {kind: min(took[kind], self._usual[kind]) for kind in took}
            if not self._opening:
                self._places = min(self._places + 1, self.most)
        elif self._places > START:
            self._opening = False
            self._places = max(START, self._places * _SLOW / slower)
        else:  # so few don't queue up for each other: that is what it takes now
            self._usual |= took


def _middle(times: Iterable[float]) -> float:
    """The upper median: `statistics` would take longer to import than all that a run asks of it."""
    ordered = sorted(times)
    return ordered[len(ordered) // 2]
