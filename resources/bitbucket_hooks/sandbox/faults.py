"""What keeps a client from its answer: rate limits, and planned or random faults."""

from __future__ import annotations

import fnmatch
import math
import random
import sqlite3
import time
from typing import Final, cast

from werkzeug.wrappers import Response

from bitbucket_hooks.filesystem.database import Database
from bitbucket_hooks.sandbox.identity import Identity
from bitbucket_hooks.sandbox.settings import FaultKind, SandboxSettings

BEFORE: Final = frozenset({"500", "502", "503", "504", "html", "drop-before"})
"""The kinds that keep the request from being carried out."""

_HOUR: Final = 3600.0
_NEAR: Final = 0.8


def admit(database: Database, settings: SandboxSettings, name: str) -> Response | None:
    """Count a request of the identity `name`; gives the 429 when it is one too many.

    A refused request is not counted (unverified), so waiting helps even those who knock on.
    """
    limits = ((settings.rate_limit, settings.window_seconds), (settings.burst_limit, 1.0))
    windows = [(limit, seconds) for limit, seconds in limits if limit]
    if not windows:
        return None
    now = time.time()
    with database.writing() as connection:
        longest = max(seconds for _, seconds in windows)
        connection.execute("DELETE FROM hits WHERE at <= ?", (now - longest,))
        waits = [_wait(connection, name, now, *window) for window in windows]
        if not any(waits):
            connection.execute("INSERT INTO hits VALUES (?, ?)", (name, now))
            return None
    # Plain text (seen); `Retry-After` in seconds is not documented, so often missing.
    text = "Rate limit for this resource has been exceeded"
    response = Response(text, 429, mimetype="text/plain")
    if settings.retry_after:
        response.headers["Retry-After"] = str(max(1, math.ceil(max(waits))))
    return response


def _wait(
    connection: sqlite3.Connection, name: str, now: float, limit: int, seconds: float
) -> float:
    """Give the seconds until the window has room again; 0: now."""
    row = connection.execute(
        "SELECT at FROM hits WHERE identity = ? AND at > ? ORDER BY at DESC LIMIT 1 OFFSET ?",
        (name, now - seconds, limit - 1),
    ).fetchone()
    return max(row["at"] + seconds - now, 0.001) if row else 0.0


def label(
    database: Database, settings: SandboxSettings, identity: Identity, response: Response
) -> None:
    """Add the rate limit headers, which only access tokens get (public docs).

    The real limit is one by the hour, so that of a shorter window is converted to an hour. The
    value of `Resource` is unverified.
    """
    if not settings.rate_limit or not identity.is_access_token:
        return
    with database.reading() as connection:
        (used,) = connection.execute(
            "SELECT count(*) FROM hits WHERE identity = ? AND at > ?",
            (identity.name, time.time() - settings.window_seconds),
        ).fetchone()
    hourly = round(settings.rate_limit * _HOUR / max(settings.window_seconds, 0.001))
    response.headers["X-RateLimit-Limit"] = str(hourly)
    response.headers["X-RateLimit-Resource"] = "api"
    is_near = used > _NEAR * settings.rate_limit
    response.headers["X-RateLimit-NearLimit"] = "true" if is_near else "false"


def draw(database: Database, settings: SandboxSettings, method: str, path: str) -> FaultKind | None:
    """Decide which fault this request meets: a planned one first, else perhaps a random one."""
    with database.reading() as connection:
        waiting = connection.execute("SELECT id FROM plans LIMIT 1").fetchone()
    if not waiting and not settings.fault_rate:
        return None
    with database.writing() as connection:
        return _planned(connection, method, path) or _chance(connection, settings, method)


def _planned(connection: sqlite3.Connection, method: str, path: str) -> FaultKind | None:
    paths = {path.lower(), _with_slugs(connection, path).lower()}
    for plan in connection.execute("SELECT * FROM plans ORDER BY id").fetchall():
        fits = any(fnmatch.fnmatchcase(spelling, plan["path"].lower()) for spelling in paths)
        if not fits or plan["method"] not in ("*", method):
            continue
        column = "skip" if plan["skip"] else "remaining"
        change = f"UPDATE plans SET {column} = {column} - 1 WHERE id = ?"  # noqa: S608 - ours
        connection.execute(change, (plan["id"],))
        connection.execute("DELETE FROM plans WHERE remaining < 1")
        return None if plan["skip"] else cast("FaultKind", plan["kind"])
    return None


def _with_slugs(connection: sqlite3.Connection, path: str) -> str:
    """A path with the slugs of repositories and workspaces that it has by their uuids."""
    parts = path.split("/")
    marks = ", ".join("?" * len(parts))
    slugs = dict[str, str](
        connection.execute(
            f"SELECT uuid, slug FROM repositories WHERE uuid IN ({marks})"  # noqa: S608  # marks
            f" UNION SELECT uuid, slug FROM workspaces WHERE uuid IN ({marks})",
            [*parts, *parts],
        ).fetchall()
    )
    return "/".join(slugs.get(part, part) for part in parts)


def _chance(
    connection: sqlite3.Connection, settings: SandboxSettings, method: str
) -> FaultKind | None:
    methods = settings.fault_methods
    if not settings.fault_rate or (methods and method not in methods):
        return None
    connection.execute("UPDATE draws SET count = count + 1")
    (count,) = connection.execute("SELECT count FROM draws").fetchone()
    # Reproducible by design, and the same whichever process asks.
    dice = random.Random(f"{settings.fault_seed}:{count}")  # noqa: S311
    if dice.random() >= settings.fault_rate:
        return None
    return cast("FaultKind", dice.choice(settings.fault_kinds))
