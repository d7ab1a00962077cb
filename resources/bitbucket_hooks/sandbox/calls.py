"""One request on its way through the sandbox, and how the things it names are found and shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote

import attrs
from werkzeug.wrappers import Response

from bitbucket_hooks.sandbox import commentstore, pages, tenants
from bitbucket_hooks.sandbox import identity as identities
from bitbucket_hooks.sandbox.commitstore import StoredCommit
from bitbucket_hooks.sandbox.errors import no_permission, not_found

if TYPE_CHECKING:
    import sqlite3

    from werkzeug.wrappers import Request

    from bitbucket_hooks.sandbox.identity import Identity
    from bitbucket_hooks.sandbox.models import StoredRepository, Workspace
    from bitbucket_hooks.sandbox.settings import SandboxSettings


@attrs.frozen
class IncomingRequest:
    """What a route needs to answer. The connection may write unless the verb is GET."""

    request: Request
    connection: sqlite3.Connection
    identity: Identity
    settings: SandboxSettings

    @property
    def reads(self) -> bool:
        """Whether nothing is to change."""
        return self.request.method in ("GET", "HEAD")

    def link(self, *parts: str) -> str:
        """Make an absolute url under `/2.0` on the host that was asked."""
        path = "/".join(quote(part, safe="") for part in parts)
        return f"{pages.host(self.request)}/2.0/{path}"

    def workspace(self, name: str) -> Workspace:
        """Find a workspace, whether the identity may see it or not. Refuses (404) a missing one."""
        found = tenants.workspace(self.connection, name)
        if not found:
            raise not_found()
        return found

    def repository(self, workspace: str, slug: str) -> StoredRepository:
        """Find a repository. One that the identity may not see is refused like a missing one."""
        found = tenants.repository(self.connection, self.workspace(workspace).uuid, slug)
        if not found or not identities.repository_role(self.connection, self.identity, found):
            raise not_found()
        return found


@attrs.frozen
class StoredSubject:
    """What hooks hang on: a repository or a workspace."""

    kind: Literal["repository", "workspace"]
    uuid: str
    path: tuple[str, ...]
    name: str
    shown: dict[str, Any]
    admin: bool


def commit_of(call: IncomingRequest, workspace: str, slug: str, commit: str) -> StoredCommit:
    """Give the commit that a report or status is about, or refuse.

    By its whole hash (shorter ones: unverified). Writes ask for the scope and the role to write.
    """
    if call.reads:
        call.identity.require("read:repository:bitbucket", "repository")
    else:
        call.identity.require("write:repository:bitbucket", "repository:write")
    found = call.repository(workspace, slug)
    role = identities.repository_role(call.connection, call.identity, found)
    if not call.reads and role not in ("admin", "write"):
        raise no_permission(f"the repository {found.full_name}")
    if not commentstore.has_commit(call.connection, found.uuid, commit.lower()):
        raise not_found("Commit not found")
    return StoredCommit(found.uuid, commit.lower())


def no_content(call: IncomingRequest) -> Response:
    """Make the 204 that deletes answer with: without a body, but with a type (reported).

    Which type is unverified: some clients parse the empty body when it is that of JSON.
    """
    response = Response(status=204, content_type="text/html; charset=utf-8")
    del response.headers["Content-Length"]
    if not call.settings.delete_content_type:
        del response.headers["Content-Type"]
    return response


def repository_subject(call: IncomingRequest, workspace: str, slug: str) -> StoredSubject:
    """Give a repository as a subject of hooks. Refuses (404) what the identity may not see."""
    found = call.repository(workspace, slug)
    role = identities.repository_role(call.connection, call.identity, found)
    path = ("repositories", found.workspace_slug, found.slug)
    shown: dict[str, Any] = {"type": "repository", "full_name": found.full_name, "name": found.name}
    shown |= {"uuid": found.uuid, "links": {"self": {"href": call.link(*path)}}}
    return StoredSubject("repository", found.uuid, path, found.full_name, shown, role == "admin")


def workspace_subject(call: IncomingRequest, workspace: str) -> StoredSubject:
    """Give a workspace as a subject of hooks. Refuses (404) what the identity may not see."""
    found = call.workspace(workspace)
    role = identities.workspace_role(call.connection, call.identity, found.uuid)
    if not role and not call.identity.is_access_token:
        raise not_found()
    path = ("workspaces", found.slug)
    shown: dict[str, Any] = {
        "type": "workspace",
        "slug": found.slug,
        "name": found.name,
        "uuid": found.uuid,
    }
    links = {
        "self": call.link(*path),
        "hooks": call.link(*path, "hooks"),
        "members": call.link(*path, "members"),
        "projects": call.link(*path, "projects"),
        "repositories": call.link("repositories", found.slug),
    }
    shown |= {"links": {name: {"href": href} for name, href in links.items()}}
    return StoredSubject("workspace", found.uuid, path, found.slug, shown, role == "owner")
