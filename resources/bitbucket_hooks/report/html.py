"""A report as one HTML file."""

from __future__ import annotations

from bitbucket_hooks.html.render import render_file
from bitbucket_hooks.report.document import Document, Origin, sentence


def render(document: Document, origin: Origin | None = None) -> str:
    """Write a report as a page of its own."""
    is_told_by_figures = document.verdict == sentence(document.figures)
    return render_file(
        "report",
        title=document.title,
        document=document,
        origin=origin,
        verdict=() if is_told_by_figures else document.verdict,
    )
