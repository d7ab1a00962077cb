"""Tables for people and JSON for programs."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click

from bitbucket_hooks.errors import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

_LONGEST = 2000
_WIDE = 120


def as_json(value: Any) -> None:
    """Print a value as JSON, which escapes control characters by itself."""
    click.echo(json.dumps(value, indent=2))


def table(
    headings: Sequence[str],
    rows: Sequence[Sequence[object]],
    empty: str,
    *,
    wide: Sequence[str] = (),
) -> None:
    """Print rows under headings, plain and unbroken when nobody watches; `empty` if there are none.

    Control characters in the cells are escaped: the data may come from anybody. A terminal that is
    not wide does without the columns `wide`.
    """
    cells = [[text(value) for value in row] for row in rows]
    if not cells:
        click.echo(empty)
    elif sys.stdout.isatty():
        _drawn(headings, cells, wide)
    else:
        _plain([[heading.upper() for heading in headings], *cells])


def text(value: object) -> str:
    """Bring a value into words that are safe for a terminal."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return " ".join(text(each) for each in value)
    return "-" if value is None else printable(str(value), limit=_LONGEST)


def _plain(lines: Sequence[Sequence[str]]) -> None:
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        padded = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        click.echo("  ".join(padded).rstrip())


def _drawn(headings: Sequence[str], rows: Sequence[Sequence[str]], wide: Sequence[str]) -> None:
    from rich import box  # noqa: PLC0415 - only a terminal pays for it
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    console = Console(highlight=False)
    hidden = wide if console.width < _WIDE else ()
    shown = [number for number, heading in enumerate(headings) if heading not in hidden]
    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for number in shown:
        drawn.add_column(headings[number], overflow="fold")
    for row in rows:
        drawn.add_row(*(Text(row[number]) for number in shown))
    console.print(drawn)
    if hidden:
        click.echo(f"A wider terminal and --json also show: {', '.join(hidden)}")
