"""A finished report to all of its targets, each on its own; a job's summary among them."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Final, cast

from attrs import frozen

from bitbucket_hooks.api.clock import Clock
from bitbucket_hooks.api.comments import CommentApi
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
    what: str
    """What was done, or why it was not; one line or a few."""
    remedy: str = ""
    exit_code: int = 0
    """1 where the remedy is the user's, 2 where the remote side failed; 0: done."""

    @property
    def done(self) -> bool:
        """Whether the report is there."""
        return not self.exit_code

    def __str__(self) -> str:
        text = f"{self.target.value}: {self.what if self.done else f'not done: {self.what}'}"
        return f"{text}\n{self.remedy}" if self.remedy else text


def publish(
    report: Published,
    place: PublishContext,
    settings: Settings,
    notify: Callable[[str], None],
    *,
    targets: Collection[Target] = (),
    clock: Clock | None = None,
    proxies: Sequence[str] = PROXIES,
) -> list[TargetResult]:
    """Bring a report to the targets, by default to all that the place offers.

    `notify` hears of long waits and of what is odd; `proxies` is where Bitbucket Pipelines' proxy
    may be. Once `clock` is stopped, what would have to wait is not done. Raises ConfigError when
    the place lacks what a target needs, or offers none; whatever else goes wrong is in the results.
    """
    wanted = place.targets(targets)
    usable = proxies if place.in_pipelines else ()
    with closing(Clients(settings, notify, clock or Clock(), usable)) as clients:
        return [_result(target, report, place, clients) for target in wanted]


def _result(
    target: Target, report: Published, place: PublishContext, clients: Clients
) -> TargetResult:
    try:
        return TargetResult(target, _bring(target, report, place, clients))
    except HooksError as error:
        # the remedies of the hooks' own calls don't fit here
        remedy = error.remedy
        if isinstance(error, (AuthenticationFailed, PermissionRefused, ScopeMissing)):
            remedy = target.remedy
        if isinstance(error, NotFound):
            remedy = f"Check repository, commit and pull request. {target.remedy}"
        return TargetResult(target, error.message, remedy, error.exit_code)


def _bring(target: Target, report: Published, place: PublishContext, clients: Clients) -> str:
    """Bring a report to one target; gives what was done. Raises HooksError."""
    if target is Target.SUMMARY and place.summary:
        return append_summary(place.summary, report.summarise)
    if target is Target.COMMENT and place.pull_request:
        api = CommentApi(clients.account())
        marker = Marker(report.project, report.stack)
        comments = StackComments(api, clients.clock, clients.notify, place.pull_request, marker)
        return comments.put(report.render, place.run)
    commit = cast("Commit", place.commit)  # `targets` has seen to it that it is there
    put = put_report if target is Target.INSIGHTS else put_status
    link = place.link or commit.page
    # whether Pipelines' proxy signs statuses is unverified; Pipelines sets one of its own
    return clients.account_or_proxy(lambda client: put(CommitApi(client), commit, report, link))


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
        text = _fitting(render, room)
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


def _fitting(render: Render, limit: int) -> str:
    """The Markdown in at most `limit` bytes of UTF-8; a renderer counts characters."""
    room = limit
    while (size := len((text := render(room)).encode())) > limit:
        room = room * limit // size  # as many characters as fit, if the others are like these
    return text
