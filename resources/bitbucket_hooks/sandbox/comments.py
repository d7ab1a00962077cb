"""Comments on pull requests, and their routes (public API description, unless said otherwise).

Writes ask for the write scope of pull requests, as is prudent: the public description names the
read scope alone for them.
"""

from __future__ import annotations

import html
import sqlite3
from typing import Any, Final

import attrs
from werkzeug.wrappers import Response

from bitbucket_hooks.sandbox import documents
from bitbucket_hooks.sandbox.calls import IncomingRequest
from bitbucket_hooks.sandbox.documents import Documents
from bitbucket_hooks.sandbox.errors import (
    Missing,
    Refusal,
    bad_request,
    json_response,
    no_permission,
)
from bitbucket_hooks.sandbox.tenants import StoredRepository
from bitbucket_hooks.sandbox.webhook import SURROGATE, timestamp

MAX_COMMENT: Final = 32_768
"""Characters; the limit of the vendor's server product, that of the service is unverified."""


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


@attrs.frozen
class Thread:
    """The comments on a pull request, the oldest first."""

    repository: StoredRepository
    number: int
    bodies: Documents

    @classmethod
    def find(
        cls, connection: sqlite3.Connection, repository: StoredRepository, number: int
    ) -> Thread:
        """Find the comments on a pull request. Raises `Missing`."""
        found = documents.pull_requests(connection, repository)
        if found.find(number) is None:
            name = repository.full_name
            raise Missing(
                f"there is no pull request {number} of {name} in this sandbox; add it with "
                f"`bitbucket-hooks sandbox add-pull-request {name}`"
            )
        return cls(repository, number, found.attached(number, "comments"))

    def all(self) -> list[StoredComment]:
        """Give the comments, the deleted ones too."""
        return [StoredComment(**body) for body in self.bodies.all()]

    def add(self, author: str, raw: str, **more: Any) -> StoredComment:
        """Store a new comment and give it."""
        made = StoredComment(len(self.bodies.all()) + 1, author, raw, **more)
        self.bodies.put(made.id, attrs.asdict(made))
        return made

    def change(self, old: StoredComment, **changes: Any) -> StoredComment:
        """Change a comment and give what it is now."""
        new = attrs.evolve(old, **changes, updated_on=timestamp())
        self.bodies.put(old.id, attrs.asdict(new))
        return new

    def comment(self, number: int) -> StoredComment:
        """Find a comment that isn't deleted. Raises `Missing`."""
        found = self.bodies.find(number)
        if not found or found["deleted"]:
            where = self.bodies.collection
            raise Missing(f"there is no comment {number} in {where}; add it first")
        return StoredComment(**found)


def collection(call: IncomingRequest, workspace: str, slug: str, number: int) -> Response:
    """Answer GET and POST of a pull request's comments."""
    thread = _thread(call, workspace, slug, number)
    if call.reads:
        return call.listed(thread.all(), lambda comment: _shown(call, thread, comment))
    body = _shown(call, thread, thread.add(call.identity.holder, _raw(call)))
    return json_response(body, 201, Location=body["links"]["self"]["href"])


def item(call: IncomingRequest, workspace: str, slug: str, number: int, comment: int) -> Response:
    """Answer GET, PUT and DELETE of one comment.

    A deleted one is not found, and only its author may change one (both unverified).
    """
    thread = _thread(call, workspace, slug, number)
    found = thread.comment(comment)
    if call.reads:
        return json_response(_shown(call, thread, found))
    deletes = call.request.method == "DELETE"
    may_delete = deletes and call.role(thread.repository) == "admin"
    if found.author != call.identity.holder and not may_delete:
        raise no_permission(f"the comment {comment}")
    if deletes:
        thread.change(found, deleted=True)
        return call.no_content()
    return json_response(_shown(call, thread, thread.change(found, raw=_raw(call))))


def _thread(call: IncomingRequest, workspace: str, slug: str, number: int) -> Thread:
    call.require_scope_for("pullrequest")
    return Thread.find(call.connection, call.repository(workspace, slug), number)


def _raw(call: IncomingRequest) -> str:
    content = call.json_object().get("content")
    raw = content.get("raw") if isinstance(content, dict) else None
    if not isinstance(raw, str) or not raw.strip():
        raise bad_request("Bad request", {"content": ["required key not provided"]})
    if SURROGATE.search(raw):
        raise bad_request("The request body is not valid text")
    if len(raw) > MAX_COMMENT:  # seen, at an unknown length: a page instead of JSON
        raise Refusal(Response("<h1>Bad Request (400)</h1>", 400, mimetype="text/html"))
    return raw


def _shown(call: IncomingRequest, thread: Thread, comment: StoredComment) -> dict[str, Any]:
    """Give a comment as the API shows it.

    The text of a deleted one is still there (unverified; harsher for who overlooks the mark).
    """
    path = (*thread.repository.path, "pullrequests", str(thread.number), "comments")
    shown = {
        "type": "pullrequest_comment",
        "id": comment.id,
        "created_on": comment.created_on,
        "updated_on": comment.updated_on,
        "content": {
            "type": "rendered",
            "raw": comment.raw,
            "markup": "markdown",
            "html": f"<p>{html.escape(comment.raw)}</p>",
        },
        "user": {"type": "user", "uuid": comment.author},
        "deleted": comment.deleted,
        "pending": False,
        "pullrequest": {"type": "pullrequest", "id": thread.number},
        "links": {"self": {"href": call.link(*path, str(comment.id))}},
    }
    if comment.parent is not None:
        shown["parent"] = {"id": comment.parent}
    if comment.inline is not None:
        shown["inline"] = {"path": comment.inline, "from": None, "to": 1}
    return shown
