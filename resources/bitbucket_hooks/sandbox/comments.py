"""The routes of a pull request's comments (public API description, unless said otherwise).

Writes ask for the write scope of pull requests, as is prudent: the public description names the
read scope alone for them.
"""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Any, Final

from werkzeug.wrappers import Response

from bitbucket_hooks.sandbox import commentstore, identity, pages
from bitbucket_hooks.sandbox.calls import no_content
from bitbucket_hooks.sandbox.commentstore import Thread
from bitbucket_hooks.sandbox.errors import (
    Refusal,
    bad_request,
    bad_values,
    json_response,
    no_permission,
    not_found,
)
from bitbucket_hooks.sandbox.validation import json_object

if TYPE_CHECKING:
    from bitbucket_hooks.sandbox.calls import IncomingRequest
    from bitbucket_hooks.sandbox.models import StoredComment, StoredRepository

MAX_COMMENT: Final = 32_768
"""Characters; the limit of the vendor's server product, that of the service is unverified."""

_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def collection(call: IncomingRequest, workspace: str, slug: str, number: int) -> Response:
    """Answer GET and POST of a pull request's comments."""
    repository, thread = _thread(call, workspace, slug, number)
    if call.reads:
        found = commentstore.comments(call.connection, thread)
        page = pages.asked_for(call.request)
        values = [_shown(call, repository, thread, each) for each in pages.cut(page, found)]
        return json_response(pages.envelope(call.request, page, len(found), values))
    made = commentstore.insert(call.connection, thread, call.identity.holder, _raw(call))
    body = _shown(call, repository, thread, made)
    return json_response(body, 201, Location=body["links"]["self"]["href"])


def item(call: IncomingRequest, workspace: str, slug: str, number: int, comment: int) -> Response:
    """Answer GET, PUT and DELETE of one comment.

    A deleted one is not found, and only its author may change one (both unverified).
    """
    repository, thread = _thread(call, workspace, slug, number)
    found = commentstore.comment(call.connection, thread, comment)
    if not found:
        raise not_found()
    if call.reads:
        return json_response(_shown(call, repository, thread, found))
    _check_author(call, repository, found)
    if call.request.method == "DELETE":
        commentstore.delete(call.connection, found)
        return no_content(call)
    new = commentstore.rewrite(call.connection, found, _raw(call))
    return json_response(_shown(call, repository, thread, new))


def _thread(
    call: IncomingRequest, workspace: str, slug: str, number: int
) -> tuple[StoredRepository, Thread]:
    if call.reads:
        call.identity.require("read:pullrequest:bitbucket", "pullrequest")
    else:
        call.identity.require("write:pullrequest:bitbucket", "pullrequest:write")
    repository = call.repository(workspace, slug)
    thread = Thread(repository.uuid, number)
    if not commentstore.has_pull_request(call.connection, thread):
        raise not_found()
    return repository, thread


def _check_author(
    call: IncomingRequest, repository: StoredRepository, comment: StoredComment
) -> None:
    role = identity.repository_role(call.connection, call.identity, repository)
    may = call.request.method == "DELETE" and role == "admin"
    if comment.author != call.identity.holder and not may:
        raise no_permission(f"the comment {comment.id}")


def _raw(call: IncomingRequest) -> str:
    content = json_object(call.request).get("content")
    raw = content.get("raw") if isinstance(content, dict) else None
    if not isinstance(raw, str) or not raw.strip():
        raise bad_values({"content": ["required key not provided"]})
    if _SURROGATE.search(raw):
        raise bad_request("The request body is not valid text")
    if len(raw) > MAX_COMMENT:  # seen, at an unknown length: a page instead of JSON
        raise Refusal(Response("<h1>Bad Request (400)</h1>", 400, mimetype="text/html"))
    return raw


def _shown(
    call: IncomingRequest, repository: StoredRepository, thread: Thread, comment: StoredComment
) -> dict[str, Any]:
    """Give a comment as the API shows it.

    The text of a deleted one is still there (unverified; harsher for who overlooks the mark).
    """
    path = ("repositories", repository.workspace_slug, repository.slug, "pullrequests")
    href = call.link(*path, str(thread.number), "comments", str(comment.id))
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
        "links": {"self": {"href": href}},
    }
    if comment.parent is not None:
        shown["parent"] = {"id": comment.parent}
    if comment.inline is not None:
        shown["inline"] = {"path": comment.inline, "from": None, "to": 1}
    return shown
