"""Where commands publish a report: pull request, commit, job summary."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import click

from bitbucket_hooks.cli import output
from bitbucket_hooks.cli.command import shared_options
from bitbucket_hooks.model.settings import environment, resolve

if TYPE_CHECKING:
    from bitbucket_hooks.publish import PublishContext, Target
    from bitbucket_hooks.report.changes import Changes

Destinations: TypeAlias = Mapping[str, Any]
"""What is to be published, and where: the options by name."""


def place_of(destinations: Destinations) -> PublishContext | None:
    """Where to publish, before anything else is begun; None: nowhere.

    Raises ConfigError when what is asked for has no place.
    """
    from bitbucket_hooks.publish import find_place

    named = _targets(destinations)
    if not named and not destinations["everything"]:
        return None
    place = find_place(
        **{name: destinations[name] for name in ("repository", "pull_request", "commit")}
    )
    place.check(named)
    if not named:
        place.every()
    return place


def publish(
    destinations: Destinations,
    place: PublishContext | None,
    changes: Changes,
    config: Callable[[], Mapping[str, Any]],
    *,
    passed: bool,
    refused: str | None = None,
) -> int:
    """Publish a report; gives what a failure of what was asked for by name exits with.

    `refused` is why it doesn't pass although the run did. With `--publish`, what doesn't work out
    is only a warning.
    """
    if place is None:
        return 0
    from bitbucket_hooks import publish
    from bitbucket_hooks.api.clock import Clock
    from bitbucket_hooks.publish.from_changes import published
    from bitbucket_hooks.pulumi_cli.signals import stopping
    from bitbucket_hooks.stack.config import own_account

    everything, clock = bool(destinations["everything"]), Clock()
    with stopping(clock):
        result = publish.publish(
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
            targets=None if everything else _targets(destinations),
            clock=clock,
        )
    for step in result.steps:
        head = "" if step.done else "Warning: " if everything else "Error: "
        click.echo(head + "\n".join(map(output.text, str(step).splitlines())), err=True)
    return 0 if everything else result.exit_code


def _targets(destinations: Destinations) -> list[Target]:
    from bitbucket_hooks.publish import Target

    return [target for target in Target if destinations[target.name.lower()]]


options: Final = shared_options(
    "destinations",
    {
        "everything": click.option(
            "--publish",
            "everything",
            is_flag=True,
            help="All of the next four, as far as this pipeline offers them.",
        ),
        "comment": click.option(
            "--comment", is_flag=True, help="Comment on the pull request, in place."
        ),
        "insights": click.option(
            "--insights", is_flag=True, help="Make a Code Insights report of the commit."
        ),
        "status": click.option("--status", is_flag=True, help="Set a build status on the commit."),
        "summary": click.option(
            "--summary", is_flag=True, help="Append it to GitHub's job summary."
        ),
        "repository": click.option(
            "--repository", metavar="WORKSPACE/SLUG", help="Where the pull request and commit are."
        ),
        "pull_request": click.option(
            "--pull-request", type=int, metavar="NUMBER", help="The pull request; default likewise."
        ),
        "commit": click.option(
            "--commit", metavar="HASH", help="The commit; default: the pipeline's."
        ),
    },
)
"""Adds the options that say where to publish, and hands them on as `destinations`."""
