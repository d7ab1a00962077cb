"""Where a report goes: from the variables of a pipeline, or as the user says."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Mapping
from enum import Enum
from pathlib import Path
from typing import Final

from attrs import frozen

from bitbucket_hooks.api.comments import PullRequest
from bitbucket_hooks.api.commits import SITE, Commit
from bitbucket_hooks.model.errors import ConfigError, printable
from bitbucket_hooks.model.subject import Subject, is_slug

_HASH: Final = re.compile(r"[0-9a-f]{40}", re.IGNORECASE)
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,8}")


class Target(Enum):
    """What a report can become."""

    COMMENT = "comment"
    INSIGHTS = "Code Insights report"
    STATUS = "build status"
    SUMMARY = "job summary"


@frozen
class PublishContext:
    """What is known of where this runs, or of what it is about."""

    repository: Subject | None = None
    commit: Commit | None = None
    pull_request: PullRequest | None = None
    summary: Path | None = None
    """The file that GitHub Actions shows as the summary of a job's step."""
    link: str | None = None
    """The page of this run."""
    run: int = 0
    """The number of this run, higher for later ones; 0: not known."""
    in_pipelines: bool = False
    """Whether this is Bitbucket Pipelines, whose proxy signs some calls."""

    def offers(self) -> tuple[Target, ...]:
        """What a report can become here."""
        known = {
            Target.COMMENT: self.pull_request,
            Target.INSIGHTS: self.commit,
            Target.STATUS: self.commit,
            Target.SUMMARY: self.summary,
        }
        return tuple(target for target, where in known.items() if where is not None)

    def every(self) -> tuple[Target, ...]:
        """What `offers` gives. Raises ConfigError when that is nothing."""
        offered = self.offers()
        if not offered:
            raise ConfigError(
                "there is nowhere to bring the report: this is neither a run of Bitbucket "
                "Pipelines nor a step of GitHub Actions",
                "Give --repository WORKSPACE/SLUG with --pull-request NUMBER or --commit HASH.",
            )
        return offered

    def check(self, targets: Collection[Target]) -> None:
        """Raise ConfigError, with the remedy, for a target that this place doesn't offer."""
        for target in targets:
            if target not in self.offers():
                raise ConfigError(*self._missing(target))

    def _missing(self, target: Target) -> tuple[str, str]:
        if target is Target.SUMMARY:
            return (
                "a job summary has no place here: GITHUB_STEP_SUMMARY isn't set",
                "Run it in a step of GitHub Actions, or leave the summary out.",
            )
        if self.repository is None:
            return (
                f"a {target.value} needs a repository, and this is no run of Bitbucket Pipelines",
                "Give --repository WORKSPACE/SLUG.",
            )
        if target is Target.COMMENT:
            return (
                f"{self.repository}: a comment needs a pull request, and this run has none",
                "Give --pull-request NUMBER, or run it in a pipeline under `pull-requests:`.",
            )
        return (
            f"{self.repository}: a {target.value} needs a commit, and none is known",
            "Give --commit HASH (all 40 digits: git rev-parse HEAD).",
        )


def find_place(
    *,
    repository: str | None = None,
    pull_request: int | str | None = None,
    commit: str | None = None,
    variables: Mapping[str, str] = os.environ,
) -> PublishContext:
    """Read the place from the environment; what is given goes first.

    `repository` is `WORKSPACE/SLUG`. Bitbucket's variables count in Bitbucket Pipelines alone,
    which BITBUCKET_BUILD_NUMBER tells: elsewhere BITBUCKET_WORKSPACE is a setting of our own. There
    too it may be set to where the hooks are, so BITBUCKET_REPO_FULL_NAME names the repository. When
    another repository is given than the pipeline's own, the pipeline's commit and pull request
    don't count. Raises ConfigError for what can't be used.
    """
    pipeline = _pipeline(variables)
    name = repository or _own_repository(pipeline)
    if name is None and (pull_request is not None or commit is not None):
        raise ConfigError(
            "a pull request or commit is given, but not its repository",
            "Give --repository WORKSPACE/SLUG as well.",
        )
    subject = None if name is None else _subject(name)
    elsewhere = repository is not None and subject != _maybe_subject(_own_repository(pipeline))
    own = {} if elsewhere else pipeline
    hash_ = commit or own.get("BITBUCKET_COMMIT")
    number = pull_request if pull_request is not None else own.get("BITBUCKET_PR_ID")
    where = None if subject is None or hash_ is None else _commit(subject, hash_)
    summary = variables.get("GITHUB_STEP_SUMMARY")
    return PublishContext(
        repository=subject,
        commit=where,
        pull_request=None if subject is None or number is None else _request(subject, number),
        summary=Path(summary) if summary else None,
        link=_link(pipeline, variables),
        run=_run(own),
        in_pipelines=bool(pipeline),
    )


def _pipeline(variables: Mapping[str, str]) -> dict[str, str]:
    """Bitbucket Pipelines' variables; none elsewhere."""
    if not variables.get("BITBUCKET_BUILD_NUMBER"):
        return {}
    return {
        name: value for name, value in variables.items() if name.startswith("BITBUCKET_") and value
    }


def _run(pipeline: Mapping[str, str]) -> int:
    """The number of a pipeline's run, which counts the runs of its repository."""
    number = pipeline.get("BITBUCKET_BUILD_NUMBER", "")
    return int(number) if _NUMBER.fullmatch(number) else 0


def _own_repository(pipeline: Mapping[str, str]) -> str | None:
    workspace, slug = pipeline.get("BITBUCKET_WORKSPACE"), pipeline.get("BITBUCKET_REPO_SLUG")
    both = f"{workspace}/{slug}" if workspace and slug else None
    return pipeline.get("BITBUCKET_REPO_FULL_NAME") or both


def _maybe_subject(name: str | None) -> Subject | None:
    return None if name is None else _subject(name)


def _subject(name: str) -> Subject:
    workspace, _, slug = name.partition("/")
    if not (is_slug(workspace) and is_slug(slug)):
        raise ConfigError(
            f'the repository "{printable(name, 100)}" isn\'t WORKSPACE/SLUG',
            "Write it as in its address, such as acme/web.",
        )
    return Subject(workspace, slug)


def _commit(subject: Subject, text: str) -> Commit:
    if not _HASH.fullmatch(text):
        raise ConfigError(
            f'{subject}: the commit "{printable(text, 60)}" is no whole hash',
            "Give all 40 digits: git rev-parse HEAD.",
        )
    return Commit(subject, text.lower())


def _request(subject: Subject, number: int | str) -> PullRequest:
    if not _NUMBER.fullmatch(str(number)):
        raise ConfigError(
            f'{subject}: the pull request "{printable(str(number), 60)}" is no number',
            "Give the number that stands in its address.",
        )
    return PullRequest(subject, int(number))


def _link(pipeline: Mapping[str, str], variables: Mapping[str, str]) -> str | None:
    """The page of the run (a pipeline's address: seen on the site)."""
    own = _maybe_subject(_own_repository(pipeline))
    if own is not None:
        return f"{SITE}/{own}/pipelines/results/{pipeline['BITBUCKET_BUILD_NUMBER']}"
    parts = [variables.get(f"GITHUB_{one}") for one in ("SERVER_URL", "REPOSITORY", "RUN_ID")]
    return f"{parts[0]}/{parts[1]}/actions/runs/{parts[2]}" if all(parts) else None
