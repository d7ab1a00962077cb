"""A finished report to all of its targets, each on its own; a job's summary among them."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Sequence
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from typing import Final

from attrs import frozen

from bitbucket_hooks.api.clock import Clock
from bitbucket_hooks.api.comments import CommentApi, PullRequest
from bitbucket_hooks.api.commits import Commit, CommitApi
from bitbucket_hooks.api.errors import (
    AuthenticationFailed,
    NotFound,
    PermissionRefused,
    ScopeMissing,
)
from bitbucket_hooks.model.errors import ConfigError, HooksError
from bitbucket_hooks.model.settings import Settings
from bitbucket_hooks.publish.clients import PROXIES, Clients
from bitbucket_hooks.publish.comment import Marker, StackComments
from bitbucket_hooks.publish.folding import rendered_in_bytes
from bitbucket_hooks.publish.insights import put_report, put_status
from bitbucket_hooks.publish.place import PublishContext, Target
from bitbucket_hooks.publish.report import Published, Render

MAX_SUMMARY: Final = 1024 * 1024
"""Bytes of one step's summary; a longer one isn't shown at all (GitHub's documentation)."""

_LEAST: Final = 200  # bytes that are worth the while


@frozen
class TargetResult:
    """What became of one target."""

    target: Target
    done: bool
    what: str
    """What was done, or why it was not; one line or a few."""
    remedy: str = ""
    exit_code: int = 0
    """1 where the remedy is the user's, 2 where the remote side failed; 0: done."""

    def __str__(self) -> str:
        text = f"{self.target.value}: {self.what if self.done else f'not done: {self.what}'}"
        return f"{text}\n{self.remedy}" if self.remedy else text


@frozen
class PublishResult:
    """What was done with a report, what was not, and why."""

    steps: tuple[TargetResult, ...]

    @property
    def failed(self) -> tuple[TargetResult, ...]:
        """What was not done."""
        return tuple(step for step in self.steps if not step.done)

    @property
    def exit_code(self) -> int:
        """The gravest of the steps' codes, for a caller whom a report that isn't seen worries."""
        return max((step.exit_code for step in self.steps), default=0)


def publish(
    report: Published,
    place: PublishContext,
    settings: Settings,
    notify: Callable[[str], None],
    *,
    targets: Collection[Target] | None = None,
    clock: Clock | None = None,
    proxies: Sequence[str] = PROXIES,
) -> PublishResult:
    """Bring a report to the targets, by default to all that the place offers.

    `notify` hears of long waits and of what is odd; `proxies` is where Bitbucket Pipelines' proxy
    may be. Once `clock` is stopped, what would have to wait is not done. Raises ConfigError when
    the place lacks what a target needs, or offers none; whatever else goes wrong is in the result.
    """
    wanted = place.every() if targets is None else [t for t in Target if t in targets]
    place.check(wanted)
    clock = clock or Clock()
    if not place.in_pipelines:
        proxies = ()
    with closing(Clients(settings, notify, clock, proxies)) as clients:
        acts = _Publisher(report, place, clients).acts()
        return PublishResult(tuple(_done(target, acts[target]) for target in wanted))


def _done(target: Target, act: Callable[[], str]) -> TargetResult:
    try:
        return TargetResult(target, done=True, what=act())
    except HooksError as error:
        # the remedies of the hooks' own calls don't fit here
        remedy = error.remedy
        if isinstance(error, (AuthenticationFailed, PermissionRefused, ScopeMissing)):
            remedy = target.remedy
        if isinstance(error, NotFound):
            remedy = f"Check repository, commit and pull request. {target.remedy}"
        return TargetResult(
            target, done=False, what=error.message, remedy=remedy, exit_code=error.exit_code
        )


@frozen
class _Publisher:
    """Knows how one report gets to each target of a place."""

    report: Published
    place: PublishContext
    clients: Clients

    def acts(self) -> dict[Target, Callable[[], str]]:
        """What is to be done for each target that the place offers; gives what was done."""
        found: dict[Target, Callable[[], str]] = {}
        if self.place.pull_request is not None:
            found[Target.COMMENT] = partial(self._comment, self.place.pull_request)
        if self.place.commit is not None:
            # whether Pipelines' proxy signs statuses is unverified; Pipelines sets one of its own
            for target, put in ((Target.INSIGHTS, put_report), (Target.STATUS, put_status)):
                found[target] = partial(self._on_commit, target, put, self.place.commit)
        if self.place.summary is not None:
            found[Target.SUMMARY] = partial(self._summary, self.place.summary)
        return found

    def _comment(self, where: PullRequest) -> str:
        clients, report = self.clients, self.report
        api = CommentApi(clients.account(Target.COMMENT))
        marker = Marker(report.project, report.stack)
        comments = StackComments(api, clients.clock, clients.notify, where, marker)
        if report.render is None:
            return comments.remove()
        return comments.put(report.render, self.place.run)

    def _on_commit(
        self, target: Target, put: Callable[[CommitApi, Commit, Published, str], str], where: Commit
    ) -> str:
        links = (self.report.link, self.place.link)
        urls = (link for link in links if link and link.startswith(("https://", "http://")))
        link = next(urls, where.page)
        return self.clients.account_or_proxy(
            target, lambda client: put(CommitApi(client), where, self.report, link)
        )

    def _summary(self, path: Path) -> str:
        render = self.report.summarise or self.report.render
        return append_summary(path, render) if render is not None else "nothing to tell"


def append_summary(path: Path, render: Render) -> str:
    """Add a report to what a step has written so far, whole or not at all; gives what was done.

    Raises ConfigError when the file can't be written or is full.
    """
    try:
        size = path.stat().st_size if path.exists() else 0
        room = MAX_SUMMARY - size - 1
        if room < _LEAST:
            raise ConfigError(
                f"the job summary is full (at most {MAX_SUMMARY:,} bytes a step)",
                "Report in a step of its own.",
            )
        text = rendered_in_bytes(render, room)
        try:
            with path.open("a", encoding="utf-8", newline="\n") as file:
                file.write(text.rstrip("\n") + "\n")
        except OSError:
            with suppress(OSError):
                os.truncate(path, size)
            raise
    except OSError as error:
        raise ConfigError(
            f"the job summary can't be written ({error.strerror})",
            "Check that GITHUB_STEP_SUMMARY names a file that may be written.",
        ) from None
    return f"{len(text.encode()):,} bytes"
