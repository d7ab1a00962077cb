"""How commands show a report: on the terminal, and in files."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from bitbucket_hooks.cli import output
from bitbucket_hooks.cli.command import file_path, json_option, shared_options
from bitbucket_hooks.filesystem.files import write_whole
from bitbucket_hooks.report import as_json, markdown, terminal
from bitbucket_hooks.report.to_document import to_document

if TYPE_CHECKING:
    from bitbucket_hooks.report.changes import Changes

_PEOPLES: Final = "terminal"
_FORMATS: Final = (_PEOPLES, "markdown", "bitbucket", "html", "json")

_OPTIONS: Final[Mapping[str, Callable[..., Any]]] = {
    "limit": click.option(
        "--limit",
        type=click.IntRange(min=500),
        help="The most characters of Markdown, which folds to fit; default: 32000.",
    ),
    "title": click.option("--title", default="", help="The heading; default: the stack's name."),
    "json_file": click.option(
        "--json-file", type=file_path, metavar="FILE", help="Also write JSON to a file."
    ),
    "html": click.option(
        "--html", type=file_path, metavar="FILE", help="Also write a page of its own to a file."
    ),
    "markdown": click.option(
        "--markdown", type=file_path, metavar="FILE", help="Also write GitHub's Markdown to a file."
    ),
    "format_": click.option(
        "--format",
        "format_",
        type=click.Choice(_FORMATS),
        default=_PEOPLES,
        show_default=True,
        help="What to print: markdown is GitHub's, bitbucket is Bitbucket's.",
    ),
    "json_": json_option,
}


def options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that `show` takes, and hand them on as `how`."""
    return output.wide_option(shared_options("how", _OPTIONS)(command))


def show(
    changes: Changes,
    *,
    format_: str,
    json_: bool,
    markdown: Path | None,
    html: Path | None,
    json_file: Path | None,
    title: str,
    limit: int | None,
    already: bool = False,
) -> None:
    """Print a report, and write the files that are asked for.

    One that people have read `already`, by `show_before`, isn't printed for them again.
    """
    for kind, path in (("markdown", markdown), ("html", html), ("json", json_file)):
        if path is not None:
            _write(path, _rendered(changes, kind, title, limit))
    kind = "json" if json_ else format_
    if kind != _PEOPLES:
        click.echo(_rendered(changes, kind, title, limit), nl=False)
    elif not already:
        _show_people(changes, title)


def show_before(changes: Changes, *, format_: str, json_: bool, title: str, **_: Any) -> None:
    """Let people read a report before they decide; a program reads only what comes of it."""
    _show_people(changes, title, err=json_ or format_ != _PEOPLES)


def _rendered(changes: Changes, kind: str, title: str, limit: int | None) -> str:
    if kind == "json":
        return json.dumps(as_json.render(changes), indent=2) + "\n"
    if kind == "html":
        # a page alone needs them, and they bring the HTTP library along
        from bitbucket_hooks.publish.origin import find_origin  # noqa: PLC0415
        from bitbucket_hooks.report import html  # noqa: PLC0415

        return html.render(to_document(changes, title), find_origin())
    flavour = markdown.Flavour.BITBUCKET if kind == "bitbucket" else markdown.Flavour.GITHUB
    return markdown.render(to_document(changes, title), flavour, limit=limit or markdown.LIMIT)


def _show_people(changes: Changes, title: str, *, err: bool = False) -> None:
    terminal.show(to_document(changes, title), err=err, wide=output.is_wide())


def _write(path: Path, text: str) -> None:
    write_whole(path, text)
    click.echo(f"wrote {output.text(str(path))}", err=True)
