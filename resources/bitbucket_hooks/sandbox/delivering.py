"""Events of the sandbox: real deliveries to the hooks that listen, as the service makes them.

An event reaches the active hooks of the repository and of its workspace that listen to it. A
delivery whose answer is a 5xx is tried again, at once and up to two times; nothing else is (public
docs). No transaction is open while a receiver is waited for.
"""

from __future__ import annotations

import contextlib
import math
import threading
import time
from collections.abc import Sequence
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Final

import attrs

from bitbucket_hooks.deliveries import sending
from bitbucket_hooks.deliveries.payloads import payload
from bitbucket_hooks.model.errors import HooksError
from bitbucket_hooks.model.events import KEYS, SUBJECT_TYPES, no_such_event
from bitbucket_hooks.sandbox import historystore, hookstore, settings
from bitbucket_hooks.sandbox.errors import SandboxError, SandboxUnusable
from bitbucket_hooks.sandbox.tenants import new_uuid

if TYPE_CHECKING:
    import sqlite3

    from bitbucket_hooks.sandbox.historystore import Sent
    from bitbucket_hooks.sandbox.store import Database
    from bitbucket_hooks.sandbox.tenants import StoredRepository
    from bitbucket_hooks.sandbox.webhook import StoredHook

_TRIES: Final = 3
_SERVER_ERRORS: Final = range(500, 600)
_AT_ONCE: Final = 16
_PLAIN: Final = "repo:created"  # who did it and where: all that an event of its own key can tell
_KEPT_RUNS: Final = 50


@attrs.define(eq=False)
class Shipment:
    """One delivery on its way: its thread adds the results, other threads read them."""

    hook: StoredHook
    event: str
    subject: str
    what: sending.Delivery
    number: int | None = None
    """Its place in the hook's history; None: the hook keeps none."""
    outcomes: tuple[sending.DeliveryResult, ...] = ()
    done: bool = False

    @property
    def last(self) -> sending.DeliveryResult | None:
        """The outcome that counts."""
        return self.outcomes[-1] if self.outcomes else None


@attrs.frozen(eq=False)
class EventRun:
    """The deliveries of one event."""

    id: str
    event: str
    subject: str
    shipments: tuple[Shipment, ...]

    @property
    def done(self) -> bool:
        """Whether every answer is known."""
        return all(each.done for each in self.shipments)


def listeners(
    connection: sqlite3.Connection, repository: StoredRepository, event: str
) -> list[StoredHook]:
    """Give the hooks that an event of a repository reaches, those of its workspace last."""
    hooks = [
        *hookstore.current(connection, repository.uuid),
        *hookstore.current(connection, repository.workspace),
    ]
    return [hook for hook in hooks if hook.active and event in hook.events]


def prepare(connection: sqlite3.Connection, repository: StoredRepository, event: str) -> EventRun:
    """Make the deliveries of an event and note them in the histories of hooks that keep one.

    Raises `SandboxError` for an event that the sandbox's catalogue lacks.
    """
    known = hookstore.known_events(connection, *SUBJECT_TYPES)
    if event not in known:
        raise SandboxError(no_such_event(event, known))
    body = _payload(event, repository)
    shipments = [
        _shipment(connection, hook, event, repository.full_name, body)
        for hook in listeners(connection, repository, event)
    ]
    return _run(event, repository.full_name, shipments)


def prepare_again(connection: sqlite3.Connection, hook: StoredHook, sent: Sent) -> EventRun:
    """Make a delivery of the same payload once more, to where the hook leads today.

    Raises `SandboxError` for a hook that isn't active.
    """
    if not hook.active:
        raise SandboxError("the webhook is inactive, so nothing is sent; make it active first")
    shipment = _shipment(connection, hook, sent.event, sent.subject, sent.body)
    return _run(sent.event, sent.subject, [shipment])


def _run(event: str, subject: str, shipments: Sequence[Shipment]) -> EventRun:
    return EventRun(new_uuid().strip("{}"), event, subject, tuple(shipments))


def _payload(event: str, repository: StoredRepository) -> bytes:
    sample = event if event in KEYS else _PLAIN
    now = datetime.now(timezone.utc)
    content: dict[str, Any] = payload(sample, repository.workspace_slug, repository.slug, now)
    return sending.raw_body(content)


def _shipment(
    connection: sqlite3.Connection, hook: StoredHook, event: str, subject: str, body: bytes
) -> Shipment:
    what = sending.raw_delivery(event, body, hook.secret, hook.uuid)
    number = None
    if hook.history_enabled:
        number = historystore.begin(connection, hook, event, subject, what)
    return Shipment(hook, event, subject, what, number)


def carry_out(database: Database, shipment: Shipment) -> None:
    """Deliver, up to three times, and note each outcome where the hook keeps a history."""
    with database.read() as connection:
        timeout = settings.load(connection).delivery_timeout_ms / 1000
    done = False
    while not done:
        number = len(shipment.outcomes) + 1
        outcome = _attempt(shipment, number, timeout)
        shipment.outcomes += (outcome,)
        done = outcome.status not in _SERVER_ERRORS or number == _TRIES
        if shipment.number is not None:
            with database.write() as connection:
                historystore.set_attempts(connection, shipment.number, shipment.outcomes, done=done)
    shipment.done = True


def _attempt(shipment: Shipment, number: int, timeout: float) -> sending.DeliveryResult:
    if len(shipment.what.body) > sending.MOST_BYTES:
        most = f"{sending.MOST_BYTES // 1024} KB"
        return sending.DeliveryResult(
            0, problem=f"nothing was sent: the payload is larger than {most}"
        )
    hook = shipment.hook
    what = shipment.what.attempt(number)
    try:
        return sending.send(hook.url, what, timeout, insecure=hook.skip_cert_verification)
    except HooksError as error:
        return sending.DeliveryResult(0, problem=str(error))


class Deliverer:
    """Carries runs out on threads of its own, and remembers the latest of them."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._runs: dict[str, EventRun] = {}
        self._lock = threading.Lock()
        self._places = threading.BoundedSemaphore(_AT_ONCE)
        self._threads: set[threading.Thread] = set()

    def start(self, run: EventRun) -> None:
        """Send what is in a run, without waiting for any of it."""
        threads = [
            threading.Thread(target=self._carry_out, args=(each,), daemon=True)
            for each in run.shipments
        ]
        with self._lock:
            self._runs[run.id] = run
            for oldest in list(self._runs)[:-_KEPT_RUNS]:
                del self._runs[oldest]
            self._threads.update(threads)
        for thread in threads:
            thread.start()

    def run(self, name: str) -> EventRun | None:
        """Give a run of late as it is now: a copy, which its threads no longer change."""
        found = self._runs.get(name)
        # `done` is read before the outcomes: what is done then has all of them.
        return found and attrs.evolve(
            found, shipments=tuple(attrs.evolve(each, done=each.done) for each in found.shipments)
        )

    def last(self, hook: StoredHook) -> Shipment | None:
        """Give the latest delivery to a hook as it is now, if it is one of late."""
        for run in reversed(list(map(self.run, list(self._runs)))):
            for shipment in run.shipments if run else ():
                if shipment.hook.uuid == hook.uuid:
                    return shipment
        return None

    def wait(self, seconds: float = math.inf) -> None:
        """Wait for what is on its way, for so long at most."""
        until = time.monotonic() + seconds
        with self._lock:
            threads = list(self._threads)
        for thread in threads:
            left = until - time.monotonic()
            thread.join(None if math.isinf(left) else max(left, 0))

    def _carry_out(self, shipment: Shipment) -> None:
        try:
            with self._places, contextlib.suppress(SandboxUnusable):
                carry_out(self._database, shipment)
        finally:
            shipment.done = True
            with self._lock:
                self._threads.discard(threading.current_thread())
