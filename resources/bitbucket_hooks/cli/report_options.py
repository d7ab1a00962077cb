"""How commands show a report: on the terminal, and in files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from bitbucket_hooks.cli import output
from bitbucket_hooks.cli.command import file_path, shared_options, with_options
from bitbucket_hooks.filesystem.files import write_whole
from bitbucket_hooks.report import as_json, markdown, terminal
from bitbucket_hooks.report.to_document import to_document

if TYPE_CHECKING:
    from bitbucket_hooks.report.changes import Changes

_TERMINAL: Final = "terminal"
_FORMATS: Final = (_TERMINAL, "markdown", "bitbucket", "html", "json")

_SHARED: Final = shared_options(
    "how",
    {
        "format_": click.option(
            "--format",
            "format_",
            type=click.Choice(_FORMATS),
            default=_TERMINAL,
            show_default=True,
            help="What to print: markdown is GitHub's, bitbucket is Bitbucket's.",
        ),
        "markdown": click.option(
            "--markdown",
            type=file_path,
            metavar="FILE",
            help="Also write GitHub's Markdown to a file.",
        ),
        "html": click.option(
            "--html", type=file_path, metavar="FILE", help="Also write a page of its own to a file."
        ),
        "json_file": click.option(
            "--json-file", type=file_path, metavar="FILE", help="Also write JSON to a file."
        ),
        "title": click.option(
            "--title", default="", help="The heading; default: the stack's name."
        ),
        "limit": click.option(
            "--limit",
            type=click.IntRange(min=500),
            help="The most characters of Markdown, which folds to fit; default: 32000.",
        ),
    },
)
options: Final = with_options(output.wide_option, output.json_option, _SHARED)
"""Adds the options that `show` takes, and hands them on as `how`."""


def show(
    changes: Changes,
    *,
    format_: str,
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
            write_whole(path, _rendered(changes, kind, title, limit))
            output.wrote(path)
    kind = _printed(format_)
    if kind != _TERMINAL:
        click.echo(_rendered(changes, kind, title, limit), nl=False)
    elif not already:
        terminal.show(to_document(changes, title), wide=output.is_wide())


def show_before(changes: Changes, *, format_: str, title: str, **_: Any) -> None:
    """Let people read a report before they decide; a program reads only what comes of it."""
    err = _printed(format_) != _TERMINAL
    terminal.show(to_document(changes, title), err=err, wide=output.is_wide())


def _printed(format_: str) -> str:
    """The format that is printed: `--json` is short for that of JSON."""
    return "json" if output.wants_json() else format_


def _rendered(changes: Changes, kind: str, title: str, limit: int | None) -> str:
    if kind == "json":
        return json.dumps(as_json.render(changes), indent=2) + "\n"
    if kind == "html":
        from bitbucket_hooks.publish.place import find_origin
        from bitbucket_hooks.report import html

        return html.render(to_document(changes, title), find_origin())
    flavour = markdown.Flavour.BITBUCKET if kind == "bitbucket" else markdown.Flavour.GITHUB
    return markdown.render(to_document(changes, title), flavour, limit=limit or markdown.LIMIT)
