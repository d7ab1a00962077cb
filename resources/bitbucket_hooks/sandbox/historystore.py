"""The tables of what hooks sent, and what their receivers answered. No secret is in them."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any, Final

import attrs

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from bitbucket_hooks.deliveries.sending import Delivery, DeliveryResult
    from bitbucket_hooks.sandbox.models import StoredHook

MOST: Final = 100
"""So many deliveries of a hook are kept, the latest."""

_LOST_SECONDS: Final = 120.0  # three tries of 10 s, and some waiting


@attrs.frozen
class Attempt:
    """One try of a delivery, and its answer."""

    number: int
    seconds: float
    status: int | None
    reason: str
    problem: str | None
    """Why there was no answer."""
    headers: tuple[tuple[str, str], ...] = attrs.field(repr=False)
    body: str = attrs.field(repr=False)

    @classmethod
    def of(cls, row: sqlite3.Row) -> Attempt:
        """Make the value of a row."""
        columns = dict(row)
        del columns["delivery"]
        headers = tuple((name, value) for name, value in json.loads(columns["headers"]))
        return cls(**{**columns, "headers": headers})

    @property
    def told(self) -> str:
        """What it came to, in a few words."""
        return told(self.status, self.reason)


@attrs.frozen
class Sent:
    """One delivery with all its attempts, the first one first."""

    id: int
    hook: str
    at: float
    event: str
    subject: str
    """`workspace/slug` of the repository that it told of."""
    url: str
    headers: Mapping[str, str] = attrs.field(repr=False)
    """Those of the first attempt."""
    body: bytes = attrs.field(repr=False)
    done: bool
    attempts: tuple[Attempt, ...]
    read_at: float = attrs.field(factory=time.time)

    @property
    def last(self) -> Attempt | None:
        """The attempt that counts."""
        return self.attempts[-1] if self.attempts else None

    @property
    def is_lost(self) -> bool:
        """Whether the process that made it is gone before it knew the answer."""
        return not self.done and self.read_at - self.at > _LOST_SECONDS


def told(status: int | None, reason: str) -> str:
    """Put an answer into a few words."""
    return "no answer" if status is None else f"{status} {reason}".rstrip()


def begin(
    connection: sqlite3.Connection, hook: StoredHook, event: str, subject: str, what: Delivery
) -> int:
    """Note a delivery that is to be made, let the oldest go, and give its number."""
    cursor = connection.execute(
        "INSERT INTO deliveries (hook, at, event, subject, url, headers, body, done)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, 0)",
        (
            *(hook.uuid, time.time(), event, subject, hook.url),
            *(json.dumps(dict(what.headers)), what.body),
        ),
    )
    connection.execute(
        "DELETE FROM deliveries WHERE hook = :hook AND id <= coalesce(("
        " SELECT id FROM deliveries WHERE hook = :hook ORDER BY id DESC LIMIT 1 OFFSET :most"
        "), 0)",
        {"hook": hook.uuid, "most": MOST},
    )
    return int(cursor.lastrowid or 0)


def note(
    connection: sqlite3.Connection,
    delivery: int,
    number: int,
    outcome: DeliveryResult,
    *,
    done: bool,
) -> None:
    """Add an attempt; nothing when somebody deleted the hook meanwhile."""
    connection.execute(
        "INSERT INTO attempts SELECT id, ?, ?, ?, ?, ?, ?, ? FROM deliveries WHERE id = ?",
        (
            *(number, outcome.seconds, outcome.status, outcome.reason, outcome.problem),
            *(json.dumps(outcome.headers), outcome.body, delivery),
        ),
    )
    connection.execute("UPDATE deliveries SET done = ? WHERE id = ?", (done, delivery))


def of_hook(connection: sqlite3.Connection, hook: str) -> list[Sent]:
    """Give the deliveries of a hook, the latest first."""
    rows = connection.execute("SELECT * FROM deliveries WHERE hook = ? ORDER BY id DESC", (hook,))
    return [_sent(connection, row) for row in rows.fetchall()]


def last(connection: sqlite3.Connection, hook: str) -> Sent | None:
    """Give the latest delivery of a hook."""
    row = connection.execute(
        "SELECT * FROM deliveries WHERE hook = ? ORDER BY id DESC LIMIT 1", (hook,)
    ).fetchone()
    return _sent(connection, row) if row else None


def find(connection: sqlite3.Connection, hook: str, number: int) -> Sent | None:
    """Give one delivery of a hook."""
    row = connection.execute(
        "SELECT * FROM deliveries WHERE hook = ? AND id = ?", (hook, number)
    ).fetchone()
    return _sent(connection, row) if row else None


def _sent(connection: sqlite3.Connection, row: sqlite3.Row) -> Sent:
    attempts = connection.execute(
        "SELECT * FROM attempts WHERE delivery = ? ORDER BY number", (row["id"],)
    )
    columns: dict[str, Any] = {**dict(row), "done": bool(row["done"])}
    columns["headers"] = json.loads(columns["headers"])
    return Sent(**columns, attempts=tuple(map(Attempt.of, attempts)))
