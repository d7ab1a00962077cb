"""`bitbucket-hooks report`: what a run of the engine means for the webhooks, in several formats."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bitbucket_hooks.cli import output

if TYPE_CHECKING:
    from bitbucket_hooks.report.changes import Changes

_FORMATS = ("terminal", "markdown", "bitbucket", "html", "json")
_to = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.argument("file", required=False, type=click.Path(dir_okay=False, allow_dash=True))
@click.option(
    "--format",
    "format_",
    type=click.Choice(_FORMATS),
    default="terminal",
    show_default=True,
    help="What to print: markdown is GitHub's, bitbucket is Bitbucket's.",
)
@click.option("--markdown", type=_to, help="Also write GitHub's Markdown to a file.")
@click.option("--html", type=_to, help="Also write a page of its own to a file.")
@click.option("--json", "json_", type=_to, help="Also write JSON to a file.")
@click.option("--title", default="", help="The heading, in place of the stack's name.")
@click.option(
    "--limit",
    type=click.IntRange(min=500),
    help="The most characters of Markdown; it folds to fit.  [default: 32000]",
)
@click.pass_context
def report(
    context: click.Context,
    file: str | None,
    format_: str,
    markdown: Path | None,
    html: Path | None,
    json_: Path | None,
    title: str,
    limit: int | None,
) -> None:
    r"""Say what a preview, an update or a refresh means for the webhooks.

    FILE, or standard input, is what the engine printed with --json or wrote with --event-log:

    \b
      pulumi preview --json --refresh | bitbucket-hooks report
      pulumi up --yes --json >run.jsonl; bitbucket-hooks report run.jsonl --html run.html

    Exits with 0 when nothing changes, 3 when something does or has drifted, 1 when the declarations
    are wrong, and 2 when the run failed otherwise.
    """
    from bitbucket_hooks.report.build import changes_of  # noqa: PLC0415 - late, as all here
    from bitbucket_hooks.report.read import read  # noqa: PLC0415

    text, source = _input(file)
    changes = changes_of(read(text, source))
    targets = (("markdown", markdown), ("html", html), ("json", json_))
    for kind, path in targets:
        if path is not None:
            _write(path, _rendered(changes, kind, title, limit))
    _print(changes, format_, title, limit)
    context.exit(changes.exit_code)


def _input(file: str | None) -> tuple[str, str]:
    """The text to read, and what to call it in messages."""
    if file in (None, "-"):
        if file is None and sys.stdin.isatty():
            raise click.UsageError(
                "name a FILE, or pipe `pulumi preview --json --refresh` into this command"
            )
        return _decoded(sys.stdin.buffer.read()), "standard input"
    try:
        return _decoded(Path(str(file)).read_bytes()), str(file)
    except OSError as error:
        raise click.ClickException(f"{file}: {error.strerror}") from None


def _decoded(data: bytes) -> str:
    """The text of what was written, by a shell that may prefer UTF-16 too."""
    is_wide = data[:2] in (b"\xff\xfe", b"\xfe\xff")
    return data.decode("utf-16" if is_wide else "utf-8-sig", errors="replace")


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
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise click.ClickException(f"{path}: {error.strerror}") from None
    click.echo(f"wrote {output.text(str(path))}", err=True)
