"""The routes of build statuses (public API description, unless said otherwise)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from bitbucket_hooks.sandbox.errors import bad_values, json_response, not_found
from bitbucket_hooks.sandbox.validation import TextField, field_problems

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

    from bitbucket_hooks.sandbox.calls import IncomingRequest
    from bitbucket_hooks.sandbox.documents import Documents

_FIELDS: Final = {
    "key": TextField(40, required=True),  # the length: seen
    "state": TextField(required=True, choices=("SUCCESSFUL", "FAILED", "INPROGRESS", "STOPPED")),
    "url": TextField(2000, required=True, is_url=True),  # unverified
    "name": TextField(255),
    "description": TextField(255),
}


def collection(call: IncomingRequest, workspace: str, slug: str, commit: str) -> Response:
    """Answer GET of a commit's statuses."""
    return call.listed(_statuses(call, workspace, slug, commit).all())


def build(call: IncomingRequest, workspace: str, slug: str, commit: str) -> Response:
    """Answer POST of a build status, which overwrites the one of the same key."""
    statuses = _statuses(call, workspace, slug, commit)
    body = _sent(call, {})
    statuses.put(body["key"], body)
    return json_response(body, 201)


def item(call: IncomingRequest, workspace: str, slug: str, commit: str, key: str) -> Response:
    """Answer GET and PUT of one build status; PUT can't make one, nor change its key."""
    statuses = _statuses(call, workspace, slug, commit)
    body = statuses.find(key)
    if not body:
        raise not_found()
    if not call.reads:
        body = {**_sent(call, body), "key": key}
        statuses.put(key, body)
    return json_response(body)


def _statuses(call: IncomingRequest, workspace: str, slug: str, commit: str) -> Documents:
    return call.of_commit(workspace, slug, commit, "statuses")


def _sent(call: IncomingRequest, known: dict[str, Any]) -> dict[str, Any]:
    body = {**known, **call.json_object()}
    if problems := field_problems(body, _FIELDS):
        raise bad_values({name: [problem] for name, problem in problems.items()})
    return {**body, "type": "build"}
