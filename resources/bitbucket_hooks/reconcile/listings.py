"""What lives on each subject: listed once per process, kept true by our own writes.

A repository can be known by its name, by its uuid, or by both; answers tell which belong together.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from attrs import define, field

from bitbucket_hooks.api.clock import Clock
from bitbucket_hooks.model.subject import Subject, path_of
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
    number: int = 0
    """Of the request for the listing, among all of the process."""
    written: dict[str, tuple[float, Observed | None]] = field(factory=dict)
    subject: Subject | None = None
    """Whose hooks these are, as an answer told."""
    paths: set[str] = field(factory=set)
    """The paths that lead here."""


@define
class Listings:
    """The hooks of every subject that was looked at, shared by all threads."""

    api: HookApi
    clock: Clock
    warn: Callable[[str], None]
    _lock: threading.Lock = field(factory=threading.Lock, init=False)
    _shelves: dict[str, _Shelf] = field(factory=dict, init=False)
    """By path."""
    _requests: int = field(default=0, init=False)

    def of(self, subject: Subject) -> Mapping[str, Observed]:
        """The hooks by uuid; asks the API the first time only. Raises ApiError."""
        with self._locked(subject) as shelf:
            return dict(self._fetch(subject, shelf) if shelf.hooks is None else shelf.hooks)

    def again(self, subject: Subject) -> Mapping[str, Observed]:
        """The hooks by uuid, asked anew: one listing for all who ask meanwhile. Raises ApiError."""
        begun = self._requests
        with self._locked(subject) as shelf:
            if shelf.hooks is None or shelf.number <= begun:
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

    def subject(self, subject: Subject) -> Subject | None:
        """The same with its uuid and its present name, as an answer told; None: none did."""
        return self._shelf(subject).subject

    def note(self, subject: Subject, uuid: str, live: Observed | None) -> None:
        """Record what one of our own writes made of a hook; None: it is deleted."""
        told = live.subject if live else None
        with self._locked(subject) as shelf:
            if told is not None:
                self._learn(shelf, subject, told)
            shelf.written[uuid] = (self.clock.now(), live)
            if shelf.hooks is not None:
                _apply(shelf.hooks, uuid, live)

    def just_written(self, subject: Subject, uuid: str) -> bool:
        """Whether this process wrote the hook so lately that a 404 may be a lagging read."""
        when, live = self._shelf(subject).written.get(uuid, (-LAG, None))
        return live is not None and self.clock.now() - when < LAG

    @contextmanager
    def _locked(self, subject: Subject) -> Iterator[_Shelf]:
        """The shelf of a subject, also when another thread learns meanwhile which that is."""
        while True:
            shelf = self._shelf(subject)
            with shelf.lock:
                if self._shelf(subject) is shelf:
                    yield shelf
                    return

    def _shelf(self, subject: Subject) -> _Shelf:
        path, name = path_of(subject), path_of(subject.named)
        with self._lock:
            shelf = self._shelves.get(path)
            if shelf is None:  # the name is taken to be its own until an answer comes
                shelf = self._shelves.get(name)
                if shelf is None or shelf.hooks is not None:
                    shelf = _Shelf()
                self._bind(shelf, [path] if name in self._shelves else [path, name])
            return shelf

    def _bind(self, shelf: _Shelf, paths: Iterable[str]) -> None:
        for path in paths:
            other = self._shelves.get(path)
            if other is not None and other is not shelf:
                other.paths.remove(path)
                shelf.written = {**other.written, **shelf.written}
            self._shelves[path] = shelf
            shelf.paths.add(path)

    def _learn(self, shelf: _Shelf, asked: Subject, told: Subject | None) -> None:
        """Let the paths lead to a shelf that an answer shows to be its own, and no others."""
        told = told or shelf.subject
        own = {path_of(asked), *(() if told is None else (path_of(told), path_of(told.named)))}
        with self._lock:
            for path in shelf.paths - own:
                shelf.paths.remove(path)
                del self._shelves[path]
            self._bind(shelf, own)
            shelf.subject = told

    def _fetch(self, subject: Subject, shelf: _Shelf) -> dict[str, Observed]:
        with self._lock:
            self._requests += 1
            number = self._requests
        looked_at = self.clock.wall().timestamp()
        listing = self.api.listing(subject)
        told = next((hook.subject for hook in listing.hooks if hook.subject), None)
        self._learn(shelf, subject, told)
        hooks = {hook.uuid: hook for hook in listing.hooks}
        for uuid, (when, live) in shelf.written.items():
            if self.clock.now() - when < LAG:
                _apply(hooks, uuid, live)
        for uuid in listing.unreadable.keys() - shelf.unreadable.keys():
            problem = listing.unreadable[uuid]
            self.warn(f"{subject}: the hook {uuid} can't be read ({problem}); it is left alone")
        shelf.hooks, shelf.unreadable = hooks, listing.unreadable
        shelf.looked_at, shelf.number, shelf.is_doubtful = looked_at, number, False
        return hooks


def _apply(hooks: dict[str, Observed], uuid: str, live: Observed | None) -> None:
    if live is None:
        hooks.pop(uuid, None)
    else:
        hooks[uuid] = live
