"""Which repositories a refresh under a budget looks at: a rotation that needs no memory.

The places are put in an order of their own, by a digest of their names, and each turn looks at the
next ones of that order. Who knows the places, the budget and the number of the turn knows them.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Collection, Iterable
from typing import Final

from attrs import asdict, define, field, frozen

from bitbucket_hooks.model.errors import HooksError
from bitbucket_hooks.model.subject import Subject

_WORKSPACE: Final = "workspace "  # how such a subject's name begins


def _names(places: Iterable[str]) -> frozenset[str]:
    return frozenset(places)


@frozen
class Turn:
    """What one run of a rotation looks at."""

    number: int
    """From 1 to `turns`."""
    turns: int
    """The runs after which every place was looked at."""
    due: frozenset[str] = field(converter=_names)
    waiting: frozenset[str] = field(converter=_names)

    def has(self, place: str) -> bool:
        """Whether to look at a place; one that is in no list has its turn all the same."""
        if place in self.due or place in self.waiting:
            return place in self.due
        return _rank(place) % self.turns == self.number - 1

    def as_text(self) -> str:
        """A form for `from_text`."""
        return json.dumps(asdict(self), default=sorted)

    @classmethod
    def from_text(cls, text: str) -> Turn:
        """The turn that `as_text` wrote down."""
        return cls(**json.loads(text))

    def __str__(self) -> str:
        places = self.due | self.waiting
        there = any(one.partition(":")[2].startswith(_WORKSPACE) for one in places)
        what = "repositories and workspaces" if there else "repositories"
        return (
            f"refresh budget: checking {len(self.due):,} of {len(places):,} {what}, turn "
            f"{self.number} of {self.turns}; the rest stays as the state has it"
        )


def turn_of(places: Collection[str], budget: int, number: int) -> Turn:
    """The turn of a run; `number` grows by one with each, and any may be the first.

    Of n places, ceil(n / budget) runs in a row look at each at least once, and none of these runs
    at more than `budget`. Windows of the whole budget are spread evenly over the order, so what the
    budget has to spare looks twice at places next to a border, which move when others come and go.
    """
    ordered = sorted(places, key=_rank)
    turns = max(1, -(-len(ordered) // budget))
    slot = (number - 1) % turns
    start = slot * (len(ordered) - budget) // (turns - 1) if turns > 1 else 0
    due = ordered[start : start + budget]
    return Turn(slot + 1, turns, due, set(ordered) - set(due))


def place_in(account: str, subject: Subject) -> str:
    """What stands for a subject as one account sees it."""
    return f"{account}:{subject}"


def _rank(place: str) -> int:
    return int.from_bytes(hashlib.sha256(place.encode()).digest()[:8], "big")


@define
class Rotation:
    """Which subjects of one account a refresh looks at in this run."""

    account: str
    find: Callable[[], Turn | None]
    """Finds out the turn, when it is first asked for; None: everything is looked at."""
    _lock: threading.Lock = field(factory=threading.Lock, init=False)
    _found: list[Turn | HooksError | None] = field(factory=list, init=False)

    def is_due(self, subject: Subject) -> bool:
        """Whether to look at a subject now. Raises ConfigError when that can't be told."""
        with self._lock:
            if not self._found:
                try:
                    self._found.append(self.find())
                except HooksError as error:
                    self._found.append(error)
        found = self._found[0]
        if isinstance(found, HooksError):
            raise found
        return found is None or found.has(place_in(self.account, subject))
