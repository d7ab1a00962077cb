"""What lives on each subject: listed once per process, kept true by our own writes."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from attrs import define, field

from bitbucket_hooks.api.clock import Clock
from bitbucket_hooks.model.subject import Subject
from bitbucket_hooks.model.webhook import Observed

if TYPE_CHECKING:
    from bitbucket_hooks.api.hooks import HookApi  # it brings requests along

LAG: Final = 10.0
"""Seconds for which a read may not show a write yet (reported as "a few seconds")."""


@define
class _Shelf:
    """The hooks of one subject, with what this process wrote itself lately."""

    lock: threading.Lock = field(factory=threading.Lock)
    hooks: dict[str, Observed] | None = None
    is_doubtful: bool = False
    unreadable: Mapping[str, str] = field(factory=dict)
    looked_at: float = -math.inf
    begun: int = 0
    """How often the listing was asked for."""
    done: int = 0
    """The number of the one that is here."""
    written: dict[str, tuple[float, Observed | None]] = field(factory=dict)


@define
class Listings:
    """The hooks of every subject that was looked at, shared by all threads."""

    api: HookApi
    clock: Clock
    warn: Callable[[str], None]
    _lock: threading.Lock = field(factory=threading.Lock, init=False)
    _shelves: dict[Subject, _Shelf] = field(factory=dict, init=False)

    def of(self, subject: Subject) -> Mapping[str, Observed]:
        """The hooks by uuid; asks the API the first time only. Raises ApiError."""
        shelf = self._shelf(subject)
        with shelf.lock:
            return dict(self._fetch(subject, shelf) if shelf.hooks is None else shelf.hooks)

    def again(self, subject: Subject) -> Mapping[str, Observed]:
        """The hooks by uuid, asked anew: one listing for all who ask meanwhile. Raises ApiError."""
        shelf = self._shelf(subject)
        begun = shelf.begun
        with shelf.lock:
            if shelf.hooks is None or shelf.done <= begun:
                return dict(self._fetch(subject, shelf))
            return dict(shelf.hooks)

    def looked_at(self, subject: Subject) -> float:
        """When the listing was asked for, in seconds since 1970. Raises ApiError.

        Asked before the listing is examined, it is never later than what is examined: another
        thread may list anew at any time.
        """
        self.of(subject)
        return self._shelf(subject).looked_at

    def doubt(self, subject: Subject) -> None:
        """Note that the listing lacks a hook which the state knows: gone, or a read that lags."""
        self._shelf(subject).is_doubtful = True

    def trusted(self, subject: Subject) -> Mapping[str, Observed]:
        """The hooks by uuid, asked anew once after a doubt. Raises ApiError."""
        return self.again(subject) if self._shelf(subject).is_doubtful else self.of(subject)

    def unreadable(self, subject: Subject) -> Mapping[str, str]:
        """Hooks that can't be read, by uuid with what is wrong, as last listed."""
        return self._shelf(subject).unreadable

    def note(self, subject: Subject, uuid: str, live: Observed | None) -> None:
        """Record what one of our own writes made of a hook; None: it is deleted."""
        shelf = self._shelf(subject)
        with shelf.lock:
            shelf.written[uuid] = (self.clock.now(), live)
            if shelf.hooks is not None:
                _apply(shelf.hooks, uuid, live)

    def just_written(self, subject: Subject, uuid: str) -> bool:
        """Whether this process wrote the hook so lately that a 404 may be a lagging read."""
        when, live = self._shelf(subject).written.get(uuid, (-LAG, None))
        return live is not None and self.clock.now() - when < LAG

    def _shelf(self, subject: Subject) -> _Shelf:
        with self._lock:
            return self._shelves.setdefault(subject, _Shelf())

    def _fetch(self, subject: Subject, shelf: _Shelf) -> dict[str, Observed]:
        shelf.begun += 1
        looked_at = self.clock.wall().timestamp()
        listing = self.api.listing(subject)
        hooks = {hook.uuid: hook for hook in listing.hooks}
        for uuid, (when, live) in shelf.written.items():
            if self.clock.now() - when < LAG:
                _apply(hooks, uuid, live)
        for uuid in listing.unreadable.keys() - shelf.unreadable.keys():
            problem = listing.unreadable[uuid]
            self.warn(f"{subject}: the hook {uuid} can't be read ({problem}); it is left alone")
        shelf.hooks, shelf.unreadable = hooks, listing.unreadable
        shelf.looked_at, shelf.done, shelf.is_doubtful = looked_at, shelf.begun, False
        return hooks


def _apply(hooks: dict[str, Observed], uuid: str, live: Observed | None) -> None:
    if live is None:
        hooks.pop(uuid, None)
    else:
        hooks[uuid] = live
