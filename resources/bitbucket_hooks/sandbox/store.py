"""One SQLite file as the memory of a sandbox: safe for several processes and threads at once."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Final

from bitbucket_hooks.filesystem.database import Database
from bitbucket_hooks.sandbox.errors import SandboxError, SandboxUnusable
from bitbucket_hooks.sandbox.seed import fill

NUMBER: Final = f"int(max={2**63 - 1})"
"""A number in a path, as large as the database takes."""

_VERSION: Final = 5
"""Of the tables. A file of another version is refused: a sandbox is easily made again."""

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
CREATE INDEX repositories_by_age ON repositories (workspace, created_on, seq);
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
-- What a read still shows of a hook after a write, until then. No state: it did not exist.
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


def open_database(path: str | os.PathLike[str]) -> Database:
    """Open a sandbox; one that does not exist is created and seeded, by one process alone.

    Raises SandboxError when that can't be done.
    """
    path = Path(path).resolve()
    if not path.parent.is_dir():
        raise SandboxError(
            f"the sandbox {path} can't be made: there is no such folder",
            "Name a file in a folder that is there.",
        )
    database = Database(path, _VERSION, _SCHEMA, _check_references, SandboxUnusable, fill)
    try:
        with database.reading():
            return database
    except BaseException:
        database.close()
        raise


def _check_references(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA foreign_keys = ON")
