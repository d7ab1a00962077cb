"""The routes of a pull request's comments (public API description, unless said otherwise).

Writes ask for the write scope of pull requests, as is prudent: the public description names the
read scope alone for them.
"""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Any, Final

import attrs
from werkzeug.wrappers import Response

from bitbucket_hooks.sandbox import documents
from bitbucket_hooks.sandbox.errors import (
    Missing,
    Refusal,
    bad_request,
    bad_values,
    json_response,
    no_permission,
)
from bitbucket_hooks.sandbox.models import StoredComment
from bitbucket_hooks.sandbox.webhook import timestamp

if TYPE_CHECKING:
    from bitbucket_hooks.sandbox.calls import IncomingRequest
    from bitbucket_hooks.sandbox.documents import Documents
    from bitbucket_hooks.sandbox.models import StoredRepository

MAX_COMMENT: Final = 32_768
"""Characters; the limit of the vendor's server product, that of the service is unverified."""

_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def add(thread: Documents, author: str, raw: str, **more: Any) -> StoredComment:
    """Store a new comment in the thread of a pull request and give it."""
    made = StoredComment(len(thread.all()) + 1, author, raw, **more)
    thread.put(made.id, attrs.asdict(made))
    return made


def change(thread: Documents, old: StoredComment, **changes: Any) -> StoredComment:
    """Change a comment and give what it is now."""
    new = attrs.evolve(old, **changes, updated_on=timestamp())
    thread.put(old.id, attrs.asdict(new))
    return new


def find(thread: Documents, number: int) -> StoredComment:
    """Find a comment that isn't deleted. Raises `Missing`."""
    found = thread.find(number)
    if not found or found["deleted"]:
        raise Missing(f"there is no comment {number} in {thread.collection}; add it first")
    return StoredComment(**found)


def collection(call: IncomingRequest, workspace: str, slug: str, number: int) -> Response:
    """Answer GET and POST of a pull request's comments."""
    repository, thread = _thread(call, workspace, slug, number)
    if call.reads:
        return call.listed(
            thread.all(), lambda body: _shown(call, repository, number, StoredComment(**body))
        )
    made = add(thread, call.identity.holder, _raw(call))
    body = _shown(call, repository, number, made)
    return json_response(body, 201, Location=body["links"]["self"]["href"])


def item(call: IncomingRequest, workspace: str, slug: str, number: int, comment: int) -> Response:
    """Answer GET, PUT and DELETE of one comment.

    A deleted one is not found, and only its author may change one (both unverified).
    """
    repository, thread = _thread(call, workspace, slug, number)
    found = find(thread, comment)
    if call.reads:
        return json_response(_shown(call, repository, number, found))
    deletes = call.request.method == "DELETE"
    if found.author != call.identity.holder and not (deletes and call.role(repository) == "admin"):
        raise no_permission(f"the comment {comment}")
    if deletes:
        change(thread, found, deleted=True)
        return call.no_content()
    return json_response(_shown(call, repository, number, change(thread, found, raw=_raw(call))))


def _thread(
    call: IncomingRequest, workspace: str, slug: str, number: int
) -> tuple[StoredRepository, Documents]:
    if call.reads:
        call.identity.require("read:pullrequest:bitbucket", "pullrequest")
    else:
        call.identity.require("write:pullrequest:bitbucket", "pullrequest:write")
    repository = call.repository(workspace, slug)
    return repository, documents.comments(call.connection, repository, number)


def _raw(call: IncomingRequest) -> str:
    content = call.json_object().get("content")
    raw = content.get("raw") if isinstance(content, dict) else None
    if not isinstance(raw, str) or not raw.strip():
        raise bad_values({"content": ["required key not provided"]})
    if _SURROGATE.search(raw):
        raise bad_request("The request body is not valid text")
    if len(raw) > MAX_COMMENT:  # seen, at an unknown length: a page instead of JSON
        raise Refusal(Response("<h1>Bad Request (400)</h1>", 400, mimetype="text/html"))
    return raw


def _shown(
    call: IncomingRequest, repository: StoredRepository, number: int, comment: StoredComment
) -> dict[str, Any]:
    """Give a comment as the API shows it.

    The text of a deleted one is still there (unverified; harsher for who overlooks the mark).
    """
    path = (*repository.path, "pullrequests", str(number), "comments", str(comment.id))
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
        "pullrequest": {"type": "pullrequest", "id": number},
        "links": {"self": {"href": call.link(*path)}},
    }
    if comment.parent is not None:
        shown["parent"] = {"id": comment.parent}
    if comment.inline is not None:
        shown["inline"] = {"path": comment.inline, "from": None, "to": 1}
    return shown
