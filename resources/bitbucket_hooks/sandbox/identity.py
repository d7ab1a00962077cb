"""Who asks, and what they may: credentials, scopes and roles."""

from __future__ import annotations

import base64
import binascii
import json
import sqlite3
import time
from collections.abc import Iterable
from typing import Final, Literal

import attrs

from bitbucket_hooks.sandbox import tenants
from bitbucket_hooks.sandbox.errors import refusal
from bitbucket_hooks.sandbox.tenants import Subject, Workspace

TokenKind = Literal["api", "repository", "project", "workspace", "oauth"]

API_TOKEN_SCOPES: Final = (
    *(f"{verb}:webhook:bitbucket" for verb in ("read", "write", "delete")),
    *(
        f"read:{thing}:bitbucket"
        for thing in ("repository", "pullrequest", "issue", "project", "pipeline")
    ),
    "read:user:bitbucket",
    "read:workspace:bitbucket",
    "write:pullrequest:bitbucket",
    "write:repository:bitbucket",
)
"""Every scope of an API token that the sandbox knows."""

CLASSIC_SCOPES: Final = (
    *("webhook", "account", "repository", "pullrequest", "issue", "project", "pipeline"),
    *("repository:write", "pullrequest:write"),
)
"""Every scope of an access token or OAuth consumer that the sandbox knows."""

# A scope and what it includes besides; API token scopes include nothing.
_INCLUDED: Final = {
    "pullrequest": ("repository",),
    "pullrequest:write": ("repository", "repository:write"),
}
_EVENT_SCOPES: Final = {
    "repo": "repository",
    "pullrequest": "pullrequest",
    "issue": "issue",
    "project": "project",
    "pipeline": "pipeline",
}


@attrs.frozen
class Identity:
    """Who a request's credentials speak for.

    `holder` is the user's uuid for an API token, else that of the repository, project or workspace
    that the token belongs to. `name` is what logs and rate limits know it by; never a token.
    """

    kind: TokenKind | Literal["anonymous", "invalid"]
    name: str
    holder: str = ""
    scopes: frozenset[str] = frozenset()

    @property
    def is_known(self) -> bool:
        """Whether there were credentials, and they held."""
        return self.kind not in ("anonymous", "invalid")

    @property
    def is_access_token(self) -> bool:
        """Whether it is a repository, project or workspace access token."""
        return self.kind in ("repository", "project", "workspace")

    def require(self, api_token: str, classic: str = "") -> None:
        """Refuse unless the scope is granted: the first for API tokens, the second for others."""
        self.require_all([api_token if self.kind == "api" else classic])

    def require_all(self, scopes: Iterable[str]) -> None:
        """Refuse unless all of these are granted: `detail` is an object (read)."""
        required = sorted({scope for scope in scopes if scope})
        granted = self.scopes | {scope.removesuffix(":write") for scope in self.scopes}
        granted = granted.union(*(_INCLUDED.get(scope, ()) for scope in granted))
        if not granted.issuperset(required):
            raise refusal(
                403,
                "Your credentials lack one or more required privilege scopes.",
                detail={"required": required, "granted": sorted(self.scopes)},
            )


def require_event_scopes(identity: Identity, events: Iterable[str]) -> None:
    """Refuse a subscription to events without the scopes to read their subjects (public docs)."""
    names = {_EVENT_SCOPES.get(event.partition(":")[0], "repository") for event in events}
    if identity.kind == "api":
        identity.require_all(f"read:{name}:bitbucket" for name in names)
    else:
        identity.require_all(names)


def identify(connection: sqlite3.Connection, authorization: str | None, address: str) -> Identity:
    """Find out who a request's `Authorization` speaks for; never raises."""
    if not authorization:
        return Identity("anonymous", f"anonymous@{address}")
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() == "bearer":
        found = _token(connection, value.strip())
        if found and found.kind != "api":
            return found
    elif scheme.lower() == "basic":
        email, token = decode_basic(value)
        found = _token(connection, token)
        if found and found.kind == "api":
            # A username that is no email address belonged to an app password: those are gone.
            user = tenants.user(connection, found.holder)
            if user.email.lower() == email.lower():
                return attrs.evolve(found, name=user.email)
    return Identity("invalid", f"invalid@{address}")


def decode_basic(value: str) -> tuple[str, str]:
    """Take user and password out of a Basic header's value; two empty texts when it is broken."""
    try:
        user, _, password = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return user, password


def _token(connection: sqlite3.Connection, token: str) -> Identity | None:
    row = connection.execute(
        "SELECT * FROM tokens WHERE token = ? AND (expires_at IS NULL OR expires_at > ?)",
        (token, time.time()),
    ).fetchone()
    if not row:
        return None
    return Identity(row["kind"], row["name"], row["holder"], frozenset(json.loads(row["scopes"])))


def workspace_role(
    connection: sqlite3.Connection, identity: Identity, workspace: str
) -> str | None:
    """Give the role of the identity in a workspace: `owner`, `member` or none."""
    if identity.kind in ("workspace", "oauth"):
        return "owner" if identity.holder == workspace else None
    return _granted(connection, identity, workspace) if identity.kind == "api" else None


def role(connection: sqlite3.Connection, identity: Identity, subject: Subject) -> str | None:
    """Give the role of the identity: `owner` or `member`, in a repository `admin`, `write`, `read`.

    None: it may not even see it. Members of a workspace read all its repositories, everybody
    reads public ones.
    """
    if isinstance(subject, Workspace):
        return workspace_role(connection, identity, subject.uuid)
    in_workspace = workspace_role(connection, identity, subject.workspace)
    is_of_token = identity.kind in ("repository", "project")
    if in_workspace == "owner" or (
        is_of_token and identity.holder in (subject.uuid, subject.project)
    ):
        return "admin"
    granted = _granted(connection, identity, subject.uuid)
    return granted or ("read" if in_workspace or not subject.private else None)


def _granted(connection: sqlite3.Connection, identity: Identity, target: str) -> str | None:
    row = connection.execute(
        "SELECT role FROM grants WHERE user = ? AND target = ?", (identity.holder, target)
    ).fetchone()
    return str(row["role"]) if row else None


VISIBLE: Final = """
(:all OR r.private = 0 OR :holder IN (r.uuid, r.project)
 OR r.uuid IN (SELECT target FROM grants WHERE user = :holder))
"""


def visible(
    connection: sqlite3.Connection, identity: Identity, workspace: str
) -> dict[str, str | bool]:
    """Give the parameters of `VISIBLE`, which keeps the repositories that the identity may see."""
    everything = workspace_role(connection, identity, workspace) is not None
    return {"all": everything, "holder": identity.holder}
