"""`bitbucket-hooks preview`, `drift`, `up` and `report`: the engine's runs and their reports."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from bitbucket_hooks.cli import output
from bitbucket_hooks.cli.command import (
    EngineCommand,
    command,
    file_path,
    input_argument,
    read_input,
    refresh_option,
    stack_argument,
    with_options,
)
from bitbucket_hooks.cli.progress import progress
from bitbucket_hooks.cli.reporting import (
    Destinations,
    place_of,
    publish,
    publish_options,
    report_options,
    show,
    show_before,
)
from bitbucket_hooks.model.errors import ConfigError
from bitbucket_hooks.model.exit_codes import DIFFERENCE, USERS_MISTAKE

if TYPE_CHECKING:
    from bitbucket_hooks.report.changes import Changes
    from bitbucket_hooks.runs.preview import RunRequest

_LOOK: Final = 500

_engine_options: Final = with_options(
    stack_argument(),
    click.option(
        "--policy-pack",
        "policy_packs",
        multiple=True,
        type=click.Path(),
        metavar="FOLDER",
        help="A policy pack to keep to.",
    ),
    click.option(
        "--policy-pack-config",
        "policy_configs",
        multiple=True,
        type=click.Path(),
        metavar="FILE",
        help="A policy pack's configuration.",
    ),
)
_force: Final = click.option(
    "--force", is_flag=True, help="Let many hooks be deleted or replaced in this one run."
)


def _config(stack: str | None) -> Callable[[], Mapping[str, Any]]:
    """The stack config, read when it is first needed."""
    from bitbucket_hooks.pulumi_cli.engine import stack_config

    return functools.cache(lambda: stack_config(stack))


@command(
    "bitbucket-hooks preview prod --refresh",
    "bitbucket-hooks preview prod --save reviewed.json",
    cls=EngineCommand,
)
@_engine_options
@refresh_option
@_force
@click.option(
    "--look",
    type=click.IntRange(min=0),
    default=_LOOK,
    show_default=True,
    help="For how many new hooks to look whether live ones would be adopted: a request each.",
)
@click.option("--save", type=file_path, help="Write down what was shown, for `up --reviewed`.")
@publish_options
@report_options
def preview(
    save: Path | None,
    destinations: Destinations,
    how: dict[str, Any],
    **request: Any,
) -> int:
    """Say what an update would do to the webhooks.

    On the terminal, in files, and to reviewers on Bitbucket and GitHub. Nothing is changed. Exits
    with 0 when nothing changes, 3 when something does, 1 when the declarations are wrong or too
    much would be deleted, and 2 when the remote side failed. Unmanaged hooks that are only
    reported are listed, and are no change.
    """
    from bitbucket_hooks.runs import preview as runs
    from bitbucket_hooks.runs import saved_preview

    asked = runs.RunRequest(**request)
    config = _config(asked.stack)
    place = place_of(destinations)
    with progress("previewing") as shown:
        seen = runs.preview(asked, runs.Watcher(shown.notify, output.warn), config)
    show(seen.changes, **how)
    refused = None if seen.failed else runs.refusal(seen.changes, force=asked.force)
    if save is not None and not seen.failed:
        turn = runs.turn_of(seen.changes)
        saved_preview.save(save, seen.changes, refresh=asked.refresh, turn=turn, look=asked.look)
        output.wrote(save)
    code = publish(
        destinations, place, seen.changes, config, passed=not seen.failed, refused=refused
    )
    if refused is not None:
        click.echo(f"Error: {output.text(refused)}", err=True)
        code = code or USERS_MISTAKE
    return code or seen.exit_code


@command(
    "bitbucket-hooks drift prod", "bitbucket-hooks drift prod --html drift.html", cls=EngineCommand
)
@_engine_options
@click.option("--fail", is_flag=True, help="Let a published report fail when hooks have drifted.")
@publish_options
@report_options
def drift(destinations: Destinations, how: dict[str, Any], *, fail: bool, **request: Any) -> int:
    """Look whether the live webhooks are as declared.

    One request per repository; nothing is changed, the state neither. Exits with 0 when they are,
    3 when they aren't, 1 for a mistake, and 2 when the remote side failed. Unmanaged hooks are no
    drift, unless the state says that they are to be deleted.
    """
    from bitbucket_hooks.runs import preview as runs

    asked = runs.RunRequest(**request)
    place = place_of(destinations)
    with progress("looking") as shown:
        seen = runs.drift(asked, runs.Watcher(shown.notify, output.warn))
    show(seen.changes, **how)
    passed = not seen.failed and not (fail and seen.changes.any)
    code = publish(destinations, place, seen.changes, _config(asked.stack), passed=passed)
    return code or seen.exit_code


@command(
    "bitbucket-hooks up prod", "bitbucket-hooks up prod --reviewed reviewed.json", cls=EngineCommand
)
@_engine_options
@refresh_option
@_force
@click.option("--yes", is_flag=True, help="Don't ask.")
@click.option(
    "--reviewed",
    type=click.Path(dir_okay=False, exists=True, path_type=Path),
    help="Update only when this file, of `preview --save`, shows the same.",
)
@report_options
def up(reviewed: Path | None, how: dict[str, Any], *, yes: bool, **request: Any) -> int:
    """Preview, show what would happen to the webhooks, and update.

    With --reviewed it updates without a question when all is as it was reviewed; else nothing
    happens, and what differs is said. Exits with 0 when all is done, 3 when it isn't what was
    reviewed, 1 for a mistake, and 2 when the remote side failed.
    """
    from bitbucket_hooks.runs import preview as runs
    from bitbucket_hooks.runs import saved_preview

    asked = runs.RunRequest(**request, look=_LOOK)
    before = saved_preview.load(reviewed) if reviewed else None
    if before is not None:
        asked = _as_reviewed(asked, before)
    with progress("previewing") as shown:
        watcher = runs.Watcher(shown.notify, output.warn)
        seen = runs.preview(asked, watcher, _config(asked.stack))
    if seen.failed:
        show(seen.changes, **how)
        return seen.exit_code
    if before is not None and _differs(saved_preview.differences(before, seen.changes)):
        show(seen.changes, **how, already=True)
        return DIFFERENCE
    refused = runs.refusal(seen.changes, force=asked.force)
    if refused is not None or not seen.changes.any:
        show(seen.changes, **how)
    if refused is not None:
        raise ConfigError(refused)
    if not seen.changes.any:
        return 0
    # with --yes nobody decides by the preview, and the report of the update says the same
    if before is None and not yes and not _agreed(seen.changes, how):
        click.echo("Nothing was changed.", err=True)
        return 0
    with progress("updating") as shown:
        # what nobody declared is deleted only when the same run has shown it
        done = runs.update(
            asked,
            seen.changes,
            runs.Watcher(shown.notify, output.warn, watcher.done),
            skip_preview=not seen.changes.counts.unmanaged_deleted,
        )
    show(done.changes, **how)
    return done.exit_code if done.failed else 0


def _as_reviewed(asked: RunRequest, before: Mapping[str, Any]) -> RunRequest:
    """Look where the review looked, so that no difference comes of that."""
    from attrs import evolve

    return evolve(
        asked,
        refresh=asked.refresh or bool(before.get("refresh")),
        look=before.get("look", _LOOK),
        turn=before.get("turn"),
    )


def _agreed(changes: Changes, how: Mapping[str, Any]) -> bool:
    """Show what would happen, and ask. Raises UsageError when nobody is there."""
    show_before(changes, **how)
    is_watched = sys.stdin.isatty()
    agreed = is_watched and click.confirm("Update now?", err=True)
    if not agreed:
        show(changes, **how, already=True)
    if not is_watched:
        raise click.UsageError("nobody is there to be asked; give --yes or --reviewed FILE")
    return agreed


def _differs(differences: list[str]) -> bool:
    """Say in what a preview differs from the one that was reviewed, and whether it does."""
    if not differences:
        click.echo("What would happen is what was reviewed.", err=True)
        return False
    click.echo(
        "Error: this isn't what was reviewed, so nothing is changed; make a new file with "
        "`bitbucket-hooks preview --save FILE` and review it. It differs:",
        err=True,
    )
    for difference in differences:
        click.echo(f"  {output.text(difference)}", err=True)
    return True


@command(
    "pulumi preview --json --refresh | bitbucket-hooks report",
    "pulumi up --yes --json >run.jsonl",
    "bitbucket-hooks report run.jsonl --html run.html",
)
@input_argument
@report_options
@output.pager_option
def report(file: str | None, how: dict[str, Any]) -> int:
    """Say what a run of the engine means for the webhooks.

    A preview, an update or a refresh. FILE, or standard input, is what the engine printed with
    --json or wrote with --event-log.

    Exits with 0 when nothing changes, 3 when something does or has drifted, 1 when the declarations
    are wrong, and 2 when the run failed otherwise.
    """
    from bitbucket_hooks.pulumi_cli.read import read
    from bitbucket_hooks.report.build import changes_of

    data = read_input(
        file,
        "nothing to report on; name a FILE, or pipe `pulumi preview --json --refresh` into this "
        "command",
    )
    is_wide = data[:2] in (b"\xff\xfe", b"\xfe\xff")  # a shell may prefer UTF-16
    text = data.decode("utf-16" if is_wide else "utf-8-sig", errors="replace")
    changes = changes_of(read(text, "standard input" if file in (None, "-") else str(file)))
    with output.paged():
        show(changes, **how)
    return changes.exit_code
