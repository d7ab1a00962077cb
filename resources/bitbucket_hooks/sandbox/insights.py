"""The routes of Code Insights: reports on a commit, and their annotations.

Fields, values and the numbers of annotations: public API description, unless said otherwise.
Writes ask for the write scope of repositories and the role `write`, as is prudent: the public
description names the read scope alone for them, and no role.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from bitbucket_hooks.sandbox.errors import Refusal, json_response, not_found
from bitbucket_hooks.sandbox.models import new_uuid
from bitbucket_hooks.sandbox.validation import TextField, field_problems

if TYPE_CHECKING:
    from collections.abc import Mapping

    from werkzeug.wrappers import Response

    from bitbucket_hooks.sandbox.calls import IncomingRequest
    from bitbucket_hooks.sandbox.documents import Document, Documents

MAX_DATA: Final = 10
MAX_AT_ONCE: Final = 100
MAX_ANNOTATIONS: Final = 1000
MAX_LINE: Final = 450
"""Characters of a title or an annotation's summary (reported of summaries, else unverified)."""
MAX_DETAILS: Final = 2000
"""Characters (the limit of the vendor's server product, here unverified)."""

_REPORT: Final = {  # which ones are required is unverified
    "title": TextField(MAX_LINE, required=True),
    "details": TextField(MAX_DETAILS, required=True),
    "report_type": TextField(required=True, choices=("SECURITY", "COVERAGE", "TEST", "BUG")),
    "result": TextField(choices=("PASSED", "FAILED", "PENDING")),
    "reporter": TextField(MAX_LINE),
    "link": TextField(MAX_LINE, is_url=True),
}
_ANNOTATION: Final = {
    "external_id": TextField(MAX_LINE, required=True),
    "annotation_type": TextField(required=True, choices=("VULNERABILITY", "CODE_SMELL", "BUG")),
    "summary": TextField(MAX_LINE, required=True),  # that it is required: reported
    "details": TextField(MAX_DETAILS),
    "path": TextField(MAX_DETAILS),
    "result": TextField(choices=("PASSED", "FAILED", "IGNORED", "SKIPPED")),
    "severity": TextField(choices=("HIGH", "MEDIUM", "LOW", "CRITICAL")),
    "link": TextField(MAX_LINE, is_url=True),
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


def collection(call: IncomingRequest, workspace: str, slug: str, commit: str) -> Response:
    """Answer GET of a commit's reports."""
    return call.listed(_reports(call, workspace, slug, commit).all())


def item(call: IncomingRequest, workspace: str, slug: str, commit: str, report: str) -> Response:
    """Answer GET, PUT and DELETE of one report. That PUT leaves annotations is unverified."""
    reports = _reports(call, workspace, slug, commit)
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
    reports = _reports(call, workspace, slug, commit)
    if not reports.find(report):
        raise not_found()
    found = reports.attached(report, "annotations")
    if call.reads:
        return call.listed(found.all())
    sent = call.json()
    _check_annotations(sent)
    for body in sent:
        found.put(body["external_id"], body)
    if len(found.all()) > MAX_ANNOTATIONS:
        raise _refusal(f"A report can't have more than {MAX_ANNOTATIONS} annotations.")
    return json_response(sent)


def _reports(call: IncomingRequest, workspace: str, slug: str, commit: str) -> Documents:
    return call.of_commit(workspace, slug, commit, "reports")


def _check_report(body: Document) -> None:
    _check_fields(body, _REPORT)
    data = body.get("data", [])
    if not isinstance(data, list) or len(data) > MAX_DATA:
        raise _refusal(f"data must be an array of at most {MAX_DATA}")
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
    if len(sent) > MAX_AT_ONCE:  # seen, in these words
        raise _refusal(f"Bulk upload supports a maximum of /{MAX_AT_ONCE} annotations.")
    for body in sent:
        _check_fields(body, _ANNOTATION)
        line = body.get("line")
        if line is not None and (not isinstance(line, int) or line < 1 or not body.get("path")):
            raise _refusal("line must be a number above 0 beside a path")
    if len({body["external_id"] for body in sent}) < len(sent):
        raise _refusal("external_id is not unique")


def _check_fields(body: Document, fields: Mapping[str, TextField]) -> None:
    for name, problem in field_problems(body, fields).items():
        raise _refusal(f"{name}: {problem}")


def _refusal(message: str) -> Refusal:
    """400 in the form of this part of the service (seen)."""
    return Refusal(json_response({"code": 400, "message": message}, 400))
