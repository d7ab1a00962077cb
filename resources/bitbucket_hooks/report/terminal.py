"""A report for a terminal: colours and folding where somebody watches, plain lines elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

import click

from bitbucket_hooks.errors import printable
from bitbucket_hooks.report.document import Document, Entry, Line, Mark, Span, Style, Text
from bitbucket_hooks.wording import plural

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


def show(document: Document, console: Console | None = None, *, err: bool = False) -> None:
    """Print a report, on standard error if `err` says so.

    On a terminal, or a `console` that is given, with colours and folded.
    """
    if console is None and not (sys.stderr if err else sys.stdout).isatty():
        for indent, mark, text in _rows(document):
            line = f"{' ' * indent}{f'{mark.value} ' if mark else ''}{_flat(text)}"
            click.echo(line.rstrip(), err=err)
        return
    from rich.console import Console as RichConsole  # noqa: PLC0415 - only a terminal pays for it

    console = console or RichConsole(highlight=False, stderr=err)
    for indent, mark, text in _rows(document):
        _draw(console, indent, mark, text)


def _rows(document: Document) -> Iterator[_Row]:
    """The report line by line: how far in, with which mark, what."""
    yield 0, None, (Span(document.title, Style.STRONG),)
    yield 0, None, (Span(document.context),)
    yield 0, None, ()
    yield 0, None, document.verdict
    if document.warnings:
        yield 0, None, ()
    for line in document.warnings:
        yield from _line(line, 0)
    for section in document.sections:
        yield 0, None, ()
        yield 0, None, (Span(section.title, Style.STRONG),)
        for entry in section.entries:
            yield from _entry(entry)
    if document.notes:
        yield 0, None, ()
    for note in document.notes:
        yield 0, None, note


def _entry(entry: Entry) -> Iterator[_Row]:
    yield 2, entry.mark, entry.text
    yield from _items(entry.items, 6, "hook")
    for line in entry.lines:
        yield from _line(line, 6)


def _line(line: Line, indent: int) -> Iterator[_Row]:
    yield indent, line.mark, line.text
    yield from _items(line.items, indent + 4, line.noun)


def _items(items: Sequence[Text], indent: int, noun: str) -> Iterator[_Row]:
    """The first of the items; those that are a name alone side by side."""
    some, more = items[:_SHOWN], len(items) - _SHOWN
    rest = f"… and {more:,} more {plural(noun) if more > 1 else noun}" if more > 0 else ""
    if all(len(item) == 1 for item in some):
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


def _draw(console: Console, indent: int, mark: Mark | None, text: Text) -> None:
    """Print a line; what doesn't fit goes on under its beginning."""
    from rich.padding import Padding  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text as RichText  # noqa: PLC0415

    indent = min(indent, console.width // 8)  # a narrow terminal needs its width for words
    if mark is None:
        console.print(Padding(_styled(text), (0, 0, 0, indent)))
        return
    colour = _COLOURS[mark]
    row = Table.grid(padding=(0, 1, 0, 0))
    row.add_column(width=1)
    row.add_column(overflow="fold")
    row.add_row(RichText(mark.value, style=f"bold {colour}"), _styled(text, colour))
    console.print(Padding(row, (0, 0, 0, indent)))


def _styled(text: Text, colour: str = "default") -> RichText:
    from rich.text import Text as RichText  # noqa: PLC0415

    styles = {
        Style.PLAIN: "",
        Style.CODE: "cyan",
        Style.STRONG: f"bold {colour}",
        Style.NAME: "bold",
    }
    return RichText.assemble(*((_safe(span), styles[span.style]) for span in text))
