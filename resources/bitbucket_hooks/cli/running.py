"""`bitbucket-hooks preview`, `drift` and `up`: the engine, with reports, limits and exit codes."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from bitbucket_hooks.cli import output, publishing, report_options
from bitbucket_hooks.cli.command import EngineCommand, file_path, stack_argument
from bitbucket_hooks.cli.progress import Progress, progress
from bitbucket_hooks.model.errors import ConfigError
from bitbucket_hooks.model.exit_codes import DIFFERENCE, USERS_MISTAKE
from bitbucket_hooks.pulumi_cli.engine import stack_config
from bitbucket_hooks.runs import preview as runs
from bitbucket_hooks.runs import saved_preview
from bitbucket_hooks.runs.preview import RunRequest, Watcher

if TYPE_CHECKING:
    from bitbucket_hooks.report.changes import Changes

_LOOK: Final = 500


def _engine_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add what is passed on to the engine."""
    for option in (
        click.option(
            "--policy-pack-config",
            multiple=True,
            type=click.Path(),
            metavar="FILE",
            help="A policy pack's configuration.",
        ),
        click.option(
            "--policy-pack",
            multiple=True,
            type=click.Path(),
            metavar="FOLDER",
            help="A policy pack to keep to.",
        ),
        stack_argument(),
    ):
        command = option(command)
    return command


_force = click.option(
    "--force", is_flag=True, help="Let many hooks be deleted or replaced in this one run."
)
_refresh = click.option(
    "--refresh", is_flag=True, help="Look at the live hooks first: one request per repository."
)


def _asked(
    stack: str | None,
    policy_pack: tuple[str, ...],
    policy_pack_config: tuple[str, ...],
    extra: tuple[str, ...],
    **more: Any,
) -> RunRequest:
    return RunRequest(
        stack, more.pop("refresh", False), policy_pack, policy_pack_config, extra, **more
    )


def _watcher(shown: Progress, total: int | None = None) -> Watcher:
    return Watcher(shown.notify, _warn, total)


def _warn(text: str) -> None:
    click.echo(f"Warning: {output.text(text)}", err=True)


def _config(stack: str | None) -> Callable[[], Mapping[str, Any]]:
    """The stack config, read when it is first needed."""
    return functools.cache(lambda: stack_config(stack))


@click.command(cls=EngineCommand)
@_engine_options
@_refresh
@_force
@click.option(
    "--look",
    type=click.IntRange(min=0),
    default=_LOOK,
    show_default=True,
    help="For how many new hooks to look whether live ones would be adopted: a request each.",
)
@click.option("--save", type=file_path, help="Write down what was shown, for `up --reviewed`.")
@publishing.options
@report_options.options
@click.pass_context
def preview(
    context: click.Context,
    /,
    save: Path | None,
    telling: publishing.Telling,
    how: dict[str, Any],
    **options: Any,
) -> None:
    """Say what an update would do to the webhooks.

    On the terminal, in files, and to reviewers on Bitbucket and GitHub. Nothing is changed. Exits
    with 0 when nothing changes, 3 when something does, 1 when the declarations are wrong or too
    much would be deleted, and 2 when the remote side failed. Unmanaged hooks that are only
    reported are listed, and are no change.
    """
    asked = _asked(**options)
    config = _config(asked.stack)
    place = publishing.place_of(telling)
    with progress("previewing") as shown:
        seen = runs.preview(asked, _watcher(shown), config)
    report_options.show(seen.changes, **how)
    refused = None if seen.failed else runs.refusal(seen.changes, force=asked.force)
    if save is not None and not seen.failed:
        turn = runs.turn_of(seen.changes)
        saved_preview.save(save, seen.changes, refresh=asked.refresh, turn=turn, look=asked.look)
        click.echo(f"wrote {output.text(str(save))}", err=True)
    code = publishing.publish(
        telling, place, seen.changes, config, passed=not seen.failed, refused=refused
    )
    if refused is not None:
        click.echo(f"Error: {output.text(refused)}", err=True)
        code = code or USERS_MISTAKE
    context.exit(code or seen.exit_code)


@click.command(cls=EngineCommand)
@_engine_options
@click.option("--fail", is_flag=True, help="Let a published report fail when hooks have drifted.")
@publishing.options
@report_options.options
@click.pass_context
def drift(
    context: click.Context,
    /,
    telling: publishing.Telling,
    how: dict[str, Any],
    *,
    fail: bool,
    **options: Any,
) -> None:
    """Look whether the live webhooks are as declared.

    One request per repository; nothing is changed, the state neither. Exits with 0 when they are,
    3 when they aren't, 1 for a mistake, and 2 when the remote side failed. Unmanaged hooks are no
    drift, unless the state says that they are to be deleted.
    """
    asked = _asked(**options)
    place = publishing.place_of(telling)
    with progress("looking") as shown:
        seen = runs.drift(asked, _watcher(shown))
    report_options.show(seen.changes, **how)
    passed = not seen.failed and not (fail and seen.changes.any)
    code = publishing.publish(
        telling, place, seen.changes, _config(asked.stack), passed=passed, refused=None
    )
    context.exit(code or seen.exit_code)


@click.command(cls=EngineCommand)
@_engine_options
@_refresh
@_force
@click.option("--yes", is_flag=True, help="Don't ask.")
@click.option(
    "--reviewed",
    "reviewed_",
    type=click.Path(dir_okay=False, exists=True, path_type=Path),
    help="Update only when this file, of `preview --save`, shows the same.",
)
@report_options.options
@click.pass_context
def up(
    context: click.Context,
    /,
    reviewed_: Path | None,
    how: dict[str, Any],
    *,
    yes: bool,
    **options: Any,
) -> None:
    """Preview, show what would happen to the webhooks, and update.

    With --reviewed it updates without a question when all is as it was reviewed; else nothing
    happens, and what differs is said. Exits with 0 when all is done, 3 when it isn't what was
    reviewed, 1 for a mistake, and 2 when the remote side failed.
    """
    before = saved_preview.load(reviewed_) if reviewed_ else None
    if before is not None:
        options["refresh"] = options["refresh"] or bool(before.get("refresh"))
    # where the review looked, so that no difference comes of that
    look, turn = (before.get("look", _LOOK), before.get("turn")) if before else (_LOOK, None)
    asked = _asked(**options, look=look, turn=turn)
    with progress("previewing") as shown:
        watcher = _watcher(shown)
        seen = runs.preview(asked, watcher, _config(asked.stack))
    if seen.failed:
        report_options.show(seen.changes, **how)
        context.exit(seen.exit_code)
    if before is not None:
        differing = saved_preview.differences(before, seen.changes)
        _say_differences(differing)
        if differing:
            report_options.show(seen.changes, **how, already=True)
            context.exit(DIFFERENCE)
    refused = runs.refusal(seen.changes, force=asked.force)
    if refused is not None or not seen.changes.any:
        report_options.show(seen.changes, **how)
    if refused is not None:
        raise ConfigError(refused)
    if not seen.changes.any:
        return
    # with --yes nobody decides by the preview, and the report of the update says the same
    if before is None and not yes and not _agreed(seen.changes, how):
        click.echo("Nothing was changed.", err=True)
        return
    with progress("updating") as shown:
        # what nobody declared is deleted only when the same run has shown it
        done = runs.update(
            asked,
            seen.changes,
            _watcher(shown, watcher.done),
            skip_preview=not seen.changes.counts.unmanaged_deleted,
        )
    report_options.show(done.changes, **how)
    context.exit(done.exit_code if done.failed else 0)


def _agreed(changes: Changes, how: Mapping[str, Any]) -> bool:
    """Show what would happen, and ask. Raises UsageError when nobody is there."""
    report_options.show_before(changes, **how)
    is_watched = sys.stdin.isatty()
    agreed = is_watched and click.confirm("Update now?", err=True)
    if not agreed:
        report_options.show(changes, **how, already=True)
    if not is_watched:
        raise click.UsageError("nobody is there to be asked; give --yes or --reviewed FILE")
    return agreed


def _say_differences(differences: Sequence[str]) -> None:
    if not differences:
        click.echo("What would happen is what was reviewed.", err=True)
        return
    click.echo(
        "Error: this isn't what was reviewed, so nothing is changed; make a new file with "
        "`bitbucket-hooks preview --save FILE` and review it. It differs:",
        err=True,
    )
    for difference in differences:
        click.echo(f"  {output.text(difference)}", err=True)
