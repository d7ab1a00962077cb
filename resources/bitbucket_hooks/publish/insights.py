"""On a commit: a Code Insights report with annotations, and a build status, one per stack."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Any, Final

from bitbucket_hooks.api.commits import Commit, CommitApi
from bitbucket_hooks.model.wording import counted
from bitbucket_hooks.publish.folding import cut, key_of, one_line
from bitbucket_hooks.publish.report import Annotation, Published, ReportFigure, Severity

MAX_ANNOTATIONS: Final = 1000
"""Of one report (public API description)."""

MAX_FIGURES: Final = 10
"""Of one report (public API description)."""

MAX_LINE: Final = 450
"""Characters of an annotation's summary (reported); of other single lines it is unverified."""

MAX_DETAILS: Final = 2000
"""Characters; the limit of the vendor's server product, that of the service is unverified."""

_RESULTS: Final = {True: "PASSED", False: "FAILED", None: "PENDING"}
_ORDER: Final = {severity: place for place, severity in enumerate(Severity)}
_MORE: Final = "\n(more is left out)"

MAX_TEXT: Final = 255
"""Characters of a status's name and description (unverified; of the key they are 40)."""

_STATES: Final = {True: "SUCCESSFUL", False: "FAILED", None: "INPROGRESS"}
_STOPPED: Final = "STOPPED"


def put_report(api: CommitApi, where: Commit, report: Published, link: str) -> str:
    """Put a stack's report in place of its earlier one on this commit; gives what was done.

    Raises ApiError.
    """
    name = key_of(report.project, report.stack)
    findings = folded(report.findings)
    annotations = [
        _annotation(f"{name}-{number:04}", finding) for number, finding in enumerate(findings, 1)
    ]
    api.replace_report(where, name, _body(report, link), annotations)
    return f"report {name}, {counted(len(annotations), 'annotation')}"


def put_status(api: CommitApi, where: Commit, report: Published, link: str) -> str:
    """Set the stack's status of this commit; gives what was done. Raises ApiError."""
    state = _STOPPED if report.stopped else _STATES[report.passed]
    status = {
        "key": key_of(report.project, report.stack),
        "state": state,
        "name": one_line(report.title, MAX_TEXT),
        "description": one_line(report.summary, MAX_TEXT),
        "url": link,
    }
    api.put_status(where, status)
    return state


def folded(findings: Sequence[Annotation]) -> list[Annotation]:
    """The findings, the gravest first; the last ones as one when they are too many."""
    ordered = sorted(findings, key=lambda finding: _ORDER[finding.severity])
    if len(ordered) <= MAX_ANNOTATIONS:
        return ordered
    kept, rest = ordered[: MAX_ANNOTATIONS - 1], ordered[MAX_ANNOTATIONS - 1 :]
    return [
        *kept,
        Annotation(
            summary=f"and {len(rest):,} more findings",
            details="\n".join(finding.summary for finding in islice(rest, MAX_DETAILS)),
            severity=rest[0].severity,
            failed=any(finding.failed for finding in rest),
        ),
    ]


def _body(report: Published, link: str) -> dict[str, Any]:
    body: dict[str, Any] = {
        "title": one_line(report.title, MAX_LINE),
        "details": _details(report),
        "report_type": "TEST",
        "reporter": "bitbucket-hooks",
        "result": _RESULTS[report.passed],
        "data": [_datum(figure) for figure in report.figures[:MAX_FIGURES]],
    }
    if len(link) <= MAX_LINE:
        body["link"] = link
    return body


def _details(report: Published) -> str:
    """What the report says, with the figures that found no place at its end."""
    rest = report.figures[MAX_FIGURES:]
    parts = [
        report.summary,
        report.details,
        *(f"{figure.title}: {figure.value}" for figure in rest),
    ]
    return cut("\n".join(part for part in parts if part), MAX_DETAILS, _MORE)


def _datum(figure: ReportFigure) -> dict[str, Any]:
    value = figure.value
    if isinstance(value, bool):
        kind = "BOOLEAN"
    elif isinstance(value, str):
        kind, value = "TEXT", one_line(value, MAX_LINE)
    else:
        kind = "NUMBER"
    return {"title": one_line(figure.title, MAX_LINE), "type": kind, "value": value}


def _annotation(name: str, finding: Annotation) -> dict[str, Any]:
    body: dict[str, Any] = {
        "external_id": name,
        "annotation_type": "BUG" if finding.failed else "CODE_SMELL",
        "result": "FAILED" if finding.failed else "PASSED",
        "severity": finding.severity.value,
        # without a summary it would be refused (reported)
        "summary": one_line(finding.summary, MAX_LINE) or "(no words)",
    }
    if finding.details:
        body["details"] = cut(finding.details, MAX_DETAILS, _MORE)
    if finding.path is not None:
        body["path"] = finding.path
        if finding.line is not None:
            body["line"] = finding.line
    return body
