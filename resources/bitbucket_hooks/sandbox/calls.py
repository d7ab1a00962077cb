"""One request on its way through the sandbox's API, with what the routes do for many of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import quote

import attrs
from werkzeug.wrappers import Response

from bitbucket_hooks.sandbox import documents, identity, pages, tenants
from bitbucket_hooks.sandbox.errors import bad_request, no_permission, not_found
from bitbucket_hooks.sandbox.models import StoredRepository, Workspace

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Sequence

    from werkzeug.wrappers import Request

    from bitbucket_hooks.sandbox.documents import Documents
    from bitbucket_hooks.sandbox.identity import Identity
    from bitbucket_hooks.sandbox.settings import SandboxSettings

Subject: TypeAlias = StoredRepository | Workspace
"""What webhooks belong to."""


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

    def json(self) -> Any:
        """Read a body of JSON; None when it is none, or nested deeper than Python reads."""
        try:
            return self.request.get_json(force=True, silent=True)
        except RecursionError:
            return None

    def json_object(self) -> dict[str, Any]:
        """Read a body that has to be a JSON object. Refuses (400) any other."""
        body = self.json()
        if not isinstance(body, dict):
            raise bad_request("The request body is not a JSON object")
        return body

    def link(self, *parts: str) -> str:
        """Make an absolute url under `/2.0` on the host that was asked."""
        path = "/".join(quote(part, safe="") for part in parts)
        return f"{pages.origin(self.request)}/2.0/{path}"

    def listed(
        self, values: Sequence[Any], shown: Callable[[Any], Any] = lambda value: value
    ) -> Response:
        """Answer with one page of a list, each value as `shown` makes it."""
        page = pages.page_request(self.request)
        cut = [shown(value) for value in page.of_list(values)]
        return pages.page_response(self.request, page, len(values), cut)

    def no_content(self) -> Response:
        """Make the 204 that deletes answer with: without a body, but with a type (reported).

        Which type is unverified: some clients parse the empty body when it is that of JSON.
        """
        response = Response(status=204, content_type="text/html; charset=utf-8")
        del response.headers["Content-Length"]
        if not self.settings.delete_content_type:
            del response.headers["Content-Type"]
        return response

    def role(self, subject: Subject) -> str | None:
        """Give the role of the identity in a repository or workspace."""
        return identity.role(self.connection, self.identity, subject)

    def workspace(self, name: str) -> Workspace:
        """Find a workspace. One that the identity may not see is refused like a missing one."""
        found = tenants.workspace(self.connection, name)
        if not self.role(found) and not self.identity.is_access_token:
            raise not_found()
        return found

    def repository(self, workspace: str, slug: str) -> StoredRepository:
        """Find a repository. One that the identity may not see is refused like a missing one."""
        found = tenants.repository(self.connection, f"{workspace}/{slug}")
        if not self.role(found):
            raise not_found()
        return found

    def of_commit(self, workspace: str, slug: str, commit: str, collection: str) -> Documents:
        """Give the reports or statuses of a commit, or refuse.

        By its whole hash (shorter ones: unverified). Writes ask for the scope and role to write.
        """
        if self.reads:
            self.identity.require("read:repository:bitbucket", "repository")
        else:
            self.identity.require("write:repository:bitbucket", "repository:write")
        repository = self.repository(workspace, slug)
        if not self.reads and self.role(repository) not in ("admin", "write"):
            raise no_permission(f"the repository {repository.full_name}")
        return documents.of_commit(self.connection, repository, commit, collection)

    def shown_subject(self, subject: Subject) -> dict[str, Any]:
        """Give a repository or workspace as the API shows it beside other things."""
        shown = {"type": subject.subject_type, "name": subject.name, "uuid": subject.uuid}
        links = {"self": self.link(*subject.path)}
        if isinstance(subject, Workspace):
            shown["slug"] = subject.slug
            below = ("hooks", "members", "projects")
            links |= {name: self.link(*subject.path, name) for name in below}
            links["repositories"] = self.link("repositories", subject.slug)
        else:
            shown["full_name"] = subject.full_name
        return {**shown, "links": {name: {"href": href} for name, href in links.items()}}
