"""On a commit: a Code Insights report with annotations, and a build status, one per stack."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from itertools import islice
from typing import Any, Final

from bitbucket_hooks.api.commits import Commit, CommitApi
from bitbucket_hooks.model.wording import counted
from bitbucket_hooks.publish.report import Annotation, Published, Severity

MAX_ANNOTATIONS: Final = 1000
"""Of one report (public API description)."""

MAX_FIGURES: Final = 10
"""Of one report (public API description)."""

MAX_LINE: Final = 450
"""Characters of an annotation's summary (reported); of other single lines it is unverified."""

MAX_DETAILS: Final = 2000
"""Characters; the limit of the vendor's server product, that of the service is unverified."""

MAX_TEXT: Final = 255
"""Characters of a status's name and description (unverified)."""

MAX_KEY: Final = 40
"""Characters of a build status' key (seen in refusals); names of reports keep to it as well."""

_PRODUCT: Final = "bitbucket-hooks"
_PLAIN: Final = re.compile(r"[A-Za-z0-9_.~-]+")
_MORE: Final = "\n(more is left out)"


def put_report(api: CommitApi, where: Commit, report: Published, link: str) -> str:
    """Put a stack's report in place of its earlier one on this commit; gives what was done.

    Raises ApiError.
    """
    name = key_of(report.project, report.stack)
    annotations = [
        _annotation(f"{name}-{number:04}", finding)
        for number, finding in enumerate(_folded(report.findings), 1)
    ]
    api.replace_report(where, name, _body(report, link), annotations)
    return f"report {name}, {counted(len(annotations), 'annotation')}"


def put_status(api: CommitApi, where: Commit, report: Published, link: str) -> str:
    """Set the stack's status of this commit; gives what was done. Raises ApiError."""
    state = "STOPPED" if report.stopped else "SUCCESSFUL" if report.passed else "FAILED"
    status = {
        "key": key_of(report.project, report.stack),
        "state": state,
        "name": _one_line(report.title, MAX_TEXT),
        "description": _one_line(report.summary, MAX_TEXT),
        "url": link,
    }
    api.put_status(where, status)
    return state


def key_of(project: str, stack: str) -> str:
    """The name of a stack's report and status: at most 40 characters that need no quoting."""
    name = f"{_PRODUCT}~{project}~{stack}"
    if len(name) <= MAX_KEY and _PLAIN.fullmatch(name):
        return name
    digest = hashlib.sha256(f"{project}\0{stack}".encode()).hexdigest()
    return f"{_PRODUCT}~{digest}"[:MAX_KEY]


def _folded(findings: Sequence[Annotation]) -> list[Annotation]:
    """The findings, the gravest first; the last ones as one when they are too many."""
    gravest_first = list(Severity)
    ordered = sorted(findings, key=lambda finding: gravest_first.index(finding.severity))
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
        "title": _one_line(report.title, MAX_LINE),
        "details": _details(report),
        "report_type": "TEST",
        "reporter": _PRODUCT,
        "result": "PASSED" if report.passed else "FAILED",
        "data": [
            {"title": figure.label, "type": "NUMBER", "value": figure.number}
            for figure in report.figures[:MAX_FIGURES]
        ],
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
        *(f"{figure.label}: {figure.number}" for figure in rest),
    ]
    return _whole_lines("\n".join(part for part in parts if part))


def _annotation(name: str, finding: Annotation) -> dict[str, Any]:
    body: dict[str, Any] = {
        "external_id": name,
        "annotation_type": "BUG" if finding.failed else "CODE_SMELL",
        "result": "FAILED" if finding.failed else "PASSED",
        "severity": finding.severity.value,
        # without a summary it would be refused (reported)
        "summary": _one_line(finding.summary, MAX_LINE) or "(no words)",
    }
    if finding.details:
        body["details"] = _whole_lines(finding.details)
    if finding.path is not None:
        body["path"] = finding.path
        if finding.line is not None:
            body["line"] = finding.line
    return body


def _one_line(text: str, limit: int) -> str:
    """The text on one line of at most `limit` characters."""
    line = " ".join(_clean(text).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def _whole_lines(text: str) -> str:
    """The details that fit, and a note where there are more; a line alone is cut."""
    text = _clean(text)
    if len(text) <= MAX_DETAILS:
        return text
    begin = text[: MAX_DETAILS - len(_MORE)]
    return (begin.rpartition("\n")[0] or begin) + _MORE


def _clean(text: str) -> str:
    """The text without half characters, which JSON can spell and nobody else can write."""
    return text.encode("utf-8", "replace").decode()
