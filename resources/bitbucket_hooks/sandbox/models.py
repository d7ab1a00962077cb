"""The things of an estate, as values."""

from __future__ import annotations

import json
import secrets
import uuid
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, ClassVar

import attrs

if TYPE_CHECKING:
    import sqlite3


def new_uuid() -> str:
    """Make a uuid as the service writes them: lower case, in braces."""
    return f"{{{uuid.uuid4()}}}"


def new_token(kind: str) -> str:
    """Make a token that can be told from a real one at a glance."""
    return f"sandbox-{kind}-{secrets.token_urlsafe(18)}"


def timestamp() -> str:
    """Give the present time as the service writes it."""
    return datetime.now(timezone.utc).isoformat(timespec="microseconds")


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


@attrs.frozen
class StoredHook:
    """A webhook as the service stores it. The secret stays out of `repr`."""

    uuid: str
    subject: str
    subject_type: str
    url: str
    description: str = ""
    active: bool = attrs.field(default=True, converter=bool)
    events: tuple[str, ...] = attrs.field(default=("repo:push",), converter=tuple)
    secret: str | None = attrs.field(default=None, repr=False)
    skip_cert_verification: bool = attrs.field(default=False, converter=bool)
    history_enabled: bool = attrs.field(default=False, converter=bool)
    read_only: bool = attrs.field(default=False, converter=bool)
    created_at: str = attrs.field(factory=timestamp)
    seq: int = 0

    @property
    def secret_set(self) -> bool:
        """Whether deliveries are signed: all that the API shows of a secret."""
        return bool(self.secret)

    def row(self) -> dict[str, Any]:
        """Give the columns of the table `hooks`, but for its sequence number."""
        columns = attrs.asdict(self)
        del columns["seq"]
        return {**columns, "events": json.dumps(self.events)}

    @classmethod
    def of(cls, row: sqlite3.Row | dict[str, Any]) -> StoredHook:
        """Make the value of a row."""
        columns = dict(row)
        return cls(**{**columns, "events": json.loads(columns["events"])})


@attrs.frozen
class StoredComment:
    """A comment on a pull request. A deleted one stays, so that answers to it keep their place."""

    id: int
    author: str
    raw: str
    parent: int | None
    inline: str | None
    deleted: bool = attrs.field(converter=bool)
    created_on: str
    updated_on: str
