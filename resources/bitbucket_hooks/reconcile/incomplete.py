"""What is known of a fleet's copies, also after work on them that failed in part."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from attrs import field, frozen

from bitbucket_hooks.api.worker_pool import PoolResult
from bitbucket_hooks.model.errors import HooksError, RemoteError
from bitbucket_hooks.model.subject import Subject
from bitbucket_hooks.model.sync_status import SyncStatus
from bitbucket_hooks.model.webhook import Observed
from bitbucket_hooks.model.wording import first_lines

_FEW: Final = 5  # repositories that may refuse by chance
_SHOWN: Final = 10  # failures that a message names one by one


@frozen
class Copies:
    """What the state knows of a fleet's copies, by repository."""

    hooks: Mapping[str, str] = field(factory=dict)
    """The uuids of those that exist."""
    statuses: Mapping[str, SyncStatus] = field(factory=dict)
    """The sync status of each, declared or left over."""
    created_at: str | None = None
    """When the newest one was made."""
    repository_uuids: Mapping[str, str] = field(factory=dict)
    """Of the repositories that have one, as far as answers told."""

    def subject(self, workspace: str, repository: str) -> Subject:
        """What a copy hangs on; one that doesn't exist goes by the name alone."""
        known = self.repository_uuids.get(repository) if repository in self.hooks else None
        return Subject(workspace, repository, known)

    def uuids_with(self, live: Mapping[str, Observed]) -> dict[str, str]:
        """The uuids of repositories, with those that live copies tell."""
        told = {slug: hook.subject.uuid for slug, hook in live.items() if hook.subject}
        return {**self.repository_uuids, **{slug: uuid for slug, uuid in told.items() if uuid}}


class FleetIncomplete(RemoteError):
    """Some repositories failed; `copies` is what the state has to know now."""

    def __init__(self, message: str, remedy: str, copies: Copies) -> None:
        """Keep what was done beside the message."""
        super().__init__(message, remedy)
        self.copies = copies


def report(copies: Copies, *outcomes: PoolResult[Any]) -> None:
    """Raise FleetIncomplete when something failed or was not tried."""
    if (told := failure("fleet", *outcomes)) is not None:
        raise FleetIncomplete(*told, copies)


def lost_sight(looked: PoolResult[Any], total: int) -> bool:
    """Whether so much refused to be looked at that it isn't about single repositories.

    Of `total` only some may have been due: where these are few, they may be just the ones.
    """
    return not looked.done and len(looked.failed) >= min(total, _FEW)


def failure(what: str, *outcomes: PoolResult[Any]) -> tuple[str, str] | None:
    """The message and remedy when something failed or was not tried."""
    failed = [error for outcome in outcomes for error in outcome.failed.values()]
    stopped = next((outcome.stopped for outcome in outcomes if outcome.stopped), None)
    if not failed and stopped is None:
        return None
    total = sum(outcome.total for outcome in outcomes)
    how = f"{len(failed):,} of {total:,} repositories failed" if failed else "stopped"
    tried = sum(len(outcome.done) for outcome in outcomes)
    message = f"{what}: {how}, {tried:,} are done\n{listed(failed)}"
    if stopped is not None:
        message += f"\nstopped: {stopped.message}"
    remedies = dict.fromkeys(error.remedy for error in (*failed, *filter(None, [stopped])))
    again = "The next `pulumi up` does just what is left."
    return message, "\n".join((*filter(None, remedies), again))


def unchecked_told(what: str, seen: PoolResult[Any]) -> str:
    """Warn that some repositories couldn't be looked at, with what helps."""
    errors = seen.failed.values()
    remedies = "\n".join(dict.fromkeys(one.remedy for one in errors))
    return (
        f"{what}: {len(errors):,} of {seen.total:,} repositories couldn't be looked at; what was "
        f"last known of them is kept\n{listed(errors)}\n{remedies}"
    )


def listed(errors: Iterable[HooksError]) -> str:
    """Failures one by one, and how many more there are."""
    return first_lines(sorted(f"  {error.message}" for error in errors), _SHOWN)
