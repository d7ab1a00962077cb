"""What runners on several machines have sent as one identity: a budget in a store they all reach.

The store's clock counts. A runner takes a few places at a time, so that not every request waits for
the store; what it took and hasn't used is lost for an hour when it is killed.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Final, Protocol
from uuid import uuid4

from attrs import define, field, frozen

from bitbucket_hooks.api.clock import Clock
from bitbucket_hooks.api.local_log import LocalLog
from bitbucket_hooks.api.request_log import HOUR
from bitbucket_hooks.model.errors import ConfigError
from bitbucket_hooks.model.wording import counted

# A place may be used for half of the margin; the other half is for the request's way to Bitbucket.
_MARGIN: Final = 0.01  # of the window, for which a place counts longer than a request
_LEASE_LASTS: Final = _MARGIN / 2
# Together with the margin at most 5 % of the limit is lost, were every runner killed.
_PART_OF_TAKEN: Final = 25
_PART_OF_LIMIT: Final = 200
_ASK_AGAIN: Final = 10.0  # seconds: others may have given places back
_SHORTEST_PAUSE: Final = 0.05
_REST: Final = 60.0  # seconds until a store that failed is tried again


class StoreFailed(Exception):
    """The store can't be reached or used; the text says why, and holds no secret."""


@frozen
class Ask:
    """What a runner asks of the store."""

    budget: str
    runner: str
    """The same for all processes of a machine."""
    lease: str
    """A name for what is given."""
    wanted: int
    """The most places to give."""
    limit: int
    counts_for: float
    """Seconds for which the places count."""
    lease_before: str
    used_before: int
    """How many places of the lease before were used; the others are given back."""
    owed: int
    """Requests that went while the store couldn't be reached."""


@frozen
class Grant:
    """What the store answers."""

    places: int
    pause: float
    """Seconds until there is room; 0 when there are places."""
    runners: int
    """How many have places that count, the asking one among them."""


@frozen
class Taken:
    """What is gone of a budget."""

    places: int
    closed_for: float
    """Seconds for which no place is given; 0 when it is open."""


class Store(Protocol):
    """Counts for all runners. Everything raises StoreFailed, and leaves nothing locked.

    What is asked twice, because a connection broke before the answer came, counts once.
    """

    shown: str
    """Where it is, as it may be shown."""

    def take(self, ask: Ask) -> Grant:
        """Give places, as many as are wanted and free."""
        ...

    def close(self, budget: str, seconds: float) -> None:
        """Give no place for a while; a closing that lasts longer is kept."""
        ...

    def look(self, budget: str) -> Taken:
        """What is gone of a budget; nothing is changed."""
        ...


@define
class Lease:
    """Places that the store gave, for a while."""

    name: str = field(factory=lambda: uuid4().hex)
    places: int = 0
    used: int = 0
    ends: float = 0.0

    def use(self, now: float) -> bool:
        """Use a place, if one is left."""
        if self.used >= self.places or now >= self.ends:
            return False
        self.used += 1
        return True


@define
class SharedLog:
    """One identity's budget in a store; without it, this machine keeps to a share of its own.

    The share is the limit divided by the runners that the store counted last, and this machine's
    log says what was already sent.
    """

    store: Store
    budget: str
    runner: str
    local: LocalLog | None
    """None: this user has no folder for caches."""
    clock: Clock
    notify: Callable[[str], None]
    window: float = HOUR

    _lock: threading.Lock = field(factory=threading.Lock, init=False, repr=False)
    _lease: Lease = field(factory=Lease, init=False)
    _taken: int = field(default=0, init=False)
    _opens: float = field(default=0.0, init=False)
    _ask_again: float = field(default=0.0, init=False)
    _runners: int = field(default=1, init=False)
    _resting_until: float = field(default=0.0, init=False)
    _owed: int = field(default=0, init=False)
    _warned: bool = field(default=False, init=False)

    def take(self, limit: int) -> float:
        """Note a request and return 0, or return in how many seconds there is room for one."""
        with self._lock:
            now = self.clock.now()
            if self._lease.use(now):
                return 0
            if now < self._ask_again:
                return self._opens - now
            if now >= self._resting_until:
                try:
                    return self._take_shared(limit, now)
                except StoreFailed as failure:
                    self._rest(str(failure), limit)
            return self._take_alone(limit)

    def close(self, seconds: float) -> None:
        """Let nobody send anything for a while, at most as long as a request counts."""
        with self._lock:
            seconds = min(seconds, self.window)
            if self.clock.now() >= self._resting_until:
                try:
                    self.store.close(self.budget, seconds)
                except StoreFailed as failure:
                    self._rest(str(failure), None)
            if self.local is not None:
                with suppress(ConfigError):
                    self.local.close(seconds)

    def _take_shared(self, limit: int, now: float) -> float:
        before, self._lease = self._lease, Lease()
        ask = Ask(
            budget=self.budget,
            runner=self.runner,
            lease=self._lease.name,
            wanted=max(1, min(limit // _PART_OF_LIMIT, self._taken // _PART_OF_TAKEN)),
            limit=limit,
            counts_for=self.window * (1 + _MARGIN),
            lease_before=before.name,
            used_before=before.used,
            owed=self._owed,
        )
        grant = self.store.take(ask)
        self._owed = 0
        self._runners = grant.runners
        self._lease.places = grant.places
        self._lease.ends = now + self.window * _LEASE_LASTS  # by the time before it was asked
        if not self._lease.use(now):
            pause = max(grant.pause, _SHORTEST_PAUSE)
            self._opens, self._ask_again = now + pause, now + min(pause, _ASK_AGAIN)
            return pause
        self._taken += grant.places
        if self.local is not None:
            with suppress(ConfigError):
                self.local.note(grant.places)
        return 0

    def _take_alone(self, limit: int) -> float:
        share = self._share(limit)
        if self.local is not None:
            try:
                if (pause := self.local.take(share)) > 0:
                    return pause
            except ConfigError:  # each process paces itself then
                self.local = None
        self._owed = min(self._owed + 1, share)
        return 0

    def _share(self, limit: int) -> int:
        return max(1, limit // self._runners)

    def _rest(self, why: str, limit: int | None) -> None:
        """Leave the store alone for a while, and say so once."""
        self._resting_until = self.clock.now() + _REST
        if self._warned:
            return
        self._warned = True
        share = f"{self._share(limit):,} requests an hour" if limit else "its share of the limit"
        runners = counted(self._runners, "runner")
        self.notify(
            f"the budget of requests in {self.store.shown} can't be used ({why}); until it can, "
            f"this machine counts alone and sends at most {share}, as one of {runners}"
        )
