"""How commands show a report: on the terminal, and in files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from bitbucket_hooks.cli import output
from bitbucket_hooks.cli.gathered import gathered
from bitbucket_hooks.files import write_whole

if TYPE_CHECKING:
    from bitbucket_hooks.report.changes import Changes

_FORMATS: Final = ("terminal", "markdown", "bitbucket", "html", "json")
_to = click.Path(dir_okay=False, path_type=Path)


_OPTIONS: Final[Mapping[str, Callable[..., Any]]] = {
    "limit": click.option(
        "--limit",
        type=click.IntRange(min=500),
        help="The most characters of Markdown, which folds to fit; default: 32000.",
    ),
    "title": click.option("--title", default="", help="The heading; default: the stack's name."),
    "json_": click.option("--json", "json_", type=_to, help="Also write JSON to a file."),
    "html": click.option("--html", type=_to, help="Also write a page of its own to a file."),
    "markdown": click.option(
        "--markdown", type=_to, help="Also write GitHub's Markdown to a file."
    ),
    "format_": click.option(
        "--format",
        "format_",
        type=click.Choice(_FORMATS),
        default="terminal",
        show_default=True,
        help="What to print: markdown is GitHub's, bitbucket is Bitbucket's.",
    ),
}

options: Final = gathered("how", _OPTIONS)
"""Adds the options that `show` takes, and hands them on as `how`."""


def show(
    changes: Changes,
    *,
    format_: str,
    markdown: Path | None,
    html: Path | None,
    json_: Path | None,
    title: str,
    limit: int | None,
) -> None:
    """Print a report, and write the files that are asked for."""
    for kind, path in (("markdown", markdown), ("html", html), ("json", json_)):
        if path is not None:
            _write(path, _rendered(changes, kind, title, limit))
    _print(changes, format_, title, limit)


def _rendered(changes: Changes, kind: str, title: str, limit: int | None) -> str:
    from bitbucket_hooks.report.tell import tell  # noqa: PLC0415

    if kind == "json":
        import json  # noqa: PLC0415

        from bitbucket_hooks.report import as_json  # noqa: PLC0415

        return json.dumps(as_json.render(changes), indent=2) + "\n"
    if kind == "html":
        from bitbucket_hooks.report import html  # noqa: PLC0415

        return html.render(tell(changes, title))
    from bitbucket_hooks.report import markdown  # noqa: PLC0415

    flavour = markdown.Flavour.BITBUCKET if kind == "bitbucket" else markdown.Flavour.GITHUB
    return markdown.render(tell(changes, title), flavour, limit=limit or markdown.LIMIT)


def _print(changes: Changes, kind: str, title: str, limit: int | None) -> None:
    if kind != "terminal":
        click.echo(_rendered(changes, kind, title, limit), nl=False)
        return
    from bitbucket_hooks.report import terminal  # noqa: PLC0415
    from bitbucket_hooks.report.tell import tell  # noqa: PLC0415

    terminal.show(tell(changes, title))


def _write(path: Path, text: str) -> None:
    write_whole(path, text)
    click.echo(f"wrote {output.text(str(path))}", err=True)
