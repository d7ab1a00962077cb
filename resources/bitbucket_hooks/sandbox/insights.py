"""What others say of a commit: Code Insights reports with annotations, and build statuses.

Fields, values and the numbers of annotations: public API description, unless said otherwise.
Writes ask for the write scope of repositories and the role `write`, as is prudent: the public
description names the read scope alone for them, and no role.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import attrs
from werkzeug.wrappers import Response

from bitbucket_hooks.sandbox import documents
from bitbucket_hooks.sandbox.calls import IncomingRequest
from bitbucket_hooks.sandbox.documents import Document, Documents
from bitbucket_hooks.sandbox.errors import (
    Refusal,
    bad_request,
    json_response,
    no_permission,
    not_found,
)
from bitbucket_hooks.sandbox.tenants import new_uuid


@attrs.frozen
class TextField:
    """What a field of a JSON body may hold."""

    most: int = 255
    """Characters."""
    required: bool = False
    choices: tuple[str, ...] = ()
    is_url: bool = False

    def problem(self, value: Any) -> str | None:
        """Say what is wrong with a value."""
        if self.required and not value:
            return "required key not provided"
        if not isinstance(value, str) or len(value) > self.most:
            return f"Ensure this value has at most {self.most} characters."
        if self.choices and value not in self.choices:
            return f"Value must be one of {', '.join(self.choices)}"
        if self.is_url and not value.startswith(("http://", "https://")):
            return "Enter a valid URL."
        return None


_MAX_DATA: Final = 10
_MAX_AT_ONCE: Final = 100
_MAX_ANNOTATIONS: Final = 1000
_MAX_LINE: Final = 450  # characters of a summary (reported), and of a title (unverified)
_MAX_DETAILS: Final = 2000  # characters (the limit of the vendor's server product, unverified)

_REPORT: Final = {  # which ones are required is unverified
    "title": TextField(_MAX_LINE, required=True),
    "details": TextField(_MAX_DETAILS, required=True),
    "report_type": TextField(required=True, choices=("SECURITY", "COVERAGE", "TEST", "BUG")),
    "result": TextField(choices=("PASSED", "FAILED", "PENDING")),
    "reporter": TextField(_MAX_LINE),
    "link": TextField(_MAX_LINE, is_url=True),
}
_ANNOTATION: Final = {
    "external_id": TextField(_MAX_LINE, required=True),
    "annotation_type": TextField(required=True, choices=("VULNERABILITY", "CODE_SMELL", "BUG")),
    "summary": TextField(_MAX_LINE, required=True),  # that it is required: reported
    "details": TextField(_MAX_DETAILS),
    "path": TextField(_MAX_DETAILS),
    "result": TextField(choices=("PASSED", "FAILED", "IGNORED", "SKIPPED")),
    "severity": TextField(choices=("HIGH", "MEDIUM", "LOW", "CRITICAL")),
    "link": TextField(_MAX_LINE, is_url=True),
}
_STATUS: Final = {
    "key": TextField(40, required=True),  # the length: seen
    "state": TextField(required=True, choices=("SUCCESSFUL", "FAILED", "INPROGRESS", "STOPPED")),
    "url": TextField(2000, required=True, is_url=True),  # unverified
    "name": TextField(255),
    "description": TextField(255),
}
_NUMBER: Final = (int, float)
_DATA_TYPES: Final[Mapping[str, type | tuple[type, ...]]] = {
    "BOOLEAN": bool,
    "DATE": _NUMBER,
    "DURATION": _NUMBER,
    "LINK": dict,
    "NUMBER": _NUMBER,
    "PERCENTAGE": _NUMBER,
    "TEXT": str,
}


def collection(
    call: IncomingRequest, workspace: str, slug: str, commit: str, kind: str
) -> Response:
    """Answer GET of a commit's reports or statuses."""
    return call.listed(_attached(call, workspace, slug, commit, kind).all())


def report(call: IncomingRequest, workspace: str, slug: str, commit: str, report: str) -> Response:
    """Answer GET, PUT and DELETE of one report. That PUT leaves annotations is unverified."""
    reports = _attached(call, workspace, slug, commit, "reports")
    found = reports.find(report)
    if call.request.method == "PUT":
        body = call.json_object()
        _check_report(body)
        uuid = found["uuid"] if found else new_uuid()
        body |= {"external_id": report, "uuid": uuid, "type": "report"}
        reports.put(report, body)
        return json_response(body)
    if not found:
        raise not_found()
    if call.reads:
        return json_response(found)
    reports.delete(report)
    return call.no_content()


def report_annotations(
    call: IncomingRequest, workspace: str, slug: str, commit: str, report: str
) -> Response:
    """Answer GET and the bulk POST of a report's annotations, which overwrites by external id."""
    reports = _attached(call, workspace, slug, commit, "reports")
    if not reports.find(report):
        raise not_found()
    found = reports.attached(report, "annotations")
    if call.reads:
        return call.listed(found.all())
    sent = call.json()
    _check_annotations(sent)
    for body in sent:
        found.put(body["external_id"], body)
    if len(found.all()) > _MAX_ANNOTATIONS:
        raise _refusal(f"A report can't have more than {_MAX_ANNOTATIONS} annotations.")
    return json_response(sent)


def build(call: IncomingRequest, workspace: str, slug: str, commit: str) -> Response:
    """Answer POST of a build status, which overwrites the one of the same key."""
    statuses = _attached(call, workspace, slug, commit, "statuses")
    body = _sent_status(call, {})
    statuses.put(body["key"], body)
    return json_response(body, 201)


def status(call: IncomingRequest, workspace: str, slug: str, commit: str, key: str) -> Response:
    """Answer GET and PUT of one build status; PUT can't make one, nor change its key."""
    statuses = _attached(call, workspace, slug, commit, "statuses")
    body = statuses.find(key)
    if not body:
        raise not_found()
    if not call.reads:
        body = {**_sent_status(call, body), "key": key}
        statuses.put(key, body)
    return json_response(body)


def _attached(
    call: IncomingRequest, workspace: str, slug: str, commit: str, kind: str
) -> Documents:
    """Give the reports or statuses of a commit, by its whole hash (shorter ones: unverified)."""
    call.require_scope_for("repository")
    repository = call.repository(workspace, slug)
    if not call.reads and call.role(repository) not in ("admin", "write"):
        raise no_permission(f"the repository {repository.full_name}")
    return documents.of_commit(call.connection, repository, commit, kind)


def _problems(body: Document, fields: Mapping[str, TextField]) -> dict[str, list[str]]:
    """List what is wrong in a body, field by field; fields that nobody knows are ignored."""
    sent = {name: body.get(name) for name, rule in fields.items() if rule.required or name in body}
    found = {name: fields[name].problem(value) for name, value in sent.items()}
    return {name: [problem] for name, problem in found.items() if problem}


def _sent_status(call: IncomingRequest, known: Document) -> Document:
    body = {**known, **call.json_object()}
    if problems := _problems(body, _STATUS):
        raise bad_request("Bad request", problems)
    return {**body, "type": "build"}


def _check_report(body: Document) -> None:
    _check_fields(body, _REPORT)
    data = body.get("data", [])
    if not isinstance(data, list) or len(data) > _MAX_DATA:
        raise _refusal(f"data must be an array of at most {_MAX_DATA}")
    if not all(isinstance(field, dict) and _is_data_field(field) for field in data):
        raise _refusal("data holds something that is no data field")


def _is_data_field(field: Document) -> bool:
    expected, value = _DATA_TYPES.get(str(field.get("type")), ()), field.get("value")
    if isinstance(value, bool) and expected is not bool:  # which Python takes for a number too
        return False
    return bool(field.get("title")) and isinstance(value, expected)


def _check_annotations(sent: Any) -> None:
    if not isinstance(sent, list) or not all(isinstance(body, dict) for body in sent):
        raise _refusal("The request body is not an array of annotations")
    if len(sent) > _MAX_AT_ONCE:  # seen, in these words
        raise _refusal(f"Bulk upload supports a maximum of /{_MAX_AT_ONCE} annotations.")
    for body in sent:
        _check_fields(body, _ANNOTATION)
        line = body.get("line")
        if line is not None and (not isinstance(line, int) or line < 1 or not body.get("path")):
            raise _refusal("line must be a number above 0 beside a path")
    if len({body["external_id"] for body in sent}) < len(sent):
        raise _refusal("external_id is not unique")


def _check_fields(body: Document, fields: Mapping[str, TextField]) -> None:
    for name, (problem,) in _problems(body, fields).items():
        raise _refusal(f"{name}: {problem}")


def _refusal(message: str) -> Refusal:
    """400 in the form of this part of the service (seen)."""
    return Refusal(json_response({"code": 400, "message": message}, 400))
