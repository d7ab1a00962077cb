"""What a name that a person or a test gives stands for; `SandboxError` when it is nothing."""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING, Any

import attrs

from bitbucket_hooks.sandbox import commentstore, hookstore, tenants
from bitbucket_hooks.sandbox.commentstore import Thread
from bitbucket_hooks.sandbox.commitstore import StoredCommit
from bitbucket_hooks.sandbox.errors import SandboxError
from bitbucket_hooks.sandbox.models import StoredHook, new_token

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from bitbucket_hooks.sandbox.models import StoredComment, StoredRepository, Workspace

_CHANGEABLE = {field.name for field in attrs.fields(StoredHook)} - {
    "subject",
    "subject_type",
    "seq",
}
_LISTED = "`bitbucket-hooks sandbox repositories` lists what there is"


def workspace(connection: sqlite3.Connection, name: str) -> Workspace:
    """Find a workspace by slug or uuid."""
    found = tenants.workspace(connection, name)
    if not found:
        raise SandboxError(f'there is no workspace "{name}" in this sandbox; {_LISTED}')
    return found


def repository(connection: sqlite3.Connection, name: str) -> StoredRepository:
    """Find a repository by `workspace/slug`, each also a uuid."""
    where, _, slug = name.partition("/")
    found = tenants.repository(connection, workspace(connection, where).uuid, slug)
    if not found:
        raise SandboxError(f'there is no repository "{name}" in this sandbox; {_LISTED}')
    return found


def target(connection: sqlite3.Connection, name: str) -> str:
    """Find the uuid of a repository (`workspace/slug`), project (`workspace:KEY`) or workspace."""
    if "/" in name:
        return repository(connection, name).uuid
    where, colon, key = name.partition(":")
    uuid = workspace(connection, where).uuid
    return tenants.project(connection, uuid, key) if colon else uuid


def user(connection: sqlite3.Connection, name: str) -> str:
    """Find the uuid of a user by email or uuid."""
    found = tenants.user(connection, name)
    if not found:
        raise SandboxError(f'there is no user "{name}" in this sandbox; add it first')
    return found.uuid


def hook(connection: sqlite3.Connection, uuid: str) -> StoredHook:
    """Find a hook by uuid, with or without its braces."""
    found = hookstore.find(connection, f"{{{uuid.strip('{}')}}}")
    if not found:
        raise SandboxError(
            f'there is no webhook "{uuid}" in this sandbox; `bitbucket-hooks sandbox hooks` '
            "lists what there is"
        )
    return found


def thread(connection: sqlite3.Connection, name: str, number: int) -> Thread:
    """Find a pull request by its repository and number."""
    found = Thread(repository(connection, name).uuid, number)
    if not commentstore.has_pull_request(connection, found):
        raise SandboxError(
            f"there is no pull request {number} of {name} in this sandbox; add it with "
            f"`bitbucket-hooks sandbox add-pull-request {name}`"
        )
    return found


def comment(connection: sqlite3.Connection, where: Thread, number: int) -> StoredComment:
    """Find a comment that isn't deleted."""
    found = commentstore.comment(connection, where, number)
    if not found:
        raise SandboxError(
            f"there is no comment {number} on the pull request {where.number} in this sandbox; add "
            "it first"
        )
    return found


def commit(connection: sqlite3.Connection, name: str, hash_: str) -> StoredCommit:
    """Find a commit by its repository and whole hash."""
    found = StoredCommit(repository(connection, name).uuid, hash_.lower())
    if not commentstore.has_commit(connection, found.repository, found.hash):
        raise SandboxError(f"there is no commit {hash_} of {name} in this sandbox; add it first")
    return found


def hook_changes(changes: dict[str, Any]) -> dict[str, Any]:
    """Check the names of a hook's properties; an empty secret is none."""
    unknown = sorted(changes.keys() - _CHANGEABLE)
    if unknown:
        raise SandboxError(
            f"a webhook has no {', '.join(unknown)} that can be set; take one of "
            f"{', '.join(sorted(_CHANGEABLE))}"
        )
    return {**changes, "secret": changes["secret"] or None} if "secret" in changes else changes


def issue(connection: sqlite3.Connection, kind: str, holder: str, scopes: Iterable[str]) -> str:
    """Store a new token without an end and give it."""
    token = new_token(kind)
    name = f"{kind} token {secrets.token_hex(3)}"
    row = (token, kind, name, holder, json.dumps(list(scopes)))
    connection.execute("INSERT INTO tokens VALUES (?, ?, ?, ?, ?, NULL)", row)
    return token


def check_slug(slug: str) -> None:
    """Refuse what is no slug."""
    if not tenants.is_slug(slug):
        raise SandboxError(
            f'"{slug}" is no slug; write at most 62 letters, digits, ".", "_" and "-"'
        )
