"""What a sandbox holds besides webhooks: users with their roles, workspaces, and repositories.

What looks for a thing by its name raises `Missing` when there is none.
"""

from __future__ import annotations

import json
import re
import secrets
import sqlite3
import uuid
from collections.abc import Iterable
from typing import ClassVar, Final

import attrs

from bitbucket_hooks.sandbox.errors import Missing, SandboxError
from bitbucket_hooks.sandbox.webhook import timestamp

REPOSITORIES: Final = """
SELECT r.seq, r.uuid, r.workspace, w.slug AS workspace_slug, r.project, p.key AS project_key,
       r.slug, r.name, r.private, r.created_on
FROM repositories r JOIN workspaces w ON w.uuid = r.workspace JOIN projects p ON p.uuid = r.project
"""
_SLUG: Final = re.compile(r"[A-Za-z0-9_.-]{1,62}")
_LISTED: Final = "`bitbucket-hooks sandbox repositories` lists what there is"


@attrs.frozen
class User:
    """A person with an Atlassian account."""

    uuid: str
    email: str
    name: str


@attrs.frozen
class Workspace:
    """A workspace: what owns projects and repositories."""

    subject_type: ClassVar[str] = "workspace"

    uuid: str
    slug: str
    name: str
    created_on: str

    @property
    def full_name(self) -> str:
        """The name by which people know it."""
        return self.slug

    @property
    def path(self) -> tuple[str, ...]:
        """Where the API has it."""
        return "workspaces", self.slug


@attrs.frozen
class StoredRepository:
    """A repository, with the slugs and keys of what it belongs to."""

    subject_type: ClassVar[str] = "repository"

    seq: int
    uuid: str
    workspace: str
    workspace_slug: str
    project: str
    project_key: str
    slug: str
    name: str
    private: bool = attrs.field(converter=bool)
    created_on: str

    @property
    def full_name(self) -> str:
        """The name by which people know it: `workspace/slug`."""
        return f"{self.workspace_slug}/{self.slug}"

    @property
    def path(self) -> tuple[str, ...]:
        """Where the API has it."""
        return "repositories", self.workspace_slug, self.slug


Subject = StoredRepository | Workspace
"""What webhooks belong to."""


def new_uuid() -> str:
    """Make a uuid as the service writes them: lower case, in braces."""
    return f"{{{uuid.uuid4()}}}"


def new_token(kind: str) -> str:
    """Make a token that nobody takes for a real one."""
    return f"sandbox-{kind}-{secrets.token_urlsafe(18)}"


def workspace(connection: sqlite3.Connection, name: str) -> Workspace:
    """Find a workspace by its slug, in any case, or its uuid in braces."""
    row = connection.execute(
        "SELECT * FROM workspaces WHERE slug = ? OR uuid = ?", (name, name.lower())
    ).fetchone()
    if not row:
        raise Missing(f'there is no workspace "{name}" in this sandbox; {_LISTED}')
    return Workspace(**dict(row))


def repository(connection: sqlite3.Connection, name: str) -> StoredRepository:
    """Find a repository by `workspace/slug`, each also a uuid."""
    owner, _, slug = name.partition("/")
    row = connection.execute(
        f"{REPOSITORIES} WHERE r.workspace = ? AND (r.slug = ? OR r.uuid = ?)",
        (workspace(connection, owner).uuid, slug, slug.lower()),
    ).fetchone()
    if not row:
        raise Missing(f'there is no repository "{name}" in this sandbox; {_LISTED}')
    return StoredRepository(**dict(row))


def target(connection: sqlite3.Connection, name: str) -> str:
    """Find the uuid of a repository (`workspace/slug`), project (`workspace:KEY`) or workspace."""
    if "/" in name:
        return repository(connection, name).uuid
    owner, colon, key = name.partition(":")
    found = workspace(connection, owner).uuid
    return project(connection, found, key) if colon else found


def user(connection: sqlite3.Connection, name: str) -> User:
    """Find a user by the email address, in any case, or the uuid."""
    row = connection.execute(
        "SELECT * FROM users WHERE email = ? OR uuid = ?", (name, name)
    ).fetchone()
    if not row:
        raise Missing(f'there is no user "{name}" in this sandbox; add it first')
    return User(**dict(row))


def repositories(connection: sqlite3.Connection) -> list[StoredRepository]:
    """Give the repositories of all workspaces."""
    rows = connection.execute(f"{REPOSITORIES} ORDER BY w.slug, r.slug")
    return [StoredRepository(**dict(row)) for row in rows]


def workspaces(connection: sqlite3.Connection) -> list[Workspace]:
    """Give all workspaces."""
    rows = connection.execute("SELECT * FROM workspaces ORDER BY slug")
    return [Workspace(**dict(row)) for row in rows]


def check_slug(slug: str) -> None:
    """Refuse what the service would not take as the slug of a repository or workspace."""
    if not _SLUG.fullmatch(slug):
        raise SandboxError(
            f'"{slug}" is no slug; write at most 62 letters, digits, ".", "_" and "-"'
        )


def add_workspace(connection: sqlite3.Connection, slug: str, name: str) -> str:
    """Add a workspace and give its uuid."""
    row = (new_uuid(), slug, name, timestamp())
    connection.execute("INSERT INTO workspaces VALUES (?, ?, ?, ?)", row)
    return row[0]


def project(connection: sqlite3.Connection, workspace_uuid: str, key: str) -> str:
    """Give the uuid of a project, which is added when the workspace lacks it."""
    row = connection.execute(
        "SELECT uuid FROM projects WHERE workspace = ? AND key = ?", (workspace_uuid, key)
    ).fetchone()
    if row:
        return str(row["uuid"])
    made = (new_uuid(), workspace_uuid, key, key)
    connection.execute("INSERT INTO projects VALUES (?, ?, ?, ?)", made)
    return made[0]


def add_repository(
    connection: sqlite3.Connection, workspace_uuid: str, slug: str, key: str, *, private: bool
) -> str:
    """Add a repository to the project of that key and give its uuid."""
    where = project(connection, workspace_uuid, key)
    row = (new_uuid(), workspace_uuid, where, slug, slug, private, timestamp())
    connection.execute(
        "INSERT INTO repositories (uuid, workspace, project, slug, name, private, created_on)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        row,
    )
    return row[0]


def grant(connection: sqlite3.Connection, user_uuid: str, target: str, role: str) -> None:
    """Give a user a role in a workspace or repository, in place of the one that was there."""
    row = (user_uuid, target, role)
    connection.execute("INSERT OR REPLACE INTO grants VALUES (?, ?, ?)", row)


def issue_token(
    connection: sqlite3.Connection, kind: str, holder: str, scopes: Iterable[str]
) -> str:
    """Store a new token that does not expire and give it."""
    token = new_token(kind)
    row = (token, kind, f"{kind} token {secrets.token_hex(3)}", holder, json.dumps(list(scopes)))
    connection.execute("INSERT INTO tokens VALUES (?, ?, ?, ?, ?, NULL)", row)
    return token
