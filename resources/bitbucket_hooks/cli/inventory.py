"""`bitbucket-hooks inventory`: every hook of a workspace and its repositories."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from bitbucket_hooks.cli import listing, output
from bitbucket_hooks.cli.command import command, file_or_stdout
from bitbucket_hooks.filesystem.files import write_whole
from bitbucket_hooks.inventory import declared, findings, render
from bitbucket_hooks.inventory.collect import RepositoryScope
from bitbucket_hooks.inventory.live import where
from bitbucket_hooks.model.wording import counted

if TYPE_CHECKING:
    from collections.abc import Callable

    from bitbucket_hooks.inventory.findings import HookFinding, Inventory

_PRINTED: Final = Path("-")

_WIDE: Final = ("uuid", "events", "secret", "description", "active")
"""Columns that a narrow terminal does without, the first first."""


@command(
    "bitbucket-hooks inventory acme",
    "bitbucket-hooks inventory prod --project PLAT --csv hooks.csv",
)
@listing.scope_options
@listing.state_option
@output.json_option
@output.wide_option
@output.pager_option
@click.option(
    "--csv",
    type=file_or_stdout,
    help="Write a file for spreadsheets; - prints it.",
)
@click.option("--html", type=file_or_stdout, help="Write a page that filters and sorts.")
@listing.resume_option
def inventory(
    *,
    stack: str | None,
    workspace: str | None,
    narrowed: dict[str, Any],
    states: tuple[Path, ...],
    csv: Path | None,
    html: Path | None,
    resume: Path | None,
) -> None:
    """List all webhooks there are, and what is worth knowing of each.

    Those of a workspace and its repositories, by the account of STACK, whose workspace it is
    unless another is named. A name that none of the project's stacks has is a WORKSPACE's. Without
    a stack the account is that of the variables BITBUCKET_*, else of the selected stack. One
    request per repository and 100 hooks. What refuses is named and doesn't stop the rest. Exits
    with 0 when all else was listed, 1 for a mistake, and 2 when the remote side failed.
    """
    printed = [output.wants_json(), *(path == _PRINTED for path in (csv, html))]
    if sum(printed) > 1:
        raise click.UsageError("one alone can be printed: give the others the name of a file")
    settings = listing.account(stack, workspace)
    scope = RepositoryScope(listing.workspace_of(workspace, settings), **narrowed)
    known = [hook for path in states for hook in declared.read(path)]
    with closing(listing.begin(scope, settings, resume)) as kept:
        found = listing.collect("inventory of", scope, settings, kept)
        contents = findings.build_inventory(found, kept.addresses, known if states else None)
        _write(csv, render.as_csv, contents)
        _write(html, render.as_html, contents)
        with output.paged():
            _print(contents, is_listed=not (csv or html), err=any(printed))
        gone = "{0.subject}: {0.name} of {0.stack} has {0.uuid}, which is gone"
        missing = [gone.format(hook) for hook in contents.missing]
        listing.note_gaps(found, "--json and --html tell", missing)
        if found.unfinished:
            raise found.unfinished
        kept.remove()


def _write(path: Path | None, rendered: Callable[[Inventory], str], contents: Inventory) -> None:
    """Write a file, if one is asked for, or print it."""
    if path == _PRINTED:
        click.echo(rendered(contents), nl=False)
    elif path is not None:
        write_whole(path, rendered(contents))
        output.wrote(path)


def _print(contents: Inventory, *, is_listed: bool, err: bool) -> None:
    """Print the hooks, if they are to be listed, and a summary; with --json all in one."""
    if output.wants_json():
        output.as_json(render.as_json(contents))
        return
    if is_listed:
        _print_table(contents)
    click.echo(_summary(contents), err=err)


def _summary(contents: Inventory) -> str:
    figures = contents.figures()
    hooks, places = figures.pop("hooks"), figures.pop("repositories")
    figures.pop("hosts")
    more = [f"{count:,} {name}" for name, count in figures.items() if count]
    on = f"{counted(places, 'repository')} and the workspace"
    return f"{counted(hooks, 'hook')} on {on}{': ' if more else ''}{', '.join(more)}"


def _print_table(contents: Inventory) -> None:
    known = contents.stacks is not None
    headings = ["where", "description", "url", "events", "active", "secret", "findings"]
    rows = [
        [
            where(row.subject),
            row.live.description,
            row.live.url,
            row.live.events,
            row.live.active,
            row.live.secret_set,
            ", ".join(dict.fromkeys(map(_word, row.findings))) or None,
            *([", ".join(hook.name for hook in row.declared) or row.standing] if known else []),
            row.live.uuid,
        ]
        for row in contents.rows
    ]
    headings += ["declared", "uuid"] if known else ["uuid"]
    output.table(headings, rows, "There are no webhooks.", wide=_WIDE)


def _word(finding: HookFinding) -> str:
    return finding.code if finding.kind == "insecure" else finding.kind
