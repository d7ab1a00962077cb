"""What the commands share that list the hooks of a workspace and its repositories."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from bitbucket_hooks.cli import output, remote
from bitbucket_hooks.cli.command import file_path

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bitbucket_hooks.api.clock import Clock
    from bitbucket_hooks.inventory.collect import Collected, Scope
    from bitbucket_hooks.inventory.keeping import Kept
    from bitbucket_hooks.model.webhook import Observed
    from bitbucket_hooks.settings import Settings

_MOST_NOTES: Final = 20  # of a kind


def _project(_: click.Context, __: click.Parameter, given: str | None) -> str | None:
    """A project's key as Bitbucket has it: in capitals."""
    from bitbucket_hooks.stack.entries import is_project  # noqa: PLC0415 - late, as all here

    key = given.strip().upper() if given is not None else None
    if key is not None and not is_project(key):
        raise click.BadParameter(
            f'"{output.text(key[:60])}" is no key of a project; write it as PLAT'
        )
    return key


def scope_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the workspace and what narrows it."""
    for option in (
        click.option(
            "--project",
            metavar="KEY",
            callback=_project,
            help="Only repositories of this project.",
        ),
        click.option("--exclude", multiple=True, metavar="GLOB", help="Not these; again for more."),
        click.option(
            "--repositories",
            multiple=True,
            metavar="GLOB",
            help="Only these: a slug or glob; again for more.",
        ),
        click.argument("workspace", required=False),
    ):
        command = option(command)
    return command


resume_option: Final = click.option(
    "--resume",
    type=file_path,
    metavar="FILE",
    help="Keep what was listed there until all is done, and go on from it.",
)

state_option: Final = click.option(
    "--state",
    "states",
    multiple=True,
    type=file_path,
    metavar="FILE",
    help="What `pulumi stack export` wrote: tells which hooks are managed; again for more stacks.",
)


def workspace_of(given: str | None, settings: Settings) -> str:
    """The workspace that is meant."""
    from bitbucket_hooks.model.subject import is_slug  # noqa: PLC0415

    name = given or settings.workspace
    if not name:
        raise click.UsageError("no workspace is named; name it, or set BITBUCKET_WORKSPACE")
    if not is_slug(name):
        raise click.UsageError(
            f'"{output.text(name)}" is no slug of a workspace; write it as in its address'
        )
    return name.lower()


def begin(scope: Scope, settings: Settings, path: Path | None) -> Kept:
    """What was listed so far: nothing, or what an earlier run left. Raises ConfigError."""
    from datetime import datetime, timezone  # noqa: PLC0415

    from bitbucket_hooks.inventory.keeping import Kept  # noqa: PLC0415

    about = {"workspace": scope.workspace, "api": settings.api_url, "project": scope.project}
    now = datetime.now(timezone.utc).isoformat(timespec="seconds")
    kept = Kept.begin(about, now, path)
    if kept.listed:
        remote.note(f"{len(kept.listed):,} listings are kept from the run of {kept.begun_at}")
    return kept


def collect(
    what: str,
    scope: Scope,
    settings: Settings,
    kept: Kept,
    see: Callable[[Observed], None] = lambda _: None,
) -> Collected:
    """List them with progress; Ctrl-C ends it at a safe point. Raises HooksError."""
    from bitbucket_hooks.api.clock import Clock  # noqa: PLC0415 - late, as all here
    from bitbucket_hooks.api.hooks import HookApi  # noqa: PLC0415
    from bitbucket_hooks.api.repositories import RepositoryApi  # noqa: PLC0415
    from bitbucket_hooks.cli.progress import progress  # noqa: PLC0415
    from bitbucket_hooks.inventory.collect import Collector  # noqa: PLC0415

    clock = Clock()
    with (
        closing(remote.open_to_read(settings, clock)) as client,
        _stoppable(clock),
        progress(f"{what} {scope.workspace}") as shown,
    ):
        apis = HookApi(lambda: client), RepositoryApi(client, shown.tell)
        return Collector(*apis, kept, clock, settings.parallel, shown.tell, see).collect(scope)


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


def note_some(texts: Sequence[str], ways: str = "--json and --html tell") -> None:
    """Tell the first of many notes, and which ways tell them all."""
    for text in texts[:_MOST_NOTES]:
        remote.note(text)
    if len(texts) > _MOST_NOTES:
        remote.note(f"{len(texts) - _MOST_NOTES:,} more like that; {ways} them all")


def note_incomplete(listed: int, total: int) -> None:
    """Tell that the listing ended before its end."""
    remote.note(f"not complete: {listed:,} of {total:,} were listed")


def note_idle(idle: Sequence[str]) -> None:
    """Tell the names and globs that mean nothing."""
    for one in idle:
        remote.note(f'"{one}" matches no repository that this identity sees')
