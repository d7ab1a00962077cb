"""Tables that fit a terminal: which columns there is room for, and how wide each is."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

import click
from rich import box
from rich.table import Table
from rich.text import Text

from bitbucket_hooks.report.terminal import screen

if TYPE_CHECKING:
    from collections.abc import Sequence

_ENOUGH: Final = 28  # characters of a word by which one can tell it
_LINES: Final = 2  # over which a cell is spread at most where columns can be left out
_BETWEEN: Final = 3  # characters that part a column from the next


def draw(headings: Sequence[str], rows: Sequence[Sequence[str]], wide: Sequence[str]) -> None:
    """Print a table that fits the terminal, without the columns `wide` unless there is room."""
    console = screen(sys.stdout)
    columns = [list(column) for column in zip(headings, *rows, strict=True)]
    fitting, widths = _fitted(columns, wide, console.width)
    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column, width in zip(fitting, widths, strict=True):
        drawn.add_column(column[0], overflow="ellipsis", width=width)
    for row in zip(*(column[1:] for column in fitting), strict=True):
        drawn.add_row(*map(Text, row))
    console.print(drawn)
    hidden = [column[0] for column in columns if column not in fitting]
    is_cut = any(
        _longest_word(column) > width for column, width in zip(fitting, widths, strict=True)
    )
    if hidden or is_cut:
        more = f", also {', '.join(hidden)}" if hidden else ""
        click.echo(f"--wide shows everything{more}.")


_Column = list[str]
"""The heading and the cells of a column."""


def _fitted(
    columns: list[_Column], wide: Sequence[str], room: int
) -> tuple[list[_Column], list[int]]:
    """The columns for which there is room, and how wide each is: lines break between words.

    Without `wide`, the first of them first, until all others have enough room. What room is left
    then goes to columns whose words are cut, and to those that are short of it.
    """
    dropped = [column for heading in wide for column in columns if column[0] == heading]
    while dropped and sum(map(_enough, columns)) > _inner(room, columns):
        columns = [column for column in columns if column is not dropped[0]]
        del dropped[0]
    widths = [_enough(column) for column in columns]
    most = [max(map(len, column)) for column in columns]
    spare = _inner(room, columns) - sum(widths)
    for _ in range(abs(spare)):
        is_cut = [
            _longest_word(column) > width for column, width in zip(columns, widths, strict=True)
        ]
        wanting = max(range(len(widths)), key=lambda at: (is_cut[at], most[at] / widths[at]))
        if spare < 0:
            widths[widths.index(max(widths))] -= 1
        elif widths[wanting] < most[wanting]:
            widths[wanting] += 1
    return columns, [max(width, 1) for width in widths]


def _inner(room: int, columns: Sequence[_Column]) -> int:
    return room - len(columns) * _BETWEEN


def _enough(column: _Column) -> int:
    """How wide a column has to be: its words don't touch, and its cells not too high."""
    height = -(-max(map(len, column)) // _LINES)
    return min(max(_longest_word(column), height), _ENOUGH)


def _longest_word(column: _Column) -> int:
    return max((len(word) for cell in column for word in cell.split()), default=1)
