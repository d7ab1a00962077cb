"""Tables for people and JSON for programs."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any, Final

import click

from bitbucket_hooks.model.errors import printable
from bitbucket_hooks.model.wording import in_short

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_LONGEST: Final = 2000
_ENOUGH: Final = 28  # characters of a word by which one can tell it
_LINES: Final = 2  # over which a cell is spread at most where columns can be left out
_BETWEEN: Final = 3  # characters that part a column from the next
_WANTED_WIDE: Final = f"{__name__}.wide"


def wide_option(command: Callable[..., None]) -> Callable[..., None]:
    """Add `--wide`, by which tables and reports of the command go."""

    def remember(context: click.Context, _: click.Parameter, given: bool) -> None:
        context.meta[_WANTED_WIDE] = given

    return click.option(
        "--wide",
        is_flag=True,
        expose_value=False,
        callback=remember,
        help="Cut nothing: all columns and events, in lines as long as it takes.",
    )(command)


def is_wide() -> bool:
    """Whether the command was told to cut nothing."""
    context = click.get_current_context(silent=True)
    return context is not None and bool(context.meta.get(_WANTED_WIDE))


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
    """Print rows under headings, unbroken where nobody watches; `empty` if there are none.

    Control characters in the cells are escaped: the data may come from anybody. A terminal gets
    lines that fit, and without the columns `wide` unless it has room for them. Of many events it is
    said how many there are of each kind. With --wide everything is printed.
    """
    all_wanted = is_wide()
    cells = [[text(value if all_wanted else _brief(value)) for value in row] for row in rows]
    if not cells:
        click.echo(empty)
    elif sys.stdout.isatty() and not all_wanted:
        _drawn(headings, cells, wide)
    else:
        _plain([[heading.upper() for heading in headings], *cells])


def _brief(value: object) -> object:
    """A cell without much; a list is one of events."""
    return (in_short(value) or value) if isinstance(value, (list, tuple)) else value


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
    """How wide a column has to be: its words are told apart, and its cells not too high."""
    height = -(-max(map(len, column)) // _LINES)
    return min(max(_longest_word(column), height), _ENOUGH)


def _longest_word(column: _Column) -> int:
    return max((len(word) for cell in column for word in cell.split()), default=1)
