"""A report for a terminal: colours and folding where somebody watches, plain lines elsewhere."""

# ruff: noqa: PLC0415  # only a terminal pays for the import of rich

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final, TextIO, TypeAlias

import click

from bitbucket_hooks.model.errors import printable
from bitbucket_hooks.model.wording import counted
from bitbucket_hooks.report.document import (
    WORDED,
    Document,
    Mark,
    Span,
    Statement,
    Style,
    Text,
    listed,
)

if TYPE_CHECKING:
    from rich.console import Console

_SHOWN: Final = 8  # items of a line
_LINES: Final = 20  # of a declaration
_ENTRIES: Final = 100  # of a section
_LONGEST: Final = 600  # characters of a value
_UNBROKEN: Final = 100_000  # columns of a log
_COLOURS: Final = {
    Mark.ADD: "green",
    Mark.CHANGE: "yellow",
    Mark.DELETE: "red",
    Mark.DRIFT: "magenta",
    Mark.KEEP: "cyan",
    Mark.WARN: "yellow",
    Mark.FAIL: "red",
}
_Row: TypeAlias = tuple[int, Mark | None, Text]
_BLANK: Final[_Row] = (0, None, ())


def show(
    document: Document, console: Console | None = None, *, err: bool = False, wide: bool = False
) -> None:
    """Print a report, on standard error if `err` says so.

    On a terminal, or a `console` that is given, with colours and in lines that fit: they break
    between words, and a word that is too long is cut. `wide` prints everything in lines as long as
    they are.
    """
    console = console or coloured(sys.stderr if err else sys.stdout)
    if wide or console is None:
        for indent, mark, text in _rows(document, None if wide else _SHOWN):
            line = f"{' ' * indent}{f'{mark.value} ' if mark else ''}{_flat(text)}"
            click.echo(line.rstrip(), err=err)
        return
    lines = [_draw(console, indent, mark, text) for indent, mark, text in _rows(document, _SHOWN)]
    if not all(lines):
        console.print("--wide shows everything.")


def coloured(stream: TextIO) -> Console | None:
    """What draws on a terminal, and in a log for which colours are asked.

    In a log it breaks no lines. None: nothing is to be drawn.
    """
    return screen(stream) if stream.isatty() or _wants_colours() else None


def screen(stream: TextIO) -> Console:
    """What draws there, with or without colours."""
    from rich.console import Console

    return Console(
        file=stream,
        highlight=False,
        width=None if stream.isatty() else _UNBROKEN,
        force_terminal=True,
        no_color=_wants_colours() is False,
    )


def _wants_colours() -> bool | None:
    """What the environment says of colours: https://bixense.com/clicolors/; None: nothing."""
    variables = os.environ
    if variables.get("NO_COLOR"):
        return False
    if any(variables.get(name, "") not in ("", "0") for name in ("CLICOLOR_FORCE", "FORCE_COLOR")):
        return True
    return False if variables.get("CLICOLOR") == "0" else None


def _rows(document: Document, most: int | None) -> Iterator[_Row]:
    """The report line by line: how far in, with which mark, what; so many items, None: all."""
    yield 0, None, (Span(document.title, Style.STRONG),)
    yield 0, None, (Span(document.context),)
    yield _BLANK
    yield 0, None, document.verdict
    if document.warnings:
        yield _BLANK
    yield from _lines(document.warnings, 0, most, _ENTRIES, "warning")
    for section in document.sections:
        yield _BLANK
        yield 0, None, (Span(section.title, Style.STRONG),)
        yield from _lines(section.entries, 2, most, _ENTRIES, "declaration")
    if document.notes:
        yield _BLANK
    for note in document.notes:
        yield 0, None, note


def _lines(
    lines: Sequence[Statement], indent: int, most: int | None, few: int, noun: str
) -> Iterator[_Row]:
    """The first `few` lines, and how many more there are; all where all items are shown."""
    shown = lines if most is None else lines[:few]
    for line in shown:
        yield from _line(line, indent, most)
    if more := len(lines) - len(shown):
        yield indent, None, (Span(f"… and {counted(more, f'more {noun}')}"),)


def _line(line: Statement, indent: int, most: int | None) -> Iterator[_Row]:
    yield indent, line.mark, line.text
    shown = line.items[:most]
    more = len(line.items) - len(shown)
    rest = (Span(f"… and {counted(more, f'more {line.noun}')}"),)
    items = (*shown, rest) if more else shown
    if line.noun != WORDED and all(len(item) == 1 for item in items):
        items = (listed(items),) if items else ()  # names alone stand side by side
    for item in items:
        yield indent + 4, None, item
    yield from _lines(line.lines, indent + 4, most, _LINES, "line")


def _flat(text: Text) -> str:
    return "".join(_safe(span) for span in text)


def _safe(span: Span) -> str:
    return printable(span.text, _LONGEST)


def _draw(console: Console, indent: int, mark: Mark | None, text: Text) -> bool:
    """Print a line, which goes on under its beginning. Gives whether all of it is shown."""
    from rich.cells import cell_len
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text as RichText

    colour = _COLOURS[mark] if mark else "default"
    styles = {Style.CODE: "cyan", Style.STRONG: f"bold {colour}", Style.NAME: "bold"}
    indent = min(indent, console.width // 8)  # a narrow terminal needs its width for words
    room = console.width - indent - (2 if mark else 0)
    longest = max((cell_len(word) for word in _flat(text).split()), default=0)
    is_whole = console.width == _UNBROKEN
    parts = (
        (_safe(span) if is_whole or span.brief is None else span.brief, styles.get(span.style, ""))
        for span in text
    )
    words = RichText.assemble(*parts, overflow="ellipsis")
    row = Table.grid(padding=(0, 1, 0, 0))
    row.add_column(width=1)
    row.add_column()
    if mark:
        row.add_row(RichText(mark.value, style=f"bold {colour}"), words)
    line = row if mark else words
    console.print(Padding(line, (0, 0, 0, indent), expand=False) if text else "")
    return longest <= room and (is_whole or all(span.brief is None for span in text))
