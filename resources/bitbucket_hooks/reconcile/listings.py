"""What lives on each subject: listed once per process, kept true by our own writes.

A repository can be known by its name, by its uuid, or by both; answers show which belong together.
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
class _Listing:
    """The hooks of one subject, with what this process wrote itself lately."""

    lock: threading.Lock = field(factory=threading.Lock)
    hooks: dict[str, Observed] | None = None
    is_doubtful: bool = False
    unreadable: Mapping[str, str] = field(factory=dict)
    fetched_at: float = -math.inf
    number: int = 0
    """Of the request for the listing, among all of the process."""
    written: dict[str, tuple[float, Observed | None]] = field(factory=dict)
    subject: Subject | None = None
    """Whose hooks these are, from an answer."""
    paths: set[str] = field(factory=set)
    """The paths that lead here."""


@define
class Listings:
    """The hooks of every subject that was listed, shared by all threads."""

    api: HookApi
    clock: Clock
    warn: Callable[[str], None]
    _lock: threading.Lock = field(factory=threading.Lock, init=False)
    _listings: dict[str, _Listing] = field(factory=dict, init=False)
    """By path."""
    _requests: int = field(default=0, init=False)

    def hooks(self, subject: Subject) -> Mapping[str, Observed]:
        """The hooks by uuid; asks the API the first time only. Raises ApiError."""
        with self._locked(subject) as listing:
            return dict(self._fetch(subject, listing) if listing.hooks is None else listing.hooks)

    def fetch(self, subject: Subject) -> Mapping[str, Observed]:
        """The hooks by uuid, asked anew: one listing for all who ask meanwhile. Raises ApiError."""
        begun = self._requests
        with self._locked(subject) as listing:
            if listing.hooks is None or listing.number <= begun:
                return dict(self._fetch(subject, listing))
            return dict(listing.hooks)

    def fetched_at(self, subject: Subject) -> float:
        """When the listing was asked for, in seconds since 1970. Raises ApiError.

        Asked before the listing is examined, it is never later than what is examined: another
        thread may list anew at any time.
        """
        self.hooks(subject)
        return self._listing(subject).fetched_at

    def doubt(self, subject: Subject) -> None:
        """Note that the listing lacks a hook which the state knows: gone, or a read that lags."""
        self._listing(subject).is_doubtful = True

    def trusted(self, subject: Subject) -> Mapping[str, Observed]:
        """The hooks by uuid, asked anew once after a doubt. Raises ApiError."""
        return self.fetch(subject) if self._listing(subject).is_doubtful else self.hooks(subject)

    def unreadable(self, subject: Subject) -> Mapping[str, str]:
        """Hooks that can't be read, by uuid with what is wrong, as last listed."""
        return self._listing(subject).unreadable

    def current_subject(self, subject: Subject) -> Subject | None:
        """The same with its uuid and its present name, from an answer; None: no answer had it."""
        return self._listing(subject).subject

    def note(self, subject: Subject, uuid: str, live: Observed | None) -> None:
        """Record what one of our own writes made of a hook; None: it is deleted."""
        with self._locked(subject) as listing:
            if live is not None and live.subject is not None:
                self._learn(listing, subject, live.subject)
            listing.written[uuid] = (self.clock.now(), live)
            if listing.hooks is not None:
                _apply(listing.hooks, uuid, live)

    def just_written(self, subject: Subject, uuid: str) -> bool:
        """Whether this process wrote the hook so lately that a 404 may be a lagging read."""
        when, live = self._listing(subject).written.get(uuid, (-LAG, None))
        return live is not None and self.clock.now() - when < LAG

    @contextmanager
    def _locked(self, subject: Subject) -> Iterator[_Listing]:
        """The listing of a subject, also when another thread learns meanwhile which that is."""
        while True:
            listing = self._listing(subject)
            with listing.lock:
                if self._listing(subject) is listing:
                    yield listing
                    return

    def _listing(self, subject: Subject) -> _Listing:
        path, name = path_of(subject), path_of(subject.named)
        with self._lock:
            listing = self._listings.get(path)
            if listing is None:  # the name is taken to be its own until an answer comes
                listing = self._listings.get(name)
                if listing is None or listing.hooks is not None:
                    listing = _Listing()
                self._bind(listing, [path] if name in self._listings else [path, name])
            return listing

    def _bind(self, listing: _Listing, paths: Iterable[str]) -> None:
        for path in paths:
            other = self._listings.get(path)
            if other is not None and other is not listing:
                other.paths.remove(path)
                listing.written = {**other.written, **listing.written}
            self._listings[path] = listing
            listing.paths.add(path)

    def _learn(self, listing: _Listing, asked: Subject, now: Subject | None) -> None:
        """Let the paths lead to a listing that an answer shows to be its own, and no others."""
        now = now or listing.subject
        own = {path_of(asked), *(() if now is None else (path_of(now), path_of(now.named)))}
        with self._lock:
            for path in listing.paths - own:
                listing.paths.remove(path)
                del self._listings[path]
            self._bind(listing, own)
            listing.subject = now

    def _fetch(self, subject: Subject, listing: _Listing) -> dict[str, Observed]:
        with self._lock:
            self._requests += 1
            number = self._requests
        fetched_at = self.clock.wall().timestamp()
        answer = self.api.listing(subject)
        now = next((hook.subject for hook in answer.hooks if hook.subject), None)
        self._learn(listing, subject, now)
        hooks = {hook.uuid: hook for hook in answer.hooks}
        for uuid, (when, live) in listing.written.items():
            if self.clock.now() - when < LAG:
                _apply(hooks, uuid, live)
        for uuid in answer.unreadable.keys() - listing.unreadable.keys():
            problem = answer.unreadable[uuid]
            self.warn(f"{subject}: the hook {uuid} can't be read ({problem}); it is left alone")
        listing.hooks, listing.unreadable = hooks, answer.unreadable
        listing.fetched_at, listing.number, listing.is_doubtful = fetched_at, number, False
        return hooks


def _apply(hooks: dict[str, Observed], uuid: str, live: Observed | None) -> None:
    if live is None:
        hooks.pop(uuid, None)
    else:
        hooks[uuid] = live
