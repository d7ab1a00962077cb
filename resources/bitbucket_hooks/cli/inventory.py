"""`bitbucket-hooks inventory`: every hook of a workspace and its repositories."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from bitbucket_hooks.cli import output, remote

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bitbucket_hooks.api.clock import Clock
    from bitbucket_hooks.inventory.collect import Collected, Scope
    from bitbucket_hooks.inventory.findings import Inventory
    from bitbucket_hooks.inventory.keeping import Kept
    from bitbucket_hooks.settings import Settings

_MOST_NOTES: Final = 20  # of a kind
_to: Final = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.argument("workspace", required=False)
@click.option(
    "--repositories",
    multiple=True,
    metavar="GLOB",
    help="Only these: a slug or glob; again for more.",
)
@click.option("--exclude", multiple=True, metavar="GLOB", help="Not these; again for more.")
@click.option("--project", metavar="KEY", help="Only repositories of this project.")
@click.option(
    "--state",
    "states",
    multiple=True,
    type=_to,
    metavar="FILE",
    help="What `pulumi stack export` wrote: tells which hooks are managed; again for more stacks.",
)
@click.option("--json", "json_", is_flag=True, help="Print JSON.")
@click.option("--csv", type=_to, metavar="FILE", help="Write a file for spreadsheets.")
@click.option("--html", type=_to, metavar="FILE", help="Write a page that filters and sorts.")
@click.option(
    "--resume",
    type=_to,
    metavar="FILE",
    help="Keep what was listed there until all is done, and go on from it.",
)
def inventory(
    workspace: str | None,
    *,
    repositories: tuple[str, ...],
    exclude: tuple[str, ...],
    project: str | None,
    states: tuple[Path, ...],
    json_: bool,
    csv: Path | None,
    html: Path | None,
    resume: Path | None,
) -> None:
    """List every hook of a WORKSPACE and its repositories, and what is worth knowing of each.

    The account is that of the variables BITBUCKET_*; the workspace BITBUCKET_WORKSPACE, if none is
    named. One request per repository and 100 hooks. What refuses is named and doesn't stop the
    rest.
    """
    from bitbucket_hooks.inventory import declared, findings  # noqa: PLC0415 - late, as all here
    from bitbucket_hooks.inventory.collect import Scope  # noqa: PLC0415
    from bitbucket_hooks.settings import environment, resolve  # noqa: PLC0415

    settings = resolve(environment())
    scope = Scope(_workspace(workspace, settings), repositories, exclude, project)
    known = [one for path in states for one in declared.read(path)]
    with closing(_kept(scope, settings, resume)) as kept:
        found = _collect(scope, settings, kept)
        stacks = [one.stack for one in known]
        told = findings.look(found, kept.addresses, known if states else None, stacks)
        _write(told, csv, html)
        _print(told, json_=json_, brief=bool(csv or html))
        _note(told, found.idle)
        if found.stopped:
            raise found.stopped
        kept.remove()


def _workspace(given: str | None, settings: Settings) -> str:
    from bitbucket_hooks.model.subject import is_slug  # noqa: PLC0415

    name = given or settings.workspace
    if not name:
        raise click.UsageError("which workspace? Name it, or set BITBUCKET_WORKSPACE")
    if not is_slug(name):
        raise click.UsageError(f'"{output.text(name)}" is no name of a workspace')
    return name.lower()


def _kept(scope: Scope, settings: Settings, path: Path | None) -> Kept:
    from datetime import datetime, timezone  # noqa: PLC0415

    from bitbucket_hooks.inventory.keeping import Kept  # noqa: PLC0415

    about = {"workspace": scope.workspace, "api": settings.api_url, "project": scope.project}
    now = datetime.now(timezone.utc).isoformat(timespec="seconds")
    kept = Kept.begin(about, now, path)
    if kept.listed:
        remote.note(f"{len(kept.listed):,} listings are kept from the run of {kept.begun_at}")
    return kept


def _collect(scope: Scope, settings: Settings, kept: Kept) -> Collected:
    from bitbucket_hooks.api.client import open_client  # noqa: PLC0415 - it brings requests along
    from bitbucket_hooks.api.clock import Clock  # noqa: PLC0415
    from bitbucket_hooks.api.hooks import HookApi  # noqa: PLC0415
    from bitbucket_hooks.api.repositories import RepositoryApi  # noqa: PLC0415
    from bitbucket_hooks.cli.progress import progress  # noqa: PLC0415
    from bitbucket_hooks.inventory.collect import Collector  # noqa: PLC0415

    clock = Clock()
    with (
        closing(open_client(settings, remote.note, clock=clock)) as client,
        _stoppable(clock),
        progress(f"inventory of {scope.workspace}") as shown,
    ):
        apis = HookApi(client), RepositoryApi(client, shown.tell)
        return Collector(*apis, kept, clock, settings.parallel, shown.tell).collect(scope)


@contextmanager
def _stoppable(clock: Clock) -> Iterator[None]:
    """Let the first Ctrl-C end it at a safe point, with what was listed; a second one at once."""

    def stop(number: int, _: object) -> None:
        signal.signal(number, before[number])
        clock.stop()

    before: dict[int, Any] = {}
    for one in (signal.SIGINT, signal.SIGTERM):
        before[one] = signal.signal(one, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _write(told: Inventory, csv: Path | None, html: Path | None) -> None:
    from bitbucket_hooks.inventory import as_csv  # noqa: PLC0415
    from bitbucket_hooks.inventory import html as page  # noqa: PLC0415

    ways: Mapping[Path | None, Callable[[Inventory], str]] = {
        csv: as_csv.render,
        html: page.render,
    }
    for path, render in ways.items():
        if path is not None:
            try:
                path.write_text(render(told), encoding="utf-8", newline="\n")
            except OSError as error:
                raise click.ClickException(f"{path}: {error.strerror}") from None
            click.echo(f"wrote {output.text(str(path))}", err=True)


def _print(told: Inventory, *, json_: bool, brief: bool) -> None:
    if json_:
        from bitbucket_hooks.inventory import as_json  # noqa: PLC0415

        output.as_json(as_json.render(told))
        return
    if not brief:
        _table(told)
    figures = told.figures()
    hooks, places = figures.pop("hooks"), figures.pop("repositories")
    figures.pop("hosts")
    more = [f"{count:,} {name}" for name, count in figures.items() if count]
    count = f"{hooks:,} hook{'' if hooks == 1 else 's'}"
    on = f"{places:,} repositor{'y' if places == 1 else 'ies'} and the workspace"
    click.echo(f"{count} on {on}{': ' if more else ''}{', '.join(more)}")


def _table(told: Inventory) -> None:
    from bitbucket_hooks.inventory.live import where  # noqa: PLC0415

    known = told.stacks is not None
    headings = ["where", "description", "url", "events", "active", "secret", "findings"]
    rows = [
        [
            where(row.subject),
            row.live.description,
            row.live.url,
            row.live.events,
            row.live.active,
            row.live.secret_set,
            ", ".join(dict.fromkeys(_word(one.kind, one.code) for one in row.findings)) or None,
            *([", ".join(one.name for one in row.declared) or row.standing] if known else []),
            row.live.uuid,
        ]
        for row in told.rows
    ]
    headings += ["declared", "uuid"] if known else ["uuid"]
    output.table(headings, rows, "There are no webhooks.", wide=("events", "uuid"))


def _word(kind: str, code: str) -> str:
    return code if kind == "insecure" else kind


def _note_some(texts: Sequence[str]) -> None:
    for text in texts[:_MOST_NOTES]:
        remote.note(text)
    if len(texts) > _MOST_NOTES:
        remote.note(f"{len(texts) - _MOST_NOTES:,} more like that; --json and --html tell them all")


def _note(told: Inventory, idle: tuple[str, ...]) -> None:
    """Tell what keeps the list from being complete."""
    for one in idle:
        remote.note(f'"{one}" matches no repository that this identity sees')
    _note_some([f"{one.problem}. {one.remedy}" for one in told.refused])
    gone = "{0.subject}: {0.name} of {0.stack} has {0.uuid}, which is gone"
    _note_some([gone.format(one) for one in told.missing])
    if told.stopped:
        remote.note(f"not complete: {told.listed:,} of {told.total:,} were listed")
