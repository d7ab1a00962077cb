"""The tables of a sandbox's database."""

from __future__ import annotations

from typing import Final

APPLICATION_ID: Final = 0x62624873  # "bbHs", so that a stranger's database is never taken for ours
VERSION: Final = 1

SCHEMA: Final = """
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
