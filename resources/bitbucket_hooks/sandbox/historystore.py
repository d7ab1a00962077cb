"""The table of what webhooks sent, and what their receivers answered. No secret is in it."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import attrs

from bitbucket_hooks.sandbox.webhook import StoredHook

if TYPE_CHECKING:
    from bitbucket_hooks.deliveries.sending import DeliveryResult

MOST: Final = 100
"""So many deliveries of a hook are kept, the latest."""

_LOST_SECONDS: Final = 120.0  # three tries of 10 s, and some waiting


@attrs.define(eq=False)
class Sent:
    """One delivery to a hook: its thread adds the attempts, other threads read them."""

    hook: StoredHook
    event: str
    subject: str
    """`workspace/slug` of the repository where the event happened."""
    url: str
    headers: Mapping[str, str] = attrs.field(repr=False)
    """Those of the first attempt."""
    body: bytes = attrs.field(repr=False)
    at: float = attrs.field(factory=time.time)
    attempts: tuple[DeliveryResult, ...] = ()
    """The first one first."""
    done: bool = False
    id: int = 0
    """Its number in the hook's history; 0: the hook keeps none."""

    @property
    def last(self) -> DeliveryResult | None:
        """The attempt that counts."""
        return self.attempts[-1] if self.attempts else None

    @property
    def is_lost(self) -> bool:
        """Whether the process that made it is gone before it knew the answer."""
        return not self.done and time.time() - self.at > _LOST_SECONDS

    def to_json(self) -> str:
        """Write what the history keeps."""
        kept = attrs.asdict(self, filter=lambda field, _: field.name not in ("hook", "id"))
        return json.dumps({**kept, "body": self.body.decode()})


def answer_text(status: int | None, reason: str) -> str:
    """Give an answer in a few words."""
    return "no answer" if status is None else f"{status} {reason}".rstrip()


def begin(connection: sqlite3.Connection, sent: Sent) -> None:
    """Store a delivery that is to be made, give it its number, and drop the oldest."""
    row = {"hook": sent.hook.uuid, "body": sent.to_json(), "most": MOST}
    cursor = connection.execute("INSERT INTO deliveries (hook, body) VALUES (:hook, :body)", row)
    sent.id = int(cursor.lastrowid or 0)
    connection.execute(
        "DELETE FROM deliveries WHERE hook = :hook AND id <= coalesce(("
        " SELECT id FROM deliveries WHERE hook = :hook ORDER BY id DESC LIMIT 1 OFFSET :most"
        "), 0)",
        row,
    )


def save(connection: sqlite3.Connection, sent: Sent) -> None:
    """Store the attempts so far; nothing when somebody deleted the hook meanwhile."""
    row = (sent.to_json(), sent.id)
    connection.execute("UPDATE deliveries SET body = ? WHERE id = ?", row)


def history(
    connection: sqlite3.Connection, hook: StoredHook, number: int | None = None, most: int = MOST
) -> list[Sent]:
    """Give the deliveries of a hook, the latest first; only that of a number if one is given."""
    from bitbucket_hooks.deliveries.sending import (  # noqa: PLC0415 - it brings requests along
        DeliveryResult,
    )

    def read(row: sqlite3.Row) -> Sent:
        kept: dict[str, Any] = json.loads(row["body"])
        kept["body"] = kept["body"].encode()
        for attempt in kept["attempts"]:
            attempt["headers"] = tuple(map(tuple, attempt["headers"]))
        attempts = tuple(DeliveryResult(**attempt) for attempt in kept.pop("attempts"))
        return Sent(hook, **kept, attempts=attempts, id=row["id"])

    rows = connection.execute(
        "SELECT id, body FROM deliveries WHERE hook = ? AND id = coalesce(?, id)"
        " ORDER BY id DESC LIMIT ?",
        (hook.uuid, number, most),
    )
    return [read(row) for row in rows]
