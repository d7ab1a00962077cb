"""What all processes of a user on one machine have sent as one identity, in the last hour.

Bitbucket counts per identity, whoever sends: runs of two stacks with the same token, and the
program and the provider of one run, draw on the same allowance. A database per identity holds the
time of each request, and until when nothing is to be sent after a refusal.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final

from attrs import define, field

from bitbucket_hooks.api.clock import Clock
from bitbucket_hooks.api.request_log import HOUR
from bitbucket_hooks.filesystem.database import Database

_PUT_BACK: Final = 60.0  # seconds by which the day's clock may be corrected unnoticed
_VERSION: Final = 301
_SCHEMA: Final = """
CREATE TABLE requests (number INTEGER PRIMARY KEY, at REAL);
CREATE TABLE closings (begun REAL, ends REAL)
"""
_LAST: Final = "SELECT number, at FROM requests ORDER BY number DESC LIMIT 1"


@define
class LocalLog:
    """The times of one identity's requests, numbered without a gap; seconds since 1970."""

    path: Path
    clock: Clock
    _database: Database = field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self._database = Database(self.path, _VERSION, _SCHEMA, self._forget_old)

    def take(self, limit: int) -> float:
        """Note a request and return 0, or return in how many seconds there is room for one.

        `limit` is what an hour may hold. Raises ConfigError when the database can't be used.
        """
        with self._database.writing() as database:
            now = self._now()  # not before: others note theirs meanwhile
            if (closed := self._closed(database, now)) > 0:
                return closed
            number, last = database.execute(_LAST).fetchone() or (0, now)
            if last > now + _PUT_BACK:
                database.execute("DELETE FROM requests")
                number = 0
            oldest = database.execute(
                "SELECT at FROM requests WHERE number = ?", (number - limit + 1,)
            ).fetchone()
            if oldest is not None and oldest[0] + HOUR > now:
                return float(oldest[0] + HOUR - now)
            database.execute("INSERT INTO requests VALUES (?, ?)", (number + 1, now))
            return 0

    def note(self, count: int) -> None:
        """Note requests that somebody else let go. Raises ConfigError as `take` does."""
        with self._database.writing() as database:
            number, _ = database.execute(_LAST).fetchone() or (0, 0)
            rows = [(number + 1 + place, self._now()) for place in range(count)]
            database.executemany("INSERT INTO requests VALUES (?, ?)", rows)

    def close(self, seconds: float) -> None:
        """Let nobody send anything for a while, at most as long as a request counts.

        Raises ConfigError when the database can't be used.
        """
        with self._database.writing() as database:
            now = self._now()
            if seconds > self._closed(database, now):
                ends = now + min(seconds, HOUR)
                database.execute("DELETE FROM closings")
                database.execute("INSERT INTO closings VALUES (?, ?)", (now, ends))

    def _closed(self, database: sqlite3.Connection, now: float) -> float:
        """Seconds for which it is closed; 0 when the day's clock was put back since."""
        begun, ends = database.execute("SELECT * FROM closings").fetchone() or (now, now)
        left = float(ends - now)
        return left if begun <= now + _PUT_BACK and left <= HOUR + _PUT_BACK else 0

    def _forget_old(self, database: sqlite3.Connection) -> None:
        database.execute("DELETE FROM requests WHERE at <= ?", (self._now() - HOUR,))

    def _now(self) -> float:
        return self.clock.wall().timestamp()
