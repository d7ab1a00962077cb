"""What a sandbox holds besides webhooks, as values: users, workspaces, repositories, comments."""

from __future__ import annotations

import secrets
import uuid
from typing import ClassVar

import attrs

from bitbucket_hooks.sandbox.webhook import timestamp


def new_uuid() -> str:
    """Make a uuid as the service writes them: lower case, in braces."""
    return f"{{{uuid.uuid4()}}}"


def new_token(kind: str) -> str:
    """Make a token that nobody takes for a real one."""
    return f"sandbox-{kind}-{secrets.token_urlsafe(18)}"


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


@attrs.frozen
class StoredComment:
    """A comment on a pull request. A deleted one stays, so that answers to it keep their place."""

    id: int
    author: str
    raw: str
    parent: int | None = None
    inline: str | None = None
    deleted: bool = False
    created_on: str = attrs.field(factory=timestamp)
    updated_on: str = attrs.field(factory=timestamp)
