"""Where commands publish a report: pull request, commit, job summary."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import click
from attrs import frozen

from bitbucket_hooks.cli import output

if TYPE_CHECKING:
    from bitbucket_hooks.publish import Outcome, Target
    from bitbucket_hooks.report.changes import Changes


@frozen
class Telling:
    """What is to be published, and where."""

    everything: bool
    """Whatever the place offers; what doesn't work out is only a warning."""
    comment: bool
    insights: bool
    status: bool
    summary: bool
    repository: str | None
    pull_request: int | None
    commit: str | None

    def publish(
        self,
        changes: Changes,
        config: Callable[[], Mapping[str, Any]],
        *,
        passed: bool,
        refused: str | None,
    ) -> int:
        """Publish a report; gives what a failure of what was asked for by name exits with."""
        named = self._targets()
        if not named and not self.everything:
            return 0
        from bitbucket_hooks.publish import find_place, publish  # noqa: PLC0415 - late, as all here
        from bitbucket_hooks.runs.publishing import published  # noqa: PLC0415
        from bitbucket_hooks.settings import NAMESPACE, environment, layer, resolve  # noqa: PLC0415

        place = find_place(
            repository=self.repository, pull_request=self.pull_request, commit=self.commit
        )
        values = config()
        own = layer("the stack config", lambda key: values.get(f"{NAMESPACE}:{key}"))
        outcome = publish(
            published(changes, passed=passed, refused=refused),
            place,
            resolve(environment(), own),
            lambda text: click.echo(output.text(text), err=True),
            targets=None if self.everything else named,
        )
        return self._told(outcome)

    def _told(self, outcome: Outcome) -> int:
        for step in outcome.steps:
            head = "" if step.done else "Warning: " if self.everything else "Error: "
            click.echo(head + "\n".join(map(output.text, str(step).splitlines())), err=True)
        return 0 if self.everything else outcome.exit_code

    def _targets(self) -> list[Target]:
        from bitbucket_hooks.publish import Target  # noqa: PLC0415

        asked = {
            Target.COMMENT: self.comment,
            Target.INSIGHTS: self.insights,
            Target.STATUS: self.status,
            Target.SUMMARY: self.summary,
        }
        return [target for target, wanted in asked.items() if wanted]


def options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that say where to publish, and hand them on as `telling_`."""

    @functools.wraps(command)
    def gathered(**given: Any) -> None:
        names = [name for name in Telling.__annotations__ if name in given]
        told = Telling(**{name: given.pop(name) for name in names})
        command(**given, telling_=told)

    decorated: Callable[..., None] = gathered
    for option in (
        click.option("--commit", metavar="HASH", help="The commit; default: the pipeline's."),
        click.option(
            "--pull-request", type=int, metavar="NUMBER", help="The pull request; default likewise."
        ),
        click.option(
            "--repository", metavar="WORKSPACE/SLUG", help="Where the pull request and commit are."
        ),
        click.option("--summary", is_flag=True, help="Append it to GitHub's job summary."),
        click.option("--status", is_flag=True, help="Set a build status on the commit."),
        click.option("--insights", is_flag=True, help="Make a Code Insights report of the commit."),
        click.option("--comment", is_flag=True, help="Comment on the pull request, in place."),
        click.option(
            "--publish",
            "everything",
            is_flag=True,
            help="All of the next four, as far as this pipeline offers them.",
        ),
    ):
        decorated = option(decorated)
    return decorated
