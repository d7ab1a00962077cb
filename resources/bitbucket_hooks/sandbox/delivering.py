"""Events of the sandbox: real deliveries to the hooks that listen, as the service makes them.

An event reaches the active hooks of the repository and of its workspace that listen to it. A
delivery whose answer is a 5xx is tried again, at once and up to two times; nothing else is (public
docs). No transaction is open while a receiver is waited for.
"""

from __future__ import annotations

import contextlib
import math
import sqlite3
import threading
import time
from datetime import datetime, timezone
from typing import Final

import attrs

from bitbucket_hooks.deliveries import sending
from bitbucket_hooks.deliveries.payloads import payload
from bitbucket_hooks.filesystem.database import Database
from bitbucket_hooks.model.errors import HooksError
from bitbucket_hooks.model.events import KEYS, SUBJECT_TYPES, no_such_event
from bitbucket_hooks.sandbox import historystore, hookstore, settings
from bitbucket_hooks.sandbox.errors import SandboxError, SandboxUnusable
from bitbucket_hooks.sandbox.historystore import Sent
from bitbucket_hooks.sandbox.tenants import StoredRepository, new_uuid
from bitbucket_hooks.sandbox.webhook import StoredHook

_TRIES: Final = 3
_SERVER_ERRORS: Final = range(500, 600)
_AT_ONCE: Final = 16
_PLAIN: Final = "repo:created"  # who did it and where: all that an event of its own key can tell
_KEPT_RUNS: Final = 50


@attrs.frozen(eq=False)
class EventRun:
    """The deliveries of one event."""

    event: str
    subject: str
    deliveries: tuple[Sent, ...]
    id: str = attrs.field(factory=lambda: new_uuid().strip("{}"))

    @property
    def done(self) -> bool:
        """Whether every answer is known."""
        return all(sent.done for sent in self.deliveries)


def prepare(connection: sqlite3.Connection, repository: StoredRepository, event: str) -> EventRun:
    """Make the deliveries of an event and note them in the histories of hooks that keep one.

    Raises `SandboxError` for an event that the sandbox's catalogue lacks.
    """
    known = hookstore.known_events(connection, *SUBJECT_TYPES)
    if event not in known:
        raise SandboxError(no_such_event(event, known))
    sample = event if event in KEYS else _PLAIN
    now = datetime.now(timezone.utc)
    content = payload(sample, repository.workspace_slug, repository.slug, now)
    body = sending.raw_body(content)
    name = repository.full_name
    deliveries = [
        _delivery(connection, hook, event, name, body)
        for subject in (repository.uuid, repository.workspace)
        for hook in hookstore.current(connection, subject)
        if hook.active and event in hook.events
    ]
    return EventRun(event, name, tuple(deliveries))


def prepare_again(connection: sqlite3.Connection, sent: Sent) -> EventRun:
    """Make a delivery of the same payload once more, to where the hook leads today.

    Raises `SandboxError` for a hook that isn't active.
    """
    if not sent.hook.active:
        raise SandboxError("the webhook is inactive, so nothing is sent; make it active first")
    again = _delivery(connection, sent.hook, sent.event, sent.subject, sent.body)
    return EventRun(sent.event, sent.subject, (again,))


def _delivery(
    connection: sqlite3.Connection, hook: StoredHook, event: str, subject: str, body: bytes
) -> Sent:
    headers = sending.raw_delivery(event, body, hook.secret, hook.uuid).headers
    made = Sent(hook, event, subject, hook.url, headers, body)
    if hook.history_enabled:
        historystore.begin(connection, made)
    return made


def carry_out(database: Database, sent: Sent) -> None:
    """Deliver, up to three times, and note each attempt where the hook keeps a history."""
    with database.reading() as connection:
        timeout = settings.load(connection).delivery_timeout_ms / 1000
    done = False
    while not done:
        number = len(sent.attempts) + 1
        result = _attempt(sent, number, timeout)
        sent.attempts += (result,)
        done = result.status not in _SERVER_ERRORS or number == _TRIES
        if sent.id:
            with database.writing() as connection:
                historystore.save(connection, attrs.evolve(sent, done=done))
    sent.done = True


def _attempt(sent: Sent, number: int, timeout: float) -> sending.DeliveryResult:
    if len(sent.body) > sending.MOST_BYTES:
        most = f"{sending.MOST_BYTES // 1024} KB"
        return sending.DeliveryResult(
            0, problem=f"nothing was sent: the payload is larger than {most}"
        )
    hook = sent.hook
    what = sending.Delivery(sent.body, sent.headers, hook.secret).attempt(number)
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
            threading.Thread(target=self._carry_out, args=(sent,), daemon=True)
            for sent in run.deliveries
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
        # `done` is read before the attempts: what is done then has all of them.
        return found and attrs.evolve(
            found, deliveries=tuple(attrs.evolve(sent, done=sent.done) for sent in found.deliveries)
        )

    def last(self, hook: StoredHook) -> Sent | None:
        """Give the latest delivery to a hook as it is now, if it is one of late."""
        for run in reversed(list(map(self.run, list(self._runs)))):
            for sent in run.deliveries if run else ():
                if sent.hook.uuid == hook.uuid:
                    return sent
        return None

    def wait(self, seconds: float = math.inf) -> None:
        """Wait for what is on its way, for so long at most."""
        until = time.monotonic() + seconds
        with self._lock:
            threads = list(self._threads)
        for thread in threads:
            left = until - time.monotonic()
            thread.join(None if math.isinf(left) else max(left, 0))

    def _carry_out(self, sent: Sent) -> None:
        try:
            with self._places, contextlib.suppress(SandboxUnusable):
                carry_out(self._database, sent)
        finally:
            sent.done = True
            with self._lock:
                self._threads.discard(threading.current_thread())
