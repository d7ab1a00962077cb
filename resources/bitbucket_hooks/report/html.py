"""A report as one HTML file: nothing is fetched, everything from outside is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from bitbucket_hooks.html.frame import framed, safe
from bitbucket_hooks.model.wording import counted
from bitbucket_hooks.report.document import (
    Document,
    Figure,
    Mark,
    Origin,
    ReportEntry,
    Section,
    Span,
    Statement,
    Style,
    Text,
    sentence,
)
from bitbucket_hooks.report.page import SCRIPT, STYLE

_SHORT: Final = 12  # digits of a commit
_FEW: Final = 4  # items that need no fold
_CLASSES: Final = {
    Mark.ADD: "add",
    Mark.CHANGE: "change",
    Mark.DELETE: "delete",
    Mark.DRIFT: "drift",
    Mark.KEEP: "keep",
    Mark.WARN: "warn",
    Mark.FAIL: "fail",
}
_SIGNS: Final = {
    Mark.ADD: ("+", "new"),
    Mark.CHANGE: ("~", "changed"),
    Mark.DELETE: ("−", "deleted"),  # noqa: RUF001  # as wide as the plus
    Mark.DRIFT: ("≠", "drift"),
    Mark.KEEP: ("·", "stays"),
    Mark.WARN: ("!", "warning"),
    Mark.FAIL: ("×", "failed"),  # noqa: RUF001  # a cross
}


def render(document: Document, origin: Origin | None = None) -> str:
    """Write a report as a page of its own."""
    return "\n".join(framed(document.title, STYLE, _body(document, origin), SCRIPT)) + "\n"


def _body(document: Document, origin: Origin | None) -> Iterator[str]:
    yield "<main>"
    yield f"<header><h1>{safe(document.title)}</h1><p class=context>{safe(document.context)}</p>"
    if origin:
        yield f"<p class=context>{' · '.join(_origin(origin))}</p>"
    if document.verdict != sentence(document.figures):  # else the figures say it
        yield f"<p class=verdict>{_inline(document.verdict)}</p>"
    yield "</header>"
    yield from _figures(document.figures)
    if document.warnings:
        yield "<section class=first aria-labelledby=first><h2 id=first>Look at this first</h2><ul>"
        yield from (_line(line) for line in document.warnings)
        yield "</ul></section>"
    if document.sections:
        yield from _filter()
    for number, section in enumerate(document.sections):
        yield from _section(section, number)
    if document.notes:
        yield "<footer>"
        yield from (f"<p>{_inline(note)}</p>" for note in document.notes)
        yield "</footer>"
    yield "</main>"


def _origin(origin: Origin) -> Iterator[str]:
    at = origin.at
    yield f'Written <time datetime="{at.isoformat()}">{at:%Y-%m-%d %H:%M} UTC</time>'
    if origin.commit:
        commit = f"<code>{safe(origin.commit[:_SHORT])}</code>"
        yield f"commit {_link(origin.page, commit)}{' with changes' if origin.is_dirty else ''}"
    if origin.run:
        yield _link(origin.run, "the pipeline's run")


def _link(url: str | None, inside: str) -> str:
    """A link to a page on the web; what leads elsewhere is none."""
    is_web = url is not None and url.startswith(("https://", "http://"))
    return f'<a href="{safe(str(url))}">{inside}</a>' if is_web else inside


def _figures(figures: Sequence[Figure]) -> Iterator[str]:
    if figures:
        tiles = "".join(
            f'<div class="{_CLASSES[one.mark]}"><dt>{safe(one.label)}</dt>'
            f"<dd>{one.number:,}</dd></div>"
            for one in figures
        )
        yield f'<dl class=figures aria-label="Hooks">{tiles}</dl>'


def _filter() -> Iterator[str]:
    """Hidden until the script runs: without it there is nothing to filter."""
    yield "<div class=filter hidden><label for=filter>Filter</label> <input id=filter type=search"
    yield 'placeholder="a hook, repository, url or event" autocomplete=off spellcheck=false>'
    yield "<output for=filter aria-live=polite></output></div>"


def _section(section: Section, number: int) -> Iterator[str]:
    heading = f"section-{number}"
    many = counted(len(section.entries), "declaration") if len(section.entries) > 1 else ""
    count = f"<span class=count>{many}</span>"
    yield f"<section aria-labelledby={heading}>"
    yield f"<h2 id={heading}>{safe(section.title)} {count}</h2>"
    yield from (_entry(entry) for entry in section.entries)
    yield "</section>"


def _entry(entry: ReportEntry) -> str:
    lines = "".join(map(_line, entry.lines))
    return (
        f'<article class="{_CLASSES[entry.mark]}"><h3>{_sign(entry.mark)}'
        f"<span>{_inline(entry.text)}</span></h3>"
        f"{_items(entry.items, 'hook')}{f'<ul>{lines}</ul>' if lines else ''}</article>"
    )


def _line(line: Statement) -> str:
    return (
        f'<li class="{_CLASSES[line.mark]}">{_sign(line.mark)}'
        f"<div>{_inline(line.text)}{_items(line.items, line.noun)}</div></li>"
    )


def _sign(mark: Mark) -> str:
    sign, word = _SIGNS[mark]
    return f'<span class=sign role=img aria-label="{word}">{sign}</span>'


def _items(items: Iterable[Text], noun: str) -> str:
    found = list(items)
    if not found:
        return ""
    rows = "".join(f"<li>{_inline(item)}</li>" for item in found)
    wide = any(len(item) > 1 for item in found)
    if len(found) <= _FEW:
        return f"<ul class={'wide' if wide else 'few'}>{rows}</ul>"
    listed = f"<ul class={'wide' if wide else 'names'}>{rows}</ul>"
    return f"<details><summary>{counted(len(found), noun)}</summary>{listed}</details>"


def _inline(text: Text) -> str:
    return "".join(map(_span, text))


def _span(span: Span) -> str:
    text = safe(span.text)
    tags = {
        Style.CODE: ("code", ""),
        Style.STRONG: ("strong", ""),
        Style.NAME: ("b", " class=name"),
    }
    if span.style is Style.PLAIN:
        return text
    tag, attributes = tags[span.style]
    return f"<{tag}{attributes}>{text}</{tag}>"
