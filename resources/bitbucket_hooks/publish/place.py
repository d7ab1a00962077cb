"""Where a report goes, and where it comes from: by the variables of a pipeline, or as given."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Collection, Mapping
from datetime import datetime, timezone
from enum import Enum
from pathlib import Path
from typing import Final

from attrs import frozen

from bitbucket_hooks.api.comments import PullRequest
from bitbucket_hooks.api.commits import SITE, Commit
from bitbucket_hooks.model.errors import ConfigError, printable
from bitbucket_hooks.model.subject import Subject, is_slug
from bitbucket_hooks.report.document import Origin

_HASH: Final = re.compile(r"[0-9a-f]{40}", re.IGNORECASE)
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,8}")
_DESCRIBE: Final = ("git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*")
_DESCRIBED: Final = re.compile(r"(?P<hash>[0-9a-f]{40})(?P<dirty>-dirty)?")
_SECONDS: Final = 10
# The public description of the API names the read scopes alone; with the write scopes it works
# either way (unverified).
_COMMENT_NEEDS: Final = (
    "the scope pullrequest:write (an API token: read:pullrequest:bitbucket and "
    "write:pullrequest:bitbucket) and read access to the repository"
)
_COMMIT_NEEDS: Final = (
    "the scope repository:write (an API token: read:repository:bitbucket and "
    "write:repository:bitbucket) and write access to the repository"
)


class Target(Enum):
    """What a report can become."""

    COMMENT = "comment"
    INSIGHTS = "Code Insights report"
    STATUS = "build status"
    SUMMARY = "job summary"

    @property
    def remedy(self) -> str:
        """What to do where the credentials don't suffice for it."""
        needs = _COMMENT_NEEDS if self is Target.COMMENT else _COMMIT_NEEDS
        return f"Give credentials that have {needs}."


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

    def targets(self, named: Collection[Target] = ()) -> tuple[Target, ...]:
        """Those that are named, else all that it offers. Raises ConfigError where it can't."""
        offered = self.offers()
        for target in named:
            if target not in offered:
                raise self._missing(target)
        if not offered:
            raise ConfigError(
                "there is nowhere to bring the report: this is neither a run of Bitbucket "
                "Pipelines nor a step of GitHub Actions",
                "Give --repository WORKSPACE/SLUG with --pull-request NUMBER or --commit HASH.",
            )
        return tuple(target for target in offered if not named or target in named)

    def _missing(self, target: Target) -> ConfigError:
        if target is Target.SUMMARY:
            return ConfigError(
                "a job summary has no place here: GITHUB_STEP_SUMMARY isn't set",
                "Run it in a step of GitHub Actions, or leave the summary out.",
            )
        if self.repository is None:
            return ConfigError(
                f"a {target.value} needs a repository, and this is no run of Bitbucket Pipelines",
                "Give --repository WORKSPACE/SLUG.",
            )
        if target is Target.COMMENT:
            return ConfigError(
                f"{self.repository}: a comment needs a pull request, and this run has none",
                "Give --pull-request NUMBER, or run it in a pipeline under `pull-requests:`.",
            )
        return ConfigError(
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
    in_pipelines = bool(variables.get("BITBUCKET_BUILD_NUMBER"))
    pipeline = variables if in_pipelines else {}
    own = _own_repository(pipeline)
    link = f"{SITE}/{own}/pipelines/results/{pipeline['BITBUCKET_BUILD_NUMBER']}" if own else None
    subject = _subject(repository) if repository else own
    if subject is None and (pull_request is not None or commit is not None):
        raise ConfigError(
            "a pull request or commit is given, but not its repository",
            "Give --repository WORKSPACE/SLUG as well.",
        )
    if subject != own:
        pipeline = {}
    hash_ = commit or pipeline.get("BITBUCKET_COMMIT")
    number = pipeline.get("BITBUCKET_PR_ID") if pull_request is None else str(pull_request)
    run = pipeline.get("BITBUCKET_BUILD_NUMBER", "")
    summary = variables.get("GITHUB_STEP_SUMMARY")
    return PublishContext(
        repository=subject,
        commit=_commit(subject, hash_) if subject and hash_ else None,
        pull_request=_pull_request(subject, number) if subject and number else None,
        summary=Path(summary) if summary else None,
        link=link or _github_link(variables),
        run=int(run) if _NUMBER.fullmatch(run) else 0,
        in_pipelines=in_pipelines,
    )


def _own_repository(pipeline: Mapping[str, str]) -> Subject | None:
    """The repository that a pipeline runs for."""
    workspace, slug = pipeline.get("BITBUCKET_WORKSPACE"), pipeline.get("BITBUCKET_REPO_SLUG")
    both = f"{workspace}/{slug}" if workspace and slug else None
    name = pipeline.get("BITBUCKET_REPO_FULL_NAME") or both
    return _subject(name) if name else None


def _github_link(variables: Mapping[str, str]) -> str | None:
    names = ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID")
    server, repository, run = map(variables.get, names)
    return f"{server}/{repository}/actions/runs/{run}" if server and repository and run else None


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


def _pull_request(subject: Subject, number: str) -> PullRequest:
    if not _NUMBER.fullmatch(number):
        raise ConfigError(
            f'{subject}: the pull request "{printable(number, 60)}" is no number',
            "Give the number that stands in its address.",
        )
    return PullRequest(subject, int(number))


def find_origin(variables: Mapping[str, str] = os.environ) -> Origin:
    """Of which commit and run a report is: by the variables of pipelines, else by git."""
    try:
        place = find_place(variables=variables)
    except ConfigError:  # whoever publishes the report hears of it
        place = PublishContext()
    now = datetime.now(timezone.utc)
    if place.commit:
        return Origin(now, place.commit.hash, place.commit.page, run=place.link)
    described = _DESCRIBED.fullmatch(variables.get("GITHUB_SHA") or _git_description())
    if not described:
        return Origin(now, run=place.link)
    return Origin(now, described["hash"], is_dirty=bool(described["dirty"]), run=place.link)


def _git_description() -> str:
    """The commit of the working folder; "" where there is none, or no git."""
    try:
        done = subprocess.run(
            _DESCRIBE, capture_output=True, text=True, check=False, timeout=_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip()
