"""The table of what webhooks sent, and what their receivers answered. No secret is in it."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any, Final

import attrs

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping, Sequence

    from bitbucket_hooks.deliveries.sending import Delivery, DeliveryResult
    from bitbucket_hooks.sandbox.webhook import StoredHook

MOST: Final = 100
"""So many deliveries of a hook are kept, the latest."""

_LOST_SECONDS: Final = 120.0  # three tries of 10 s, and some waiting


@attrs.frozen
class Sent:
    """One delivery with all its attempts, the first one first."""

    at: float
    event: str
    subject: str
    """`workspace/slug` of the repository where the event happened."""
    url: str
    headers: Mapping[str, str] = attrs.field(repr=False)
    """Those of the first attempt."""
    body: bytes = attrs.field(repr=False)
    done: bool = False
    attempts: tuple[DeliveryResult, ...] = ()
    id: int = 0
    read_at: float = attrs.field(factory=time.time)

    @property
    def last(self) -> DeliveryResult | None:
        """The attempt that counts."""
        return self.attempts[-1] if self.attempts else None

    @property
    def is_lost(self) -> bool:
        """Whether the process that made it is gone before it knew the answer."""
        return not self.done and self.read_at - self.at > _LOST_SECONDS


def answer_text(status: int | None, reason: str) -> str:
    """Give an answer in a few words."""
    return "no answer" if status is None else f"{status} {reason}".rstrip()


def begin(
    connection: sqlite3.Connection, hook: StoredHook, event: str, subject: str, what: Delivery
) -> int:
    """Store a delivery that is to be made, drop the oldest, and give its number."""
    body = {
        "at": time.time(),
        "event": event,
        "subject": subject,
        "url": hook.url,
        "headers": dict(what.headers),
        "body": what.body.decode(),
    }
    cursor = connection.execute(
        "INSERT INTO deliveries (hook, body) VALUES (?, ?)", (hook.uuid, json.dumps(body))
    )
    connection.execute(
        "DELETE FROM deliveries WHERE hook = :hook AND id <= coalesce(("
        " SELECT id FROM deliveries WHERE hook = :hook ORDER BY id DESC LIMIT 1 OFFSET :most"
        "), 0)",
        {"hook": hook.uuid, "most": MOST},
    )
    return int(cursor.lastrowid or 0)


def set_attempts(
    connection: sqlite3.Connection, number: int, attempts: Sequence[DeliveryResult], *, done: bool
) -> None:
    """Store the attempts so far; nothing when somebody deleted the hook meanwhile."""
    values = json.dumps([attrs.asdict(attempt) for attempt in attempts])
    connection.execute(
        "UPDATE deliveries SET body = json_set(body, '$.attempts', json(?), '$.done', json(?))"
        " WHERE id = ?",
        (values, json.dumps(done), number),
    )


def of_hook(connection: sqlite3.Connection, hook: str) -> list[Sent]:
    """Give the deliveries of a hook, the latest first."""
    rows = connection.execute("SELECT * FROM deliveries WHERE hook = ? ORDER BY id DESC", (hook,))
    return [_sent(row) for row in rows]


def last(connection: sqlite3.Connection, hook: str) -> Sent | None:
    """Give the latest delivery of a hook."""
    row = connection.execute(
        "SELECT * FROM deliveries WHERE hook = ? ORDER BY id DESC LIMIT 1", (hook,)
    ).fetchone()
    return _sent(row) if row else None


def find(connection: sqlite3.Connection, hook: str, number: int) -> Sent | None:
    """Give one delivery of a hook."""
    row = connection.execute(
        "SELECT * FROM deliveries WHERE hook = ? AND id = ?", (hook, number)
    ).fetchone()
    return _sent(row) if row else None


def _sent(row: sqlite3.Row) -> Sent:
    stored: dict[str, Any] = json.loads(row["body"])
    attempts = tuple(map(_result, stored.pop("attempts", ())))
    stored["body"] = stored["body"].encode()
    return Sent(**stored, id=row["id"], attempts=attempts)


def _result(stored: dict[str, Any]) -> DeliveryResult:
    from bitbucket_hooks.deliveries.sending import (  # noqa: PLC0415 - it brings requests along
        DeliveryResult,
    )

    headers = tuple((name, value) for name, value in stored["headers"])
    return DeliveryResult(**{**stored, "headers": headers})
