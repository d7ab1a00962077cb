"""A report for a terminal: colours and folding where somebody watches, plain lines elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

import click

from bitbucket_hooks.model.errors import printable
from bitbucket_hooks.model.wording import plural
from bitbucket_hooks.report.document import (
    WORDED,
    Document,
    Mark,
    ReportEntry,
    Span,
    Statement,
    Style,
    Text,
)

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text as RichText

_SHOWN: Final = 8  # items of a line
_LONGEST: Final = 600  # characters of a value
_COLOURS: Final = {
    Mark.ADD: "green",
    Mark.CHANGE: "yellow",
    Mark.DELETE: "red",
    Mark.DRIFT: "magenta",
    Mark.KEEP: "cyan",
    Mark.WARN: "yellow",
    Mark.FAIL: "red",
}
_Row = tuple[int, Mark | None, Text]


def show(
    document: Document, console: Console | None = None, *, err: bool = False, wide: bool = False
) -> None:
    """Print a report, on standard error if `err` says so.

    On a terminal, or a `console` that is given, with colours and in lines that fit: they break
    between words, and a word that is too long is cut. `wide` prints everything in lines as long as
    they are.
    """
    if wide or (console is None and not (sys.stderr if err else sys.stdout).isatty()):
        for indent, mark, text in _rows(document, None if wide else _SHOWN):
            line = f"{' ' * indent}{f'{mark.value} ' if mark else ''}{_flat(text)}"
            click.echo(line.rstrip(), err=err)
        return
    from rich.console import Console as RichConsole  # noqa: PLC0415 - only a terminal pays for it

    console = console or RichConsole(highlight=False, stderr=err)
    lines = [_draw(console, indent, mark, text) for indent, mark, text in _rows(document, _SHOWN)]
    if not all(lines):
        console.print("--wide shows everything.")


def _rows(document: Document, most: int | None) -> Iterator[_Row]:
    """The report line by line: how far in, with which mark, what; so many items, None: all."""
    yield 0, None, (Span(document.title, Style.STRONG),)
    yield 0, None, (Span(document.context),)
    yield 0, None, ()
    yield 0, None, document.verdict
    if document.warnings:
        yield 0, None, ()
    for line in document.warnings:
        yield from _line(line, 0, most)
    for section in document.sections:
        yield 0, None, ()
        yield 0, None, (Span(section.title, Style.STRONG),)
        for entry in section.entries:
            yield from _entry(entry, most)
    if document.notes:
        yield 0, None, ()
    for note in document.notes:
        yield 0, None, note


def _entry(entry: ReportEntry, most: int | None) -> Iterator[_Row]:
    yield 2, entry.mark, entry.text
    yield from _items(entry.items[:most], len(entry.items), 6, "hook")
    for line in entry.lines:
        yield from _line(line, 6, most)


def _line(line: Statement, indent: int, most: int | None) -> Iterator[_Row]:
    yield indent, line.mark, line.text
    yield from _items(line.items[:most], len(line.items), indent + 4, line.noun)


def _items(some: Sequence[Text], total: int, indent: int, noun: str) -> Iterator[_Row]:
    """Some of the items; those that are a name alone side by side."""
    more = total - len(some)
    rest = f"… and {more:,} more {plural(noun) if more > 1 else noun}" if more > 0 else ""
    if noun != WORDED and all(len(item) == 1 for item in some):
        spans: list[Span] = []
        for item in some:
            spans += [Span(", "), *item] if spans else item
        spans += [Span(f", {rest}")] if rest else []
        if spans:
            yield indent, None, tuple(spans)
        return
    for item in some:
        yield indent, None, item
    if rest:
        yield indent, None, (Span(rest),)


def _flat(text: Text) -> str:
    return "".join(_safe(span) for span in text)


def _safe(span: Span) -> str:
    return printable(span.text, _LONGEST)


def _draw(console: Console, indent: int, mark: Mark | None, text: Text) -> bool:
    """Print a line, which goes on under its beginning. Gives whether all of it is shown."""
    from rich.padding import Padding  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text as RichText  # noqa: PLC0415

    indent = min(indent, console.width // 8)  # a narrow terminal needs its width for words
    room = console.width - indent - (2 if mark else 0)
    whole = all(span.brief is None for span in text) and _longest_word(text) <= room
    if mark is None:
        console.print(Padding(_styled(text), (0, 0, 0, indent)))
        return whole
    colour = _COLOURS[mark]
    row = Table.grid(padding=(0, 1, 0, 0))
    row.add_column(width=1)
    row.add_column()
    row.add_row(RichText(mark.value, style=f"bold {colour}"), _styled(text, colour))
    console.print(Padding(row, (0, 0, 0, indent)))
    return whole


def _longest_word(text: Text) -> int:
    from rich.cells import cell_len  # noqa: PLC0415

    return max((cell_len(word) for word in _flat(text).split()), default=0)


def _styled(text: Text, colour: str = "default") -> RichText:
    from rich.text import Text as RichText  # noqa: PLC0415

    styles = {
        Style.PLAIN: "",
        Style.CODE: "cyan",
        Style.STRONG: f"bold {colour}",
        Style.NAME: "bold",
    }
    parts = ((_brief(span), styles[span.style]) for span in text)
    return RichText.assemble(*parts, overflow="ellipsis")


def _brief(span: Span) -> str:
    return _safe(span) if span.brief is None else span.brief
