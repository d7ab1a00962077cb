"""A finished report, as whoever made it hands it over."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum

from attrs import frozen

from bitbucket_hooks.report.document import Figure

Render = Callable[[int], str]
"""Gives the report as Markdown in at most so many characters, folded as needed."""


class Severity(Enum):
    """How much a finding matters, the gravest first (public API description)."""

    CRITICAL = "CRITICAL"
    HIGH = "HIGH"
    MEDIUM = "MEDIUM"
    LOW = "LOW"


@frozen
class Annotation:
    """One thing that a reviewer should look at."""

    summary: str
    """One line."""
    details: str = ""
    severity: Severity = Severity.MEDIUM
    failed: bool = True
    """Whether it keeps the report from passing."""
    path: str | None = None
    """A file of the repository, from its root."""
    line: int | None = None
    """A line of that file, from 1."""


@frozen
class Published:
    """A report on one stack. Nothing in it is secret any more: it is shown as it is."""

    project: str
    stack: str
    title: str
    """One line: what was looked at."""
    summary: str
    """One line: what came of it."""
    passed: bool
    render: Render
    summarise: Render
    """The same for a job summary, as GitHub's Markdown unfolds what Bitbucket's can't."""
    details: str = ""
    """Plain text, the most important first; for where Markdown isn't shown."""
    figures: Sequence[Figure] = ()
    """The most important first."""
    findings: Sequence[Annotation] = ()
    stopped: bool = False
    """Whether the run was stopped: it didn't pass, though nothing failed."""
