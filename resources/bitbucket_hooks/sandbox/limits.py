"""Rate limits: so many requests of one identity in a rolling window."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Final

from bitbucket_hooks.sandbox.errors import rate_limited

if TYPE_CHECKING:
    import sqlite3

    from werkzeug.wrappers import Response

    from bitbucket_hooks.sandbox.identity import Identity
    from bitbucket_hooks.sandbox.settings import SandboxSettings
    from bitbucket_hooks.sandbox.store import Database

_HOUR: Final = 3600.0
_NEAR: Final = 0.8


def admit(database: Database, settings: SandboxSettings, name: str) -> Response | None:
    """Count a request of the identity `name`; gives the 429 when it is one too many.

    A refused request is not counted (unverified), so waiting helps even those who knock on.
    """
    windows = [
        (limit, seconds)
        for limit, seconds in (
            (settings.rate_limit, settings.window_seconds),
            (settings.burst_limit, 1.0),
        )
        if limit
    ]
    if not windows:
        return None
    now = time.time()
    with database.write() as connection:
        longest = max(seconds for _, seconds in windows)
        connection.execute("DELETE FROM hits WHERE at <= ?", (now - longest,))
        waits = [_wait(connection, name, now, *window) for window in windows]
        if any(waits):
            seconds = max(1, math.ceil(max(waits)))
            return rate_limited(seconds if settings.retry_after else None).response
        connection.execute("INSERT INTO hits VALUES (?, ?)", (name, now))
    return None


def _wait(
    connection: sqlite3.Connection, name: str, now: float, limit: int, seconds: float
) -> float:
    """Give the seconds until the window has room again; 0: now."""
    row = connection.execute(
        "SELECT at FROM hits WHERE identity = ? AND at > ? ORDER BY at DESC LIMIT 1 OFFSET ?",
        (name, now - seconds, limit - 1),
    ).fetchone()
    return max(row["at"] + seconds - now, 0.001) if row else 0.0


def are_shown(settings: SandboxSettings, identity: Identity) -> bool:
    """Whether answers carry the limits' headers: only to access tokens (public docs)."""
    return bool(settings.rate_limit) and identity.is_access_token


def label(
    connection: sqlite3.Connection,
    settings: SandboxSettings,
    identity: Identity,
    response: Response,
) -> None:
    """Add the rate limit headers.

    The real limit is one by the hour, so that of a shorter window is converted to an hour. The
    value of `Resource` is unverified.
    """
    (used,) = connection.execute(
        "SELECT count(*) FROM hits WHERE identity = ? AND at > ?",
        (identity.name, time.time() - settings.window_seconds),
    ).fetchone()
    hourly = round(settings.rate_limit * _HOUR / max(settings.window_seconds, 0.001))
    near = "true" if used > _NEAR * settings.rate_limit else "false"
    response.headers["X-RateLimit-Limit"] = str(hourly)
    response.headers["X-RateLimit-Resource"] = "api"
    response.headers["X-RateLimit-NearLimit"] = near
