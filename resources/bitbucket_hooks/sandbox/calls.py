"""One request on its way through the sandbox's API, with what the routes do for many of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from typing import Any, Final
from urllib.parse import quote, urlencode

import attrs
from werkzeug.wrappers import Request, Response

from bitbucket_hooks.sandbox import identity, tenants
from bitbucket_hooks.sandbox.errors import bad_request, json_response, not_found
from bitbucket_hooks.sandbox.identity import Identity
from bitbucket_hooks.sandbox.settings import SandboxSettings
from bitbucket_hooks.sandbox.tenants import StoredRepository, Subject, Workspace

_DEFAULT_LENGTH: Final = 10
_MAX_LENGTH: Final = 100


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

    @property
    def origin(self) -> str:
        """The origin that was asked, which all links lead to."""
        return self.request.host_url.rstrip("/")

    def link(self, *parts: str) -> str:
        """Make an absolute url under `/2.0` on the host that was asked."""
        return f"{self.origin}/2.0/{'/'.join(quote(part, safe='') for part in parts)}"

    def page(self) -> tuple[int, int]:
        """Read `page` and `pagelen`. Refuses what is no number or out of bounds (unverified)."""
        pagelen = self._number("pagelen", _DEFAULT_LENGTH)
        if pagelen > _MAX_LENGTH:
            raise bad_request(f"Invalid pagelen: at most {_MAX_LENGTH}")
        return self._number("page", 1), pagelen

    def _number(self, name: str, default: int) -> int:
        text = self.request.args.get(name, str(default))
        if not text.isascii() or not text.isdecimal() or not int(text[:9]) >= 1:
            raise bad_request(f"Invalid {name}")
        return int(text[:9])

    def paged(self, values: Sequence[Any], size: int) -> Response:
        """Answer with the values of a page; `next` is an absolute url on the host that was asked.

        `size` is how many there are on all pages together (public API description).
        """
        page, pagelen = self.page()
        body = {"values": list(values), "pagelen": pagelen, "size": size, "page": page}
        if page * pagelen < size:
            query = {**self.request.args.to_dict(), "pagelen": pagelen, "page": page + 1}
            body["next"] = f"{self.origin}{quote(self.request.path)}?{urlencode(query)}"
        return json_response(body)

    def listed(
        self, values: Sequence[Any], shown: Callable[[Any], Any] = lambda value: value
    ) -> Response:
        """Answer with one page of a list, each value as `shown` makes it."""
        page, pagelen = self.page()
        cut = values[(page - 1) * pagelen : page * pagelen]
        return self.paged([shown(value) for value in cut], len(values))

    def no_content(self) -> Response:
        """Make the 204 that deletes answer with: without a body, but with a type (reported).

        Which type is unverified: some clients parse the empty body when it is that of JSON.
        """
        response = Response(status=204, content_type="text/html; charset=utf-8")
        del response.headers["Content-Length"]
        if not self.settings.delete_content_type:
            del response.headers["Content-Type"]
        return response

    def require_scope_for(self, kind: str) -> None:
        """Refuse without the scope to read, or to write, what belongs to a thing of some kind."""
        if self.reads:
            self.identity.require(f"read:{kind}:bitbucket", kind)
        else:
            self.identity.require(f"write:{kind}:bitbucket", f"{kind}:write")

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


def select_fields(body: Any, fields: str) -> Any:
    """Apply `fields=`: `a,b.c` keeps only these, `-a` takes away, `+a` adds what is there."""
    paths = [path.strip() for path in fields.split(",") if path.strip()]
    kept = [path.split(".") for path in paths if path[0] not in "+-"]
    body = _keep(body, kept) if kept else body
    for path in paths:
        if path.startswith("-"):
            body = _drop(body, path[1:].split("."))
    return body


def _keep(body: Any, paths: Sequence[Sequence[str]]) -> Any:
    if isinstance(body, list):
        return [_keep(item, paths) for item in body]
    if not isinstance(body, dict):
        return body
    kept = {}
    for name, value in body.items():
        rests = [path[1:] for path in paths if path[0] in (name, "*")]
        if rests:
            kept[name] = _keep(value, rests) if all(rests) else value
    return kept


def _drop(body: Any, path: Sequence[str]) -> Any:
    if isinstance(body, list):
        return [_drop(item, path) for item in body]
    if not isinstance(body, dict):
        return body
    name, *rest = path
    if not rest:
        return {key: value for key, value in body.items() if key != name}
    return {key: _drop(value, rest) if key == name else value for key, value in body.items()}
