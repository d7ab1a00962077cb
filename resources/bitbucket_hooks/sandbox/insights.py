"""The routes of Code Insights: reports on a commit, and their annotations.

Fields, values and the numbers of annotations: public API description, unless said otherwise.
Writes ask for the write scope of repositories and the role `write`, as is prudent: the public
description names the read scope alone for them, and no role.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from bitbucket_hooks.sandbox import commitstore, pages
from bitbucket_hooks.sandbox.calls import commit_of, no_content
from bitbucket_hooks.sandbox.errors import Refusal, json_response, not_found
from bitbucket_hooks.sandbox.validation import json_object, sent_json

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

    from bitbucket_hooks.sandbox.calls import IncomingRequest
    from bitbucket_hooks.sandbox.commitstore import StoredCommit

MAX_DATA: Final = 10
MAX_AT_ONCE: Final = 100
MAX_ANNOTATIONS: Final = 1000
MAX_LINE: Final = 450
"""Characters of a title or an annotation's summary (reported of summaries, else unverified)."""
MAX_DETAILS: Final = 2000
"""Characters (the limit of the vendor's server product, here unverified)."""

_TEXTS: Final = {"title": MAX_LINE, "details": MAX_DETAILS, "reporter": MAX_LINE, "link": MAX_LINE}
_REPORT: Final = {
    "report_type": ("SECURITY", "COVERAGE", "TEST", "BUG"),
    "result": ("PASSED", "FAILED", "PENDING"),
}
_ANNOTATION_TEXTS: Final = {
    "external_id": MAX_LINE,
    "summary": MAX_LINE,
    "details": MAX_DETAILS,
    "path": MAX_DETAILS,
    "link": MAX_LINE,
}
_ANNOTATION: Final = {
    "annotation_type": ("VULNERABILITY", "CODE_SMELL", "BUG"),
    "result": ("PASSED", "FAILED", "IGNORED", "SKIPPED"),
    "severity": ("HIGH", "MEDIUM", "LOW", "CRITICAL"),
}
_DATA_TYPES: Final[Mapping[str, type | tuple[type, ...]]] = {
    "BOOLEAN": bool,
    "DATE": (int, float),
    "DURATION": (int, float),
    "LINK": dict,
    "NUMBER": (int, float),
    "PERCENTAGE": (int, float),
    "TEXT": str,
}


def collection(call: IncomingRequest, workspace: str, slug: str, commit: str) -> Response:
    """Answer GET of a commit's reports."""
    found = commitstore.reports(call.connection, commit_of(call, workspace, slug, commit))
    page = pages.asked_for(call.request)
    cut = pages.cut(page, found)
    return json_response(pages.envelope(call.request, page, len(found), cut))


def item(call: IncomingRequest, workspace: str, slug: str, commit: str, report: str) -> Response:
    """Answer GET, PUT and DELETE of one report. That PUT leaves annotations is unverified."""
    where = commit_of(call, workspace, slug, commit)
    if call.request.method == "PUT":
        body = json_object(call.request)
        _check_report(body)
        return json_response(commitstore.put_report(call.connection, where, report, body))
    found = commitstore.report(call.connection, where, report)
    if not found:
        raise not_found()
    if call.request.method == "DELETE":
        commitstore.delete_report(call.connection, where, report)
        return no_content(call)
    return json_response(found)


def findings(
    call: IncomingRequest, workspace: str, slug: str, commit: str, report: str
) -> Response:
    """Answer GET and the bulk POST of a report's annotations, which overwrites by external id."""
    where = commit_of(call, workspace, slug, commit)
    if not commitstore.report(call.connection, where, report):
        raise not_found()
    if call.request.method == "POST":
        return _annotate(call, where, report)
    found = commitstore.annotations_of(call.connection, where, report)
    page = pages.asked_for(call.request)
    cut = pages.cut(page, found)
    return json_response(pages.envelope(call.request, page, len(found), cut))


def _annotate(call: IncomingRequest, where: StoredCommit, report: str) -> Response:
    sent = sent_json(call.request)
    if not isinstance(sent, list) or not all(isinstance(one, dict) for one in sent):
        raise _refused("The request body is not an array of annotations")
    if len(sent) > MAX_AT_ONCE:  # seen, in these words
        raise _refused(f"Bulk upload supports a maximum of /{MAX_AT_ONCE} annotations.")
    for each in sent:
        _check_annotation(each)
    if len({each["external_id"] for each in sent}) < len(sent):
        raise _refused("external_id is not unique")
    if commitstore.put_annotations(call.connection, where, report, sent) > MAX_ANNOTATIONS:
        raise _refused(f"A report can't have more than {MAX_ANNOTATIONS} annotations.")
    return json_response(sent)


def _check_report(body: dict[str, Any]) -> None:
    for name in ("title", "details", "report_type"):  # which ones are required is unverified
        if not body.get(name):
            raise _refused(f"{name} is required")
    _check_texts(body, _TEXTS)
    _check_choices(body, _REPORT)
    data = body.get("data", [])
    if not isinstance(data, list) or len(data) > MAX_DATA:
        raise _refused(f"data must be an array of at most {MAX_DATA}")
    for each in data:
        _check_datum(each)


def _check_datum(datum: Any) -> None:
    kind = datum.get("type") if isinstance(datum, dict) else None
    expected = _DATA_TYPES.get(str(kind))
    value = datum["value"] if expected and "value" in datum else None
    if expected is None or not isinstance(value, expected) or not datum.get("title"):
        raise _refused("data holds something that is no data field")
    if isinstance(value, bool) and kind != "BOOLEAN":
        raise _refused("data holds a boolean under another type")


def _check_annotation(body: dict[str, Any]) -> None:
    for name in ("external_id", "annotation_type", "summary"):  # a summary: reported
        if not body.get(name):
            raise _refused(f"{name} is required")
    _check_texts(body, _ANNOTATION_TEXTS)
    _check_choices(body, _ANNOTATION)
    line = body.get("line")
    if line is not None and (not isinstance(line, int) or line < 1 or not body.get("path")):
        raise _refused("line must be a number above 0 beside a path")


def _check_texts(body: dict[str, Any], texts: Mapping[str, int]) -> None:
    for name, most in texts.items():
        value = body.get(name, "")
        if not isinstance(value, str) or len(value) > most:
            raise _refused(f"{name} must be a text of at most {most} characters")
    link = body.get("link", "https://")
    if not link.startswith(("http://", "https://")):
        raise _refused("link must be a url")


def _check_choices(body: dict[str, Any], choices: Mapping[str, tuple[str, ...]]) -> None:
    for name, allowed in choices.items():
        if name in body and body[name] not in allowed:
            raise _refused(f"{name} must be one of {', '.join(allowed)}")


def _refused(message: str) -> Refusal:
    """400 in the form of this part of the service (seen)."""
    return Refusal(json_response({"code": 400, "message": message}, 400))
