"""A budget of requests in PostgreSQL: one table, one round trip for each lease."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from time import monotonic
from typing import Any, Final
from weakref import finalize

import psycopg
from attrs import asdict, define, field
from psycopg import ClientCursor, Connection, errors

from bitbucket_hooks.api.clock import unless_done_in
from bitbucket_hooks.api.shared_log import Ask, Grant, StoreFailed, Taken
from bitbucket_hooks.model.masking import Mask

_PATIENCE: Final = 2  # seconds for a connection, and for an answer
# A closing is a row without places, of no runner.
_CREATE: Final = """
SELECT pg_advisory_xact_lock(hashtextextended('bitbucket_hooks_pace', 0));
CREATE TABLE IF NOT EXISTS bitbucket_hooks_pace (
    budget text, lease text, runner text, places integer, ends timestamptz NOT NULL,
    PRIMARY KEY (budget, lease)
)"""
# Each of the next two is one message, so the server does all of it or nothing, and a client that
# dies leaves no lock. Statements see what was written before each of them began: the lock first.
_LOCK: Final = """
SELECT set_config('lock_timeout', '1s', true),
    set_config('statement_timeout', '1s', true);
SELECT pg_advisory_xact_lock(hashtextextended(%(budget)s, 0));"""
_TAKE: Final = """
DELETE FROM bitbucket_hooks_pace WHERE budget = %(budget)s AND ends <= clock_timestamp();
UPDATE bitbucket_hooks_pace SET places = %(used_before)s
    WHERE budget = %(budget)s AND lease = %(lease_before)s;
INSERT INTO bitbucket_hooks_pace
    SELECT %(budget)s, %(lease)s || ' owed', %(runner)s, %(owed)s,
        clock_timestamp() + %(counts_for)s * interval '1 second'
    WHERE %(owed)s > 0 ON CONFLICT DO NOTHING;
WITH counted AS (
    SELECT *, sum(places) OVER (ORDER BY ends DESC, lease) AS up_to_here
    FROM bitbucket_hooks_pace WHERE budget = %(budget)s
), found AS (
    SELECT coalesce(sum(places), 0) AS taken,
        max(ends) FILTER (WHERE places IS NULL OR up_to_here >= %(limit)s) AS opens,
        count(DISTINCT runner) FILTER (WHERE places > 0 AND runner <> %(runner)s) AS others
    FROM counted
), given AS (
    INSERT INTO bitbucket_hooks_pace
        SELECT %(budget)s, %(lease)s, %(runner)s, least(%(wanted)s, %(limit)s - taken),
            clock_timestamp() + %(counts_for)s * interval '1 second'
        FROM found WHERE opens IS NULL
        ON CONFLICT (budget, lease) DO UPDATE SET ends = excluded.ends
        RETURNING places
)
SELECT coalesce((SELECT places FROM given), 0),
    coalesce(extract(epoch FROM opens - clock_timestamp()), 0)::float8,
    others + 1
FROM found"""
_CLOSE: Final = """
INSERT INTO bitbucket_hooks_pace AS old
    VALUES (%(budget)s, 'closed', '', NULL, clock_timestamp() + %(seconds)s * interval '1 second')
    ON CONFLICT (budget, lease) DO UPDATE SET ends = greatest(old.ends, excluded.ends)"""
_LOOK: Final = """
SELECT coalesce(sum(places), 0),
    coalesce(extract(epoch FROM max(ends) FILTER (WHERE places IS NULL) - clock_timestamp()), 0)
        ::float8
FROM bitbucket_hooks_pace WHERE budget = %(budget)s AND ends > clock_timestamp()"""


@define
class PostgresStore:
    """One connection, made when it is needed, and again when it broke."""

    url: str = field(repr=False)
    shown: str
    mask: Mask = field(repr=False)
    _connection: Connection[Any] | None = field(default=None, init=False, repr=False)

    def take(self, ask: Ask) -> Grant:
        """Give places. Raises StoreFailed."""
        places, pause, runners = self._write(_LOCK + _TAKE, asdict(ask))
        return Grant(places, pause, runners)

    def close(self, budget: str, seconds: float) -> None:
        """Give no place for a while. Raises StoreFailed."""
        self._write(_LOCK + _CLOSE, {"budget": budget, "seconds": seconds})

    def look(self, budget: str) -> Taken:
        """What is gone of a budget. Raises StoreFailed."""
        with self._failing():
            try:
                return Taken(*self._send(_LOOK, {"budget": budget}))
            except errors.UndefinedTable:  # nobody has asked for a place yet
                return Taken(0, 0)

    def _write(self, query: str, values: dict[str, Any]) -> Any:
        with self._failing():
            try:
                return self._send(query, values)
            except errors.UndefinedTable:
                self._send(_CREATE, {})
                return self._send(query, values)

    def _send(self, query: str, values: dict[str, Any]) -> Any:
        """What the last statement answers. A connection that broke meanwhile is made anew."""
        was_open, begun = self._connection is not None, monotonic()
        try:
            return self._send_once(query, values)
        except psycopg.OperationalError:
            waited = monotonic() - begun >= _PATIENCE
            if not was_open or waited or (self._connection and not self._connection.closed):
                raise
        self._connection = None
        return self._send_once(query, values)

    def _send_once(self, query: str, values: dict[str, Any]) -> Any:
        if self._connection is None:
            self._connection = psycopg.connect(
                self.url,
                autocommit=True,
                cursor_factory=ClientCursor,  # which sends several statements as one message
                connect_timeout=_PATIENCE,
                application_name="bitbucket-hooks",
            )
            finalize(self, self._connection.close)
        line = socket.socket(fileno=os.dup(self._connection.fileno()))
        # the driver would wait without end for a server that says nothing any more
        with line, unless_done_in(_PATIENCE, partial(_hang_up, line)):
            cursor = self._connection.execute(query, values)
            while cursor.nextset():
                pass
            return cursor.fetchone() if cursor.description else None

    @contextmanager
    def _failing(self) -> Iterator[None]:
        try:
            yield
        except psycopg.Error as error:
            text = str(error).strip() or type(error).__name__
            if self._connection is not None:
                self._connection.close()
                self._connection = None
            raise StoreFailed(self.mask.over(text.splitlines()[0])) from None


def _hang_up(line: socket.socket) -> None:
    with suppress(OSError):  # the answer came in this moment
        line.shutdown(socket.SHUT_RDWR)
