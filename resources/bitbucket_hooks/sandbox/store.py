"""One SQLite file as the memory of a sandbox: safe for several processes and threads at once."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import tempfile
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from bitbucket_hooks.sandbox.errors import SandboxError, SandboxUnusable

APPLICATION_ID: Final = 0x62624873  # "bbHs": no other program's database has it
VERSION: Final = 5
"""Of the tables. A file of another version is refused: a sandbox is easily made again."""

NUMBER: Final = f"int(max={2**63 - 1})"
"""A number in a path, as large as the database takes."""

_BUSY_SECONDS: Final = 30.0
_MOST_IDLE: Final = 32
_INHERITED: Final[list[sqlite3.Connection]] = []

# What only the API looks into is kept as JSON, in the columns `body` and `state`.
_SCHEMA: Final = """
CREATE TABLE users (
    uuid TEXT PRIMARY KEY, email TEXT NOT NULL UNIQUE COLLATE NOCASE, name TEXT NOT NULL
);
CREATE TABLE workspaces (
    uuid TEXT PRIMARY KEY, slug TEXT NOT NULL UNIQUE COLLATE NOCASE,
    name TEXT NOT NULL, created_on TEXT NOT NULL
);
CREATE TABLE projects (
    uuid TEXT PRIMARY KEY, workspace TEXT NOT NULL REFERENCES workspaces ON DELETE CASCADE,
    key TEXT NOT NULL, name TEXT NOT NULL, UNIQUE (workspace, key)
);
CREATE TABLE repositories (
    seq INTEGER PRIMARY KEY, uuid TEXT NOT NULL UNIQUE,
    workspace TEXT NOT NULL REFERENCES workspaces ON DELETE CASCADE,
    project TEXT NOT NULL REFERENCES projects, slug TEXT NOT NULL COLLATE NOCASE,
    name TEXT NOT NULL, private INTEGER NOT NULL, created_on TEXT NOT NULL,
    UNIQUE (workspace, slug)
);
CREATE TABLE grants (
    user TEXT NOT NULL REFERENCES users, target TEXT NOT NULL, role TEXT NOT NULL,
    PRIMARY KEY (user, target)
);
CREATE TABLE tokens (
    token TEXT PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL, holder TEXT NOT NULL,
    scopes TEXT NOT NULL, expires_at REAL
);
CREATE TABLE consumers (
    client_id TEXT PRIMARY KEY, secret TEXT NOT NULL, workspace TEXT NOT NULL, scopes TEXT NOT NULL
);
CREATE TABLE events (
    subject_type TEXT NOT NULL, event TEXT NOT NULL, category TEXT NOT NULL,
    label TEXT NOT NULL, description TEXT NOT NULL, PRIMARY KEY (subject_type, event)
);
CREATE TABLE hooks (
    seq INTEGER PRIMARY KEY, uuid TEXT NOT NULL UNIQUE, subject TEXT NOT NULL, body TEXT NOT NULL
);
CREATE INDEX hooks_by_subject ON hooks (subject, seq);
-- What a read still shows of a hook after a write, until then; no state: the hook did not exist.
CREATE TABLE shadows (
    id INTEGER PRIMARY KEY, hook TEXT NOT NULL, subject TEXT NOT NULL,
    until REAL NOT NULL, state TEXT
);
-- What a hook with a history sent, and the answers.
CREATE TABLE deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    hook TEXT NOT NULL REFERENCES hooks (uuid) ON DELETE CASCADE, body TEXT NOT NULL
);
CREATE INDEX deliveries_by_hook ON deliveries (hook, id);
-- Commits, pull requests, and what is attached to them.
CREATE TABLE documents (
    seq INTEGER PRIMARY KEY,
    repository TEXT NOT NULL REFERENCES repositories (uuid) ON DELETE CASCADE,
    collection TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL,
    UNIQUE (repository, collection, id)
);
CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE plans (
    id INTEGER PRIMARY KEY, kind TEXT NOT NULL, method TEXT NOT NULL,
    path TEXT NOT NULL, skip INTEGER NOT NULL, remaining INTEGER NOT NULL
);
CREATE TABLE draws (id INTEGER PRIMARY KEY CHECK (id = 1), count INTEGER NOT NULL);
INSERT INTO draws VALUES (1, 0);
CREATE TABLE hits (identity TEXT NOT NULL, at REAL NOT NULL);
CREATE INDEX hits_by_identity ON hits (identity, at);
CREATE TABLE requests (
    id INTEGER PRIMARY KEY, at REAL NOT NULL, method TEXT NOT NULL, path TEXT NOT NULL,
    query TEXT NOT NULL, status INTEGER, identity TEXT NOT NULL, fault TEXT
);
"""


class Database:
    """Short transactions on an existing sandbox file, over a pool of connections.

    Each transaction raises `SandboxUnusable` when the file can't be read or written.
    Raises `SandboxError` when it is no file, no sandbox, or a sandbox of another version.
    """

    def __init__(self, path: Path) -> None:
        self.path: Final = path
        self._idle: list[sqlite3.Connection] = []
        self._owner = os.getpid()
        self._closer = weakref.finalize(self, _close_all, self._idle)
        try:
            self._verify()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the idle connections; the database opens new ones when it is used again."""
        _close_all(self._idle)

    @contextlib.contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """Give a connection that sees one state of the database throughout."""
        with self._transaction("BEGIN") as connection:
            yield connection

    @contextlib.contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """Give a connection that alone may write; commits, or rolls back on any exception."""
        with self._transaction("BEGIN IMMEDIATE") as connection:
            yield connection

    @contextlib.contextmanager
    def _transaction(self, begin: str) -> Iterator[sqlite3.Connection]:
        if self._owner != os.getpid():
            # On the other side of a fork a connection must not be used, nor even closed.
            _INHERITED.extend(self._idle)
            self._idle.clear()
            self._owner = os.getpid()
        try:
            try:
                connection = self._idle.pop()
            except IndexError:
                connection = _connect(self.path)
            try:
                connection.execute(begin)
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
            finally:
                self._idle.append(connection)
                if len(self._idle) > _MOST_IDLE:
                    self._idle.pop().close()
        except sqlite3.IntegrityError:
            raise
        except sqlite3.Error as error:
            raise SandboxUnusable(self.path, error) from error

    def _verify(self) -> None:
        if not self.path.is_file():
            raise SandboxError(f"{self.path} is no file, so no sandbox; name another one")
        try:
            with self.read() as connection:
                (mark,) = connection.execute("PRAGMA application_id").fetchone()
                (version,) = connection.execute("PRAGMA user_version").fetchone()
        except SandboxUnusable as error:
            if error.is_full:
                raise
            raise SandboxError(
                f"{self.path} can't be opened as a sandbox: {error.__cause__}; name another file, "
                "or remove it"
            ) from error
        if mark != APPLICATION_ID:
            raise SandboxError(f"{self.path} is no sandbox's file; name another one")
        if version != VERSION:
            raise SandboxError(
                f"the sandbox {self.path} was made by another version of bitbucket-hooks "
                f"(format {version}, this version reads {VERSION})",
                "Remove the file: a new sandbox is made in its place, without the webhooks that "
                "the old one had. `BITBUCKET_MISSING_REPOSITORY=gone pulumi up --refresh` "
                "creates those of a stack again.",
            )


def create(path: Path, fill: Callable[[sqlite3.Connection], None]) -> None:
    """Make a new sandbox file with what `fill` writes; another process that is first wins.

    The file is built aside and appears complete, so nobody ever opens half of one.
    Raises `SandboxError` when its folder does not exist or can't be written.
    """
    try:
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".sandbox-") as folder:
            draft = Path(folder) / "draft.db"
            _build(draft, fill)
            with contextlib.suppress(FileExistsError):
                if os.name == "nt":  # pragma: no cover - there a rename never replaces
                    draft.rename(path)
                else:
                    os.link(draft, path)
    except (OSError, sqlite3.Error) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise SandboxError(
            f"the sandbox {path} can't be made: {reason}; name a file in a folder that is "
            "there and may be written"
        ) from error


def _build(draft: Path, fill: Callable[[sqlite3.Connection], None]) -> None:
    with contextlib.closing(_connect(draft, "rwc")) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(
            f"BEGIN; {_SCHEMA} PRAGMA application_id = {APPLICATION_ID};"
            f" PRAGMA user_version = {VERSION};"
        )
        # Hooks have secrets, and people try things out with real ones.
        draft.chmod(0o600)
        fill(connection)
        connection.execute("COMMIT")


def _connect(path: Path, mode: str = "rw") -> sqlite3.Connection:
    # mode=rw: a file that somebody removed is an error, not a new and empty database.
    connection = sqlite3.connect(
        f"{path.resolve().as_uri()}?mode={mode}",
        uri=True,
        timeout=_BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
    )
    connection.row_factory = sqlite3.Row
    try:
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")
    except sqlite3.DatabaseError:
        connection.close()
        raise
    return connection


def _close_all(connections: list[sqlite3.Connection]) -> None:
    while connections:
        connections.pop().close()
