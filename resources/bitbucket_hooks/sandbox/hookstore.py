"""The tables of webhooks and of the events that they can listen to."""

from __future__ import annotations

import json
import sqlite3
import time
from typing import Any

import attrs

from bitbucket_hooks.model.events import Event
from bitbucket_hooks.sandbox.errors import Missing
from bitbucket_hooks.sandbox.webhook import StoredHook


def current(connection: sqlite3.Connection, subject: str | None = None) -> list[StoredHook]:
    """Give the hooks of a repository or workspace, or all, as they are; the oldest first."""
    where, values = ("WHERE subject = ?", (subject,)) if subject else ("", ())
    rows = connection.execute(f"SELECT seq, body FROM hooks {where} ORDER BY seq", values)  # noqa: S608
    return [StoredHook.from_row(row) for row in rows]


def visible(connection: sqlite3.Connection, subject: str) -> list[StoredHook]:
    """Give the hooks as reads show them: behind the writes by the lag of the sandbox."""
    hooks = {hook.uuid: hook for hook in current(connection, subject)}
    shadows = connection.execute(
        # The newest first, so that the oldest state that still counts has the last word.
        "SELECT hook, state FROM shadows WHERE subject = ? AND until > ? ORDER BY id DESC",
        (subject, time.time()),
    )
    for shadow in shadows:
        hooks.pop(shadow["hook"], None)
        if shadow["state"] is not None:
            hooks[shadow["hook"]] = StoredHook(**json.loads(shadow["state"]))
    return sorted(hooks.values(), key=lambda hook: hook.seq)


def find(connection: sqlite3.Connection, uuid: str) -> StoredHook:
    """Find a hook by its uuid, with or without its braces. Raises `Missing`."""
    row = connection.execute(
        "SELECT seq, body FROM hooks WHERE uuid = ?", (f"{{{uuid.strip('{}').lower()}}}",)
    ).fetchone()
    if not row:
        raise Missing(
            f'there is no webhook "{uuid}" in this sandbox; `bitbucket-hooks sandbox hooks` '
            "lists what there is"
        )
    return StoredHook.from_row(row)


def insert(connection: sqlite3.Connection, hook: StoredHook, lag_ms: float = 0) -> StoredHook:
    """Store a new hook and give it with its place in the order."""
    _keep_shown(connection, hook, None, lag_ms)
    cursor = connection.execute(
        "INSERT INTO hooks (uuid, subject, body) VALUES (?, ?, ?)",
        (hook.uuid, hook.subject, hook.to_json()),
    )
    return attrs.evolve(hook, seq=int(cursor.lastrowid or 0))


def update(
    connection: sqlite3.Connection, old: StoredHook, changes: dict[str, Any], lag_ms: float = 0
) -> StoredHook:
    """Change a hook and give what it is now. Its answers show the properties again."""
    _keep_shown(connection, old, old, lag_ms)
    new = attrs.evolve(old, **{"shown_instead": {}, **changes})
    connection.execute("UPDATE hooks SET body = ? WHERE uuid = ?", (new.to_json(), old.uuid))
    return new


def delete(connection: sqlite3.Connection, hook: StoredHook, lag_ms: float = 0) -> None:
    """Remove a hook."""
    _keep_shown(connection, hook, hook, lag_ms)
    connection.execute("DELETE FROM hooks WHERE uuid = ?", (hook.uuid,))


def _keep_shown(
    connection: sqlite3.Connection, hook: StoredHook, old: StoredHook | None, lag_ms: float
) -> None:
    """Let reads show the old state for as long as they lag behind."""
    if not lag_ms:
        return
    now = time.time()
    connection.execute("DELETE FROM shadows WHERE until <= ?", (now,))
    connection.execute(
        "INSERT INTO shadows (hook, subject, until, state) VALUES (?, ?, ?, ?)",
        (hook.uuid, hook.subject, now + lag_ms / 1000, old and old.to_json()),
    )


def catalogue(connection: sqlite3.Connection, *subject_types: str) -> list[Event]:
    """Give the events of some subject types today, each once, in the catalogue's order."""
    found: dict[str, Event] = {}
    for subject_type in subject_types:
        rows = connection.execute(
            "SELECT event, category, label, description FROM events"
            " WHERE subject_type = ? ORDER BY rowid",
            (subject_type,),
        )
        found |= {row["event"]: Event(*row) for row in rows if row["event"] not in found}
    return list(found.values())


def known_events(connection: sqlite3.Connection, *subject_types: str) -> list[str]:
    """Give the keys that some subject types allow today, in the catalogue's order."""
    return [event.event for event in catalogue(connection, *subject_types)]
