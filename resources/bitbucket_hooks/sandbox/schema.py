"""The tables of a sandbox's database."""

from __future__ import annotations

from typing import Final

APPLICATION_ID: Final = 0x62624873  # "bbHs", so that a stranger's database is never taken for ours
VERSION: Final = 4
NUMBER: Final = f"int(max={2**63 - 1})"
"""A number in a path, as large as the database takes."""

_BASE: Final = """
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
    seq INTEGER PRIMARY KEY, uuid TEXT NOT NULL UNIQUE, subject TEXT NOT NULL,
    subject_type TEXT NOT NULL, url TEXT NOT NULL, description TEXT NOT NULL,
    active INTEGER NOT NULL, events TEXT NOT NULL, secret TEXT,
    skip_cert_verification INTEGER NOT NULL, history_enabled INTEGER NOT NULL,
    read_only INTEGER NOT NULL, created_at TEXT NOT NULL
);
CREATE INDEX hooks_by_subject ON hooks (subject, seq);
-- What a read still shows after a write, until then; no state: the hook did not exist.
CREATE TABLE shadows (
    id INTEGER PRIMARY KEY, hook TEXT NOT NULL, subject TEXT NOT NULL,
    until REAL NOT NULL, state TEXT
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

# Pull requests' comments, and what is told of commits.
_REVIEWS: Final = """
CREATE TABLE commits (
    repository TEXT NOT NULL REFERENCES repositories (uuid) ON DELETE CASCADE,
    hash TEXT NOT NULL, PRIMARY KEY (repository, hash)
);
CREATE TABLE pull_requests (
    repository TEXT NOT NULL REFERENCES repositories (uuid) ON DELETE CASCADE,
    id INTEGER NOT NULL, hash TEXT NOT NULL, PRIMARY KEY (repository, id)
);
CREATE TABLE comments (
    id INTEGER PRIMARY KEY AUTOINCREMENT, repository TEXT NOT NULL, pull_request INTEGER NOT NULL,
    author TEXT NOT NULL, raw TEXT NOT NULL, parent INTEGER, inline TEXT, deleted INTEGER NOT NULL,
    created_on TEXT NOT NULL, updated_on TEXT NOT NULL,
    FOREIGN KEY (repository, pull_request) REFERENCES pull_requests ON DELETE CASCADE
);
CREATE INDEX comments_by_pull_request ON comments (repository, pull_request, id);
CREATE TABLE reports (
    repository TEXT NOT NULL, hash TEXT NOT NULL, id TEXT NOT NULL, uuid TEXT NOT NULL,
    body TEXT NOT NULL, PRIMARY KEY (repository, hash, id),
    FOREIGN KEY (repository, hash) REFERENCES commits ON DELETE CASCADE
);
CREATE TABLE annotations (
    seq INTEGER PRIMARY KEY, repository TEXT NOT NULL, hash TEXT NOT NULL, report TEXT NOT NULL,
    id TEXT NOT NULL, body TEXT NOT NULL, UNIQUE (repository, hash, report, id),
    FOREIGN KEY (repository, hash, report) REFERENCES reports ON DELETE CASCADE
);
CREATE TABLE statuses (
    repository TEXT NOT NULL, hash TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (repository, hash, key),
    FOREIGN KEY (repository, hash) REFERENCES commits ON DELETE CASCADE
);
"""

# What hooks with a history sent, and what was answered. A hook takes its history along.
_DELIVERIES: Final = """
CREATE TABLE deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    hook TEXT NOT NULL REFERENCES hooks (uuid) ON DELETE CASCADE,
    at REAL NOT NULL, event TEXT NOT NULL, subject TEXT NOT NULL, url TEXT NOT NULL,
    headers TEXT NOT NULL, body BLOB NOT NULL, done INTEGER NOT NULL
);
CREATE INDEX deliveries_by_hook ON deliveries (hook, id);
CREATE TABLE attempts (
    delivery INTEGER NOT NULL REFERENCES deliveries ON DELETE CASCADE, number INTEGER NOT NULL,
    seconds REAL NOT NULL, status INTEGER, reason TEXT NOT NULL, problem TEXT,
    headers TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (delivery, number)
);
"""

# What answers show of a hook in place of its properties: JSON that no hook should have.
_ODDITIES: Final = """
CREATE TABLE oddities (
    hook TEXT PRIMARY KEY REFERENCES hooks (uuid) ON DELETE CASCADE, body TEXT NOT NULL
);
"""

_EVERY_SCOPE: Final = """
UPDATE tokens SET scopes =
    json_insert(scopes, '$[#]', 'write:pullrequest:bitbucket', '$[#]', 'write:repository:bitbucket')
WHERE token IN ('sandbox-api-owner', 'sandbox-api-member', 'sandbox-api-outsider');
"""

UPGRADES: Final = {1: _REVIEWS + _EVERY_SCOPE, 2: _DELIVERIES, 3: _ODDITIES}
"""What makes a file of a version one of the next: statements, each ending in `;`."""

SCHEMA: Final = _BASE + _REVIEWS + _DELIVERIES + _ODDITIES
