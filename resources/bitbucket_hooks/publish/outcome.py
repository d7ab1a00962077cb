"""What became of a report, target by target."""

from __future__ import annotations

from typing import Final

from attrs import frozen

from bitbucket_hooks.api.errors import (
    AuthenticationFailed,
    NotFound,
    PermissionRefused,
    ScopeMissing,
)
from bitbucket_hooks.model.errors import HooksError
from bitbucket_hooks.publish.place import Target

# The public description of the API names the read scopes alone; with the write scopes it works
# either way (unverified).
_COMMIT_NEEDS: Final = (
    "the scope repository:write (an API token: read:repository:bitbucket and "
    "write:repository:bitbucket) and write access to the repository"
)
_NEEDS: Final = {
    Target.COMMENT: "the scope pullrequest:write (an API token: read:pullrequest:bitbucket and "
    "write:pullrequest:bitbucket) and read access to the repository",
    Target.INSIGHTS: _COMMIT_NEEDS,
    Target.STATUS: _COMMIT_NEEDS,
}


class NoCredentials(HooksError):
    """Nobody to speak for. Remedy: credentials with the right scopes."""

    def __init__(self, target: Target) -> None:
        """Say what the target needs."""
        super().__init__("no credentials are configured for it", _remedy(target))


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


def not_done(target: Target, error: HooksError) -> TargetResult:
    """Why a target was not served. The remedies of the hooks' own calls don't fit here."""
    remedy = error.remedy
    if isinstance(error, (AuthenticationFailed, PermissionRefused, ScopeMissing)):
        remedy = _remedy(target)
    if isinstance(error, NotFound):
        remedy = f"Check repository, commit and pull request. {_remedy(target)}"
    return TargetResult(
        target, done=False, what=error.message, remedy=remedy, exit_code=error.exit_code
    )


def _remedy(target: Target) -> str:
    return f"Give credentials that have {_NEEDS[target]}."
