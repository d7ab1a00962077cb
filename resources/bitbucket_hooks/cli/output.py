"""What commands print: tables for people, JSON for programs, and messages beside both."""

from __future__ import annotations

import io
import json
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout, suppress
from typing import Any, Final

import click

from bitbucket_hooks.model.errors import printable
from bitbucket_hooks.model.wording import in_short

_LONGEST: Final = 2000
_JSON: Final = "--json"
_WIDE: Final = "--wide"
_NO_PAGER: Final = "--no-pager"


def _remembered(name: str, text: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Add a flag that the context remembers, so that no function has to hand it on."""

    def remember(context: click.Context, _: click.Parameter, given: bool) -> None:
        context.meta[f"{__name__}{name}"] = given

    return click.option(name, is_flag=True, expose_value=False, callback=remember, help=text)


def _is_set(name: str) -> bool:
    context = click.get_current_context(silent=True)
    return context is not None and bool(context.meta.get(f"{__name__}{name}"))


json_option: Final = _remembered(_JSON, "Print JSON.")
wide_option: Final = _remembered(
    _WIDE, "Cut nothing: all columns and events, in lines as long as it takes."
)

pager_option: Final = _remembered(_NO_PAGER, "Print at once what is longer than the terminal.")


def wants_json() -> bool:
    """Whether the command was given --json."""
    return _is_set(_JSON)


def is_wide() -> bool:
    """Whether the command shall cut nothing."""
    return _is_set(_WIDE)


class _Screen(io.StringIO):
    """What is collected for a terminal, and looks as it would there."""

    def isatty(self) -> bool:
        return True


@contextmanager
def paged() -> Iterator[None]:
    """Show in a pager what is printed, where somebody watches and it is longer than the screen."""
    if _is_set(_NO_PAGER) or not (sys.stdin.isatty() and sys.stdout.isatty()):
        yield
        return
    screen = _Screen()
    try:
        with redirect_stdout(screen):
            yield
    finally:
        printed = screen.getvalue()
        if printed.count("\n") < shutil.get_terminal_size().lines:
            click.echo(printed, nl=False, color=True)
        else:
            click.echo_via_pager(printed)


def as_json(value: Any) -> None:
    """Print a value as JSON, which escapes control characters by itself."""
    click.echo(json.dumps(value, indent=2))


def said(line: str, value: Mapping[str, Any]) -> None:
    """Print a line, or with --json the value that says the same."""
    if wants_json():
        as_json(value)
    else:
        click.echo(line)


def note(message: str) -> None:
    """Print a note beside the output, which a program may read."""
    click.echo(f"Note: {text(message)}", err=True)


def warn(message: str) -> None:
    """Print a warning beside the output."""
    click.echo(f"Warning: {text(message)}", err=True)


def meanwhile(line: str) -> None:
    """Print a line beside the output while work goes on, which it does when nobody reads it."""
    with suppress(OSError):
        click.echo(line, err=True)


def wrote(file: object) -> None:
    """Say beside the output which file was written."""
    click.echo(f"wrote {text(str(file))}", err=True)


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
        from bitbucket_hooks.cli import terminal_table  # rich, for terminals alone

        terminal_table.draw(headings, cells, wide)
    else:
        lines = [[heading.upper() for heading in headings], *cells]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        for line in lines:
            padded = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
            click.echo("  ".join(padded).rstrip())


def _brief(value: object) -> object:
    """A cell without much; a list is one of events."""
    return (in_short(value) or value) if isinstance(value, (list, tuple)) else value


def text(value: object) -> str:
    """Bring a value into words that are safe for a terminal."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return " ".join(map(text, value))
    return "-" if value is None else printable(str(value), limit=_LONGEST)
