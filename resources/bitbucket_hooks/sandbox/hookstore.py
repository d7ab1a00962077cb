"""The table of hooks, and what reads show of it soon after a write."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any, Final

import attrs

from bitbucket_hooks.sandbox.models import StoredHook

if TYPE_CHECKING:
    import sqlite3

_COLUMNS: Final = tuple(one.name for one in attrs.fields(StoredHook) if one.name != "seq")
_FIXED: Final = ("uuid", "subject", "subject_type", "created_at")
_INSERT: Final = f"INSERT INTO hooks ({', '.join(_COLUMNS)}) VALUES (:{', :'.join(_COLUMNS)})"  # noqa: S608
_CHANGES: Final = ", ".join(f"{one} = :{one}" for one in _COLUMNS if one not in _FIXED)
_UPDATE: Final = f"UPDATE hooks SET {_CHANGES} WHERE uuid = :uuid"  # noqa: S608  # our own names


def current(connection: sqlite3.Connection, subject: str) -> list[StoredHook]:
    """Give the hooks of a repository or workspace as they are, the oldest first."""
    rows = connection.execute("SELECT * FROM hooks WHERE subject = ? ORDER BY seq", (subject,))
    return [StoredHook.of(row) for row in rows]


def everything(connection: sqlite3.Connection) -> list[StoredHook]:
    """Give the hooks of all repositories and workspaces as they are, the oldest first."""
    return [StoredHook.of(row) for row in connection.execute("SELECT * FROM hooks ORDER BY seq")]


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
            hooks[shadow["hook"]] = StoredHook.of(json.loads(shadow["state"]))
    return sorted(hooks.values(), key=lambda hook: hook.seq)


def find(connection: sqlite3.Connection, uuid: str) -> StoredHook | None:
    """Give a hook as it is."""
    row = connection.execute("SELECT * FROM hooks WHERE uuid = ?", (uuid.lower(),)).fetchone()
    return StoredHook.of(row) if row else None


def insert(connection: sqlite3.Connection, hook: StoredHook, lag_ms: float = 0) -> StoredHook:
    """Store a new hook and give it with its place in the order."""
    _shade(connection, hook, None, lag_ms)
    cursor = connection.execute(_INSERT, hook.row())
    return attrs.evolve(hook, seq=int(cursor.lastrowid or 0))


def update(
    connection: sqlite3.Connection, old: StoredHook, changes: dict[str, Any], lag_ms: float = 0
) -> StoredHook:
    """Change a hook and give what it is now; what was odd about it goes."""
    _shade(connection, old, old, lag_ms)
    connection.execute("DELETE FROM oddities WHERE hook = ?", (old.uuid,))
    new = attrs.evolve(old, **changes)
    connection.execute(_UPDATE, new.row())
    return new


def delete(connection: sqlite3.Connection, hook: StoredHook, lag_ms: float = 0) -> None:
    """Remove a hook."""
    _shade(connection, hook, hook, lag_ms)
    connection.execute("DELETE FROM hooks WHERE uuid = ?", (hook.uuid,))


def spoil(connection: sqlite3.Connection, hook: StoredHook, values: dict[str, Any]) -> None:
    """Let answers show of a hook what no hook should have."""
    row = (hook.uuid, json.dumps(values))
    connection.execute("INSERT OR REPLACE INTO oddities VALUES (?, ?)", row)


def oddities(connection: sqlite3.Connection, hook: StoredHook) -> dict[str, Any]:
    """Give what answers show of a hook in place of its properties."""
    found = connection.execute("SELECT body FROM oddities WHERE hook = ?", (hook.uuid,)).fetchone()
    return dict(json.loads(found["body"])) if found else {}


def _shade(
    connection: sqlite3.Connection, hook: StoredHook, old: StoredHook | None, lag_ms: float
) -> None:
    if not lag_ms:
        return
    now = time.time()
    state = json.dumps({**old.row(), "seq": old.seq}) if old else None
    connection.execute("DELETE FROM shadows WHERE until <= ?", (now,))
    connection.execute(
        "INSERT INTO shadows (hook, subject, until, state) VALUES (?, ?, ?, ?)",
        (hook.uuid, hook.subject, now + lag_ms / 1000, state),
    )


def known_events(connection: sqlite3.Connection, subject_type: str) -> list[str]:
    """Give the keys that a subject type allows today, in the catalogue's order."""
    rows = connection.execute(
        "SELECT event FROM events WHERE subject_type = ? ORDER BY rowid", (subject_type,)
    )
    return [row["event"] for row in rows]
