"""The tables of workspaces, projects, repositories and users."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from bitbucket_hooks.sandbox.models import (
    StoredRepository,
    User,
    Workspace,
    new_uuid,
    timestamp,
)

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

REPOSITORIES: Final = """
SELECT r.seq, r.uuid, r.workspace, w.slug AS workspace_slug, r.project, p.key AS project_key,
       r.slug, r.name, r.private, r.created_on
FROM repositories r JOIN workspaces w ON w.uuid = r.workspace JOIN projects p ON p.uuid = r.project
"""
_SLUG: Final = re.compile(r"[A-Za-z0-9_.-]{1,62}")


def is_slug(text: str) -> bool:
    """Tell whether the service would take this as the slug of a repository or workspace."""
    return bool(_SLUG.fullmatch(text))


def workspace(connection: sqlite3.Connection, name: str) -> Workspace | None:
    """Find a workspace by its slug, in any case, or its uuid in braces."""
    row = connection.execute(
        "SELECT * FROM workspaces WHERE slug = ? OR uuid = ?", (name, name.lower())
    ).fetchone()
    return Workspace(**dict(row)) if row else None


def repository(
    connection: sqlite3.Connection, workspace_uuid: str, name: str
) -> StoredRepository | None:
    """Find a repository of a workspace by its slug, in any case, or its uuid in braces."""
    row = connection.execute(
        f"{REPOSITORIES} WHERE r.workspace = ? AND (r.slug = ? OR r.uuid = ?)",
        (workspace_uuid, name, name.lower()),
    ).fetchone()
    return StoredRepository(**dict(row)) if row else None


def repositories(connection: sqlite3.Connection) -> list[StoredRepository]:
    """Give the repositories of all workspaces."""
    rows = connection.execute(f"{REPOSITORIES} ORDER BY w.slug, r.slug")
    return [StoredRepository(**dict(row)) for row in rows]


def workspaces(connection: sqlite3.Connection) -> list[Workspace]:
    """Give all workspaces."""
    return [
        Workspace(**dict(row))
        for row in connection.execute("SELECT * FROM workspaces ORDER BY slug")
    ]


def user(connection: sqlite3.Connection, name: str) -> User | None:
    """Find a user by the email address, in any case, or the uuid."""
    row = connection.execute(
        "SELECT * FROM users WHERE email = ? OR uuid = ?", (name, name)
    ).fetchone()
    return User(**dict(row)) if row else None


def add_workspace(connection: sqlite3.Connection, slug: str, name: str) -> str:
    """Add a workspace and give its uuid."""
    uuid = new_uuid()
    row = (uuid, slug, name, timestamp())
    connection.execute("INSERT INTO workspaces VALUES (?, ?, ?, ?)", row)
    return uuid


def project(connection: sqlite3.Connection, workspace_uuid: str, key: str) -> str:
    """Give the uuid of a project, which is added when the workspace lacks it."""
    row = connection.execute(
        "SELECT uuid FROM projects WHERE workspace = ? AND key = ?", (workspace_uuid, key)
    ).fetchone()
    if row:
        return str(row["uuid"])
    uuid = new_uuid()
    connection.execute("INSERT INTO projects VALUES (?, ?, ?, ?)", (uuid, workspace_uuid, key, key))
    return uuid


def add_repositories(
    connection: sqlite3.Connection,
    workspace_uuid: str,
    slugs: Iterable[str],
    project_key: str,
    *,
    private: bool,
) -> list[str]:
    """Add repositories, thousands at once if need be, and give their uuids."""
    where = project(connection, workspace_uuid, project_key)
    now = timestamp()
    rows = [(new_uuid(), workspace_uuid, where, slug, slug, private, now) for slug in slugs]
    connection.executemany(
        "INSERT INTO repositories (uuid, workspace, project, slug, name, private, created_on)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        rows,
    )
    return [row[0] for row in rows]


def grant(connection: sqlite3.Connection, user_uuid: str, target: str, role: str) -> None:
    """Give a user a role in a workspace or repository, in place of the one that was there."""
    row = (user_uuid, target, role)
    connection.execute("INSERT OR REPLACE INTO grants VALUES (?, ?, ?)", row)
