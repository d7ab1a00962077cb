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
        from bitbucket_hooks.cli import terminal_table  # noqa: PLC0415 - rich, for terminals alone

        terminal_table.draw(headings, cells, wide)
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
