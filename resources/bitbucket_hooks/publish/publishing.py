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
from bitbucket_hooks.model.errors import ConfigError, HooksError
from bitbucket_hooks.model.settings import Settings
from bitbucket_hooks.publish.comment import Marker, StackComments
from bitbucket_hooks.publish.folding import rendered_in_bytes
from bitbucket_hooks.publish.insights import put_report, put_status
from bitbucket_hooks.publish.outcome import PublishResult, TargetResult, not_done
from bitbucket_hooks.publish.place import PublishContext, Target
from bitbucket_hooks.publish.report import Published, Render
from bitbucket_hooks.publish.ways import PROXIES, Ways

MAX_SUMMARY: Final = 1024 * 1024
"""Bytes of one step's summary; a longer one isn't shown at all (GitHub's documentation)."""

_LEAST: Final = 200  # bytes that are worth the while


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
    the place lacks what a target needs, or offers none; whatever else goes wrong is in the outcome.
    """
    wanted = place.every() if targets is None else tuple(one for one in Target if one in targets)
    place.check(wanted)
    clock = clock or Clock()
    with closing(Ways(settings, notify, clock, proxies if place.in_pipelines else ())) as ways:
        acts = _Publisher(report, place, ways, clock, notify).acts()
        return PublishResult(tuple(_step(target, acts[target]) for target in wanted))


def _step(target: Target, act: Callable[[], str]) -> TargetResult:
    try:
        return TargetResult(target, done=True, what=act())
    except HooksError as error:
        return not_done(target, error)


@frozen
class _Publisher:
    """Knows how one report gets to each target of a place."""

    report: Published
    place: PublishContext
    ways: Ways
    clock: Clock
    notify: Callable[[str], None]

    def acts(self) -> dict[Target, Callable[[], str]]:
        """What is to be done for each target that the place offers; tells what was done."""
        found: dict[Target, Callable[[], str]] = {}
        if self.place.pull_request is not None:
            found[Target.COMMENT] = partial(self._comment, self.place.pull_request)
        if self.place.commit is not None:
            found[Target.INSIGHTS] = partial(self._insights, self.place.commit)
            found[Target.STATUS] = partial(self._status, self.place.commit)
        if self.place.summary is not None:
            found[Target.SUMMARY] = partial(self._summary, self.place.summary)
        return found

    def _comment(self, where: PullRequest) -> str:
        marker = Marker(self.report.project, self.report.stack)
        api = CommentApi(self.ways.own(Target.COMMENT))
        comments = StackComments(api, self.clock, self.notify)
        if self.report.render is None:
            return comments.remove(where, marker)
        return comments.put(where, marker, self.report.render, self.place.run)

    def _insights(self, where: Commit) -> str:
        return self.ways.either(
            Target.INSIGHTS,
            lambda client: put_report(CommitApi(client), where, self.report, self._link(where)),
        )

    def _status(self, where: Commit) -> str:
        # whether Pipelines' proxy signs this too is unverified; Pipelines sets a status of its own
        return self.ways.either(
            Target.STATUS,
            lambda client: put_status(CommitApi(client), where, self.report, self._link(where)),
        )

    def _summary(self, path: Path) -> str:
        render = self.report.summarise or self.report.render
        return append_summary(path, render) if render is not None else "nothing to tell"

    def _link(self, where: Commit) -> str:
        links = (self.report.link, self.place.link)
        urls = (one for one in links if one and one.startswith(("https://", "http://")))
        return next(urls, where.page)


def append_summary(path: Path, render: Render) -> str:
    """Add a report to what a step has told so far; tells what was done.

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
        _append(path, text.rstrip("\n") + "\n", size)
    except OSError as error:
        raise ConfigError(
            f"the job summary can't be written ({error.strerror})",
            "Check that GITHUB_STEP_SUMMARY names a file that may be written.",
        ) from None
    return f"{len(text.encode()):,} bytes"


def _append(path: Path, text: str, size: int) -> None:
    """Add a text to a file of a size in bytes, whole or not at all."""
    try:
        with path.open("a", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except OSError:
        with suppress(OSError):
            os.truncate(path, size)
        raise
