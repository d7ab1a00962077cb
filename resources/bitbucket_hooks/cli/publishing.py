"""Where commands publish a report: pull request, commit, job summary."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import click

from bitbucket_hooks.api.clock import Clock
from bitbucket_hooks.cli import output
from bitbucket_hooks.cli.command import shared_options
from bitbucket_hooks.model.settings import environment, resolve
from bitbucket_hooks.publish import Target, find_place
from bitbucket_hooks.publish import publish as bring
from bitbucket_hooks.publish.from_changes import published
from bitbucket_hooks.pulumi_cli.signals import stopping
from bitbucket_hooks.stack.config import own_account

if TYPE_CHECKING:
    from bitbucket_hooks.publish import PublishContext
    from bitbucket_hooks.report.changes import Changes

Telling: TypeAlias = Mapping[str, Any]
"""What is to be published, and where: the options by name."""


def place_of(telling: Telling) -> PublishContext | None:
    """Where to publish, before anything else is begun; None: nowhere.

    Raises ConfigError when what is asked for has no place.
    """
    named = _targets(telling)
    if not named and not telling["everything"]:
        return None
    place = find_place(
        repository=telling["repository"],
        pull_request=telling["pull_request"],
        commit=telling["commit"],
    )
    place.check(named)
    if not named:
        place.every()
    return place


def publish(
    telling: Telling,
    place: PublishContext | None,
    changes: Changes,
    config: Callable[[], Mapping[str, Any]],
    *,
    passed: bool,
    refused: str | None,
) -> int:
    """Publish a report; gives what a failure of what was asked for by name exits with.

    `refused` is why it doesn't pass although the run did. With `--publish`, what doesn't work out
    is only a warning.
    """
    if place is None:
        return 0
    everything, clock = bool(telling["everything"]), Clock()
    with stopping(clock):
        outcome = bring(
            published(
                changes,
                passed=passed and not refused,
                refused=refused,
                link=place.link,
                commit=place.commit.hash if place.commit else "",
            ),
            place,
            resolve(environment(), own_account(config())),
            lambda text: click.echo(output.text(text), err=True),
            targets=None if everything else _targets(telling),
            clock=clock,
        )
    for step in outcome.steps:
        head = "" if step.done else "Warning: " if everything else "Error: "
        click.echo(head + "\n".join(map(output.text, str(step).splitlines())), err=True)
    return 0 if everything else outcome.exit_code


def _targets(telling: Telling) -> list[Target]:
    names = {
        Target.COMMENT: "comment",
        Target.INSIGHTS: "insights",
        Target.STATUS: "status",
        Target.SUMMARY: "summary",
    }
    return [target for target, name in names.items() if telling[name]]


_OPTIONS: Final[Mapping[str, Callable[..., Any]]] = {
    "commit": click.option("--commit", metavar="HASH", help="The commit; default: the pipeline's."),
    "pull_request": click.option(
        "--pull-request", type=int, metavar="NUMBER", help="The pull request; default likewise."
    ),
    "repository": click.option(
        "--repository", metavar="WORKSPACE/SLUG", help="Where the pull request and commit are."
    ),
    "summary": click.option("--summary", is_flag=True, help="Append it to GitHub's job summary."),
    "status": click.option("--status", is_flag=True, help="Set a build status on the commit."),
    "insights": click.option(
        "--insights", is_flag=True, help="Make a Code Insights report of the commit."
    ),
    "comment": click.option(
        "--comment", is_flag=True, help="Comment on the pull request, in place."
    ),
    "everything": click.option(
        "--publish",
        "everything",
        is_flag=True,
        help="All of the next four, as far as this pipeline offers them.",
    ),
}

options: Final = shared_options("telling", _OPTIONS)
"""Adds the options that say where to publish, and hands them on as `telling`."""
