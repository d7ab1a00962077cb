"""The routes of build statuses (public API description, unless said otherwise)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from bitbucket_hooks.sandbox import commitstore, pages
from bitbucket_hooks.sandbox.calls import commit_of
from bitbucket_hooks.sandbox.errors import bad_values, json_response, not_found
from bitbucket_hooks.sandbox.validation import json_object

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

    from bitbucket_hooks.sandbox.calls import IncomingRequest

MAX_KEY: Final = 40  # seen
MAX_TEXT: Final = 255  # unverified
_STATES: Final = ("SUCCESSFUL", "FAILED", "INPROGRESS", "STOPPED")
_REQUIRED: Final = ("key", "state", "url")  # the url: unverified


def collection(call: IncomingRequest, workspace: str, slug: str, commit: str) -> Response:
    """Answer GET of a commit's statuses."""
    found = commitstore.statuses(call.connection, commit_of(call, workspace, slug, commit))
    page = pages.asked_for(call.request)
    cut = pages.cut(page, found)
    return json_response(pages.envelope(call.request, page, len(found), cut))


def build(call: IncomingRequest, workspace: str, slug: str, commit: str) -> Response:
    """Answer POST of a build status, which overwrites the one of the same key."""
    where = commit_of(call, workspace, slug, commit)
    body = _sent(call, {})
    return json_response(commitstore.put_status(call.connection, where, body), 201)


def item(call: IncomingRequest, workspace: str, slug: str, commit: str, key: str) -> Response:
    """Answer GET and PUT of one build status; PUT can't make one, nor change its key."""
    where = commit_of(call, workspace, slug, commit)
    found = [one for one in commitstore.statuses(call.connection, where) if one["key"] == key]
    if not found:
        raise not_found()
    if call.request.method == "PUT":
        body = {**_sent(call, found[0]), "key": key}
        return json_response(commitstore.put_status(call.connection, where, body))
    return json_response(found[0])


def _sent(call: IncomingRequest, known: dict[str, Any]) -> dict[str, Any]:
    body = {**known, **json_object(call.request)}
    problems = {name: ["required key not provided"] for name in _REQUIRED if not body.get(name)}
    limits = {"key": MAX_KEY, "name": MAX_TEXT, "description": MAX_TEXT}
    for name, most in limits.items():
        value = body.get(name, "")
        if not isinstance(value, str) or len(value) > most:
            problems[name] = [f"Ensure this value has at most {most} characters."]
    if body.get("state", _STATES[0]) not in _STATES:
        problems["state"] = [f"Value must be one of {', '.join(_STATES)}"]
    if not str(body.get("url", "https://")).startswith(("http://", "https://")):
        problems["url"] = ["Enter a valid URL."]
    if problems:
        raise bad_values(problems)
    return {**body, "type": "build"}
