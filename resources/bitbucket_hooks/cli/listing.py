"""What the commands share that list the hooks of a workspace and its repositories."""

from __future__ import annotations

import functools
import signal
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from bitbucket_hooks.api.clock import Clock
from bitbucket_hooks.api.hooks import HookApi
from bitbucket_hooks.api.repositories import RepositoryApi
from bitbucket_hooks.cli import api_client, output
from bitbucket_hooks.cli.command import (
    Function,
    file_path,
    shared_options,
    stack_option,
    with_options,
)
from bitbucket_hooks.cli.completing import stack_names
from bitbucket_hooks.cli.progress import progress
from bitbucket_hooks.inventory.collect import Collector
from bitbucket_hooks.inventory.keeping import Kept
from bitbucket_hooks.model.credentials import Anonymous
from bitbucket_hooks.model.errors import ConfigError, HooksError
from bitbucket_hooks.model.settings import PUBLIC_API, environment, resolve
from bitbucket_hooks.model.subject import is_slug
from bitbucket_hooks.model.wording import did_you_mean
from bitbucket_hooks.pulumi_cli.engine import selected_stack, stack_config
from bitbucket_hooks.pulumi_cli.signals import stop_signals
from bitbucket_hooks.stack.accounts import settings_for
from bitbucket_hooks.stack.entries import is_project
from bitbucket_hooks.stack.files import in_project, is_stack, stacks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bitbucket_hooks.inventory.collect import Collected, RepositoryScope
    from bitbucket_hooks.model.settings import Settings
    from bitbucket_hooks.model.webhook import Observed

_MOST_NOTES: Final = 20  # of a kind


def _project(_: click.Context, __: click.Parameter, given: str | None) -> str | None:
    """A project's key as Bitbucket has it: in capitals."""
    key = given.strip().upper() if given is not None else None
    if key is not None and not is_project(key):
        raise click.BadParameter(
            f'"{output.text(key[:60])}" is no key of a project; write it as PLAT'
        )
    return key


def scope_options(command: Function) -> Function:
    """Add the stack, the workspace, and what narrows it as `narrowed`."""

    @functools.wraps(command)
    def naming(where: str | None, stack: str | None, workspace: str | None, **given: Any) -> Any:
        stack, workspace = _named(where, stack, workspace)
        return command(stack=stack, workspace=workspace, **given)

    return _scope(naming)


_scope: Final = with_options(
    click.argument(
        "where", metavar="[STACK|WORKSPACE]", required=False, shell_complete=stack_names
    ),
    stack_option("stack", "The stack, by its name."),
    click.option("--workspace", metavar="WORKSPACE", help="The workspace, by its slug."),
    shared_options(
        "narrowed",
        {
            "repositories": click.option(
                "--repositories",
                multiple=True,
                metavar="GLOB",
                help="Only these: a slug or glob; again for more.",
            ),
            "exclude": click.option(
                "--exclude", multiple=True, metavar="GLOB", help="Not these; again for more."
            ),
            "project": click.option(
                "--project",
                metavar="KEY",
                callback=_project,
                help="Only repositories of this project.",
            ),
        },
    ),
)


def _named(
    where: str | None, stack: str | None, workspace: str | None
) -> tuple[str | None, str | None]:
    """The stack and the workspace that are named. Raises ConfigError, UsageError.

    The argument is the one that no option names; else a stack if the project has one of that name.
    """
    if where is None:
        return stack, workspace
    if stack and workspace:
        raise click.UsageError(
            f"--stack and --workspace name both, and {output.text(where)} is a third name; "
            "leave it out"
        )
    if workspace or (not stack and is_stack(where)):
        return where, workspace
    if not stack and in_project() and (meant := did_you_mean(where, stacks())):
        name = output.text(where)
        output.note(f'no stack here is called "{name}", so it is a workspace{meant}')
    return stack, where


def account(stack: str | None, workspace: str | None) -> Settings:
    """The settings of the account that is meant. Raises ConfigError.

    That of the stack; without one, that of the environment, else of the selected stack.
    """
    named = environment()
    if stack is None and named.credentials() is None and "apiUrl" not in named.values:
        with suppress(HooksError):
            stack = selected_stack() if in_project() else None
    return resolve(named) if stack is None else settings_for(stack, stack_config, workspace)


resume_option: Final = click.option(
    "--resume",
    type=file_path,
    help="Keep what was listed there until all is done, and go on from it.",
)

state_option: Final = click.option(
    "--state",
    "states",
    multiple=True,
    type=file_path,
    help="What `pulumi stack export` wrote: tells which hooks are managed; again for more stacks.",
)


def workspace_of(given: str | None, settings: Settings) -> str:
    """The workspace that is meant."""
    name = given or settings.workspace
    if not name:
        raise click.UsageError(
            "no workspace is named; name one, or set bitbucket:workspace in the stack config, or "
            "BITBUCKET_WORKSPACE"
        )
    if not is_slug(name):
        raise click.UsageError(
            f'"{output.text(name)}" is no slug of a workspace; write it as in its address'
        )
    return name.lower()


def begin(scope: RepositoryScope, settings: Settings, path: Path | None) -> Kept:
    """What was listed so far: nothing, or what an earlier run left.

    Raises ConfigError, for an account without credentials too: Bitbucket shows it no hook.
    """
    if settings.api_url == PUBLIC_API and isinstance(settings.credentials, Anonymous):
        raise ConfigError(
            "there are no credentials, and without them Bitbucket shows no hooks",
            "Name a stack that has some, or set BITBUCKET_USERNAME and BITBUCKET_PASSWORD (an "
            "API token), or BITBUCKET_OAUTH_TOKEN.",
        )
    about = {"workspace": scope.workspace, "api": settings.api_url, "project": scope.project}
    now = datetime.now(timezone.utc).isoformat(timespec="seconds")
    kept = Kept.begin(about, now, path)
    if kept.listed:
        output.note(f"{len(kept.listed):,} listings are kept from the run of {kept.begun_at}")
    return kept


def collect(
    what: str,
    scope: RepositoryScope,
    settings: Settings,
    kept: Kept,
    see: Callable[[Observed], None] = lambda _: None,
) -> Collected:
    """List them with progress. Raises HooksError.

    The first Ctrl-C ends it at a safe point, with what was listed; a second one at once.
    """
    clock = Clock()

    def stop(number: int) -> None:
        signal.signal(number, signal.default_int_handler)
        clock.stop()

    with (
        progress(f"{what} {scope.workspace}") as shown,
        closing(api_client.open_to_read(settings, clock, shown.note)) as client,
        stop_signals(stop),
    ):
        apis = HookApi(lambda: client), RepositoryApi(client, shown.notify)
        return Collector(*apis, kept, clock, settings.parallel, shown.notify, see).collect(scope)


def note_gaps(found: Collected, ways: str, more: Sequence[str] = ()) -> None:
    """Note what keeps a list from being complete: names that mean nothing, what refused, `more`.

    `ways` says which ways tell all notes of a kind.
    """
    for name in found.unmatched:
        output.note(f'"{name}" matches no repository that this identity sees')
    note_first([str(refusal) for refusal in found.refused], ways)
    note_first(more, ways)
    if found.stopped:
        output.note(f"not complete: {len(found.hooks):,} of {found.total:,} were listed")


def note_first(texts: Sequence[str], ways: str) -> None:
    """Print the first of many notes, and which `ways` tell them all."""
    for text in texts[:_MOST_NOTES]:
        output.note(text)
    if len(texts) > _MOST_NOTES:
        output.note(f"{len(texts) - _MOST_NOTES:,} more like that; {ways} them all")
