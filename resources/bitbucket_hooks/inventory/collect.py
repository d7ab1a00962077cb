"""Lists the hooks of a workspace and its repositories: one listing each, side by side."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Final

from attrs import define, field, frozen

from bitbucket_hooks.api.clock import Clock
from bitbucket_hooks.api.errors import (
    Interrupted,
    PermissionRefused,
    RateLimited,
    ScopeMissing,
    ServerFailed,
    UnexpectedAnswer,
)
from bitbucket_hooks.api.hooks import HookApi, unreadable_hook
from bitbucket_hooks.api.repositories import RepositoryApi
from bitbucket_hooks.api.worker_pool import PoolResult, WorkerPool
from bitbucket_hooks.inventory.keeping import Kept
from bitbucket_hooks.inventory.live import Live
from bitbucket_hooks.model.errors import HooksError, RemoteError
from bitbucket_hooks.model.globs import is_glob, matching
from bitbucket_hooks.model.subject import Subject
from bitbucket_hooks.model.webhook import Observed
from bitbucket_hooks.model.wording import counted

_PASSING: Final = (ServerFailed, UnexpectedAnswer)


@frozen
class RepositoryScope:
    """Which repositories of a workspace are listed."""

    workspace: str
    repositories: tuple[str, ...] = ()
    """Names and globs; none: all."""
    exclude: tuple[str, ...] = ()
    project: str | None = None
    always_list: bool = False
    """Whether the repositories are listed although all that are meant are named."""

    @property
    def needs_listing(self) -> bool:
        """Whether only a listing shows which repositories are meant."""
        named = self.repositories and not any(map(is_glob, self.repositories))
        return not named or self.project is not None or self.always_list

    def choose(self, there: Collection[str]) -> list[str]:
        """The repositories that are meant, of those that there are."""
        named = {slug for glob in self.repositories or ("*",) for slug in matching(glob, there)}
        chosen = named - {slug for glob in self.exclude for slug in matching(glob, there)}
        return [slug for slug in there if slug in chosen]

    def unmatched(self, there: Collection[str]) -> list[str]:
        """The names, globs and project that mean none of what there is."""
        empty = [f"--project {self.project}"] if self.project and not there else []
        return [*(name for name in self.repositories if not matching(name, there)), *empty]


@frozen
class NotListed:
    """What couldn't be listed: the hooks of a repository or the workspace, or one that is odd."""

    subject: Subject
    error: HooksError
    hook: str | None = None
    """The uuid of the one hook that can't be read."""

    def __str__(self) -> str:
        return f"{self.error.message}. {self.error.remedy}"


@frozen
class Collected:
    """What was found."""

    workspace: str
    begun_at: str
    projects: Mapping[str, str]
    """The project's key of each repository, where it is known."""
    hooks: Mapping[Subject, list[Live]]
    """The hooks of each subject that answered."""
    refused: tuple[NotListed, ...]
    unmatched: tuple[str, ...]
    """Names and globs that no repository has."""
    total: int
    """Subjects that were to be listed."""
    stopped: HooksError | None
    """What ended the work before its end."""
    unfinished: HooksError | None
    """Why running it again may find more; None: all was asked that can be."""


@define
class Collector:
    """Goes through a workspace."""

    hooks: HookApi
    repositories: RepositoryApi
    kept: Kept
    clock: Clock
    workers: int
    notify: Callable[[str], None]
    """Called with how far it is, after each listing."""
    on_hook: Callable[[Observed], None] = field(default=lambda _: None)
    """Gets every hook as it was answered: what is kept of it has no whole url."""
    _total: int = field(default=0, init=False)
    _left: int = field(default=0, init=False)
    _lock: threading.Lock = field(factory=threading.Lock, init=False, repr=False)

    def collect(self, scope: RepositoryScope) -> Collected:
        """List everything that isn't kept yet. Raises HooksError when nothing could be listed."""
        try:
            found = self._repositories(scope)
        except (Interrupted, RateLimited) as error:
            raise self._with_remedy(error) from None
        chosen = [Subject(scope.workspace, slug) for slug in (None, *scope.choose(found))]
        subjects = {str(subject): subject for subject in chosen}
        listed = self.kept.listed
        pieces = {
            name: partial(self._list, subject)
            for name, subject in subjects.items()
            if subject.repository not in listed
        }
        self._total, self._left = len(subjects), len(pieces)
        pool = WorkerPool(self.workers, self.clock, lambda _: None)  # each piece notifies
        outcome = pool.run("listing the hooks", pieces)
        hooks = {
            subject: listed[subject.repository]
            for subject in chosen
            if subject.repository in listed
        }
        stopped = outcome.stopped and self._with_remedy(outcome.stopped)
        if not hooks:
            raise stopped or _nothing(scope.workspace, outcome)
        refused = [
            NotListed(subjects[name], error) for name, error in sorted(outcome.failed.items())
        ]
        unreadable = [
            NotListed(subject, unreadable_hook(subject, uuid, problem), uuid)
            for subject in hooks
            for uuid, problem in self.kept.unreadable.get(subject.repository, {}).items()
        ]
        return Collected(
            workspace=scope.workspace,
            begun_at=self.kept.begun_at,
            projects=found,
            hooks=hooks,
            refused=(*refused, *unreadable),
            unmatched=tuple(scope.unmatched(found)),
            total=self._total,
            stopped=stopped,
            unfinished=stopped or _failed_remotely(outcome),
        )

    def _repositories(self, scope: RepositoryScope) -> Mapping[str, str]:
        if not scope.needs_listing:
            return dict.fromkeys((name.lower() for name in scope.repositories), "")
        if self.kept.repositories is not None:
            return self.kept.repositories
        self.notify("listing the repositories")
        return self.kept.keep_repositories(
            self.repositories.in_workspace(scope.workspace, scope.project)
        )

    def _with_remedy(self, stopped: HooksError) -> HooksError:
        """What ended the work, with a remedy that is true where no file keeps what was listed."""
        if not self.kept.lasts and isinstance(stopped, Interrupted):
            return Interrupted(stopped.message, "Run it again; with --resume FILE it could go on.")
        if not self.kept.lasts and isinstance(stopped, RateLimited):
            remedy = (
                "Run it again later, with --resume FILE so that it can go on from there, or raise "
                "bitbucket:maxWait."
            )
            return RateLimited(stopped.message, remedy, status=stopped.status)
        return stopped

    def _list(self, subject: Subject) -> None:
        try:
            found = self.hooks.listing(subject)
        except ScopeMissing as error:
            if subject.repository is None:
                # a token of a repository or project has no say in the workspace
                raise PermissionRefused(error.message, error.remedy, status=403) from None
            raise
        for hook in found.hooks:
            self.on_hook(hook)
        live = [Live.from_observed(hook, self.kept.addresses) for hook in found.hooks]
        self.kept.keep(subject.repository, live, found.unreadable)
        with self._lock:
            self._left -= 1
            self.notify(f"{self._total - self._left:,} of {self._total:,} listed")


def _failed_remotely(outcome: PoolResult[None]) -> HooksError | None:
    """What there is to say of a service that didn't refuse, but failed."""
    failed = sum(isinstance(error, _PASSING) for error in outcome.failed.values())
    if not failed:
        return None
    return RemoteError(
        f"{failed:,} of {counted(outcome.total, 'listing')} failed at the other side",
        "Run it again later: with --resume FILE it asks for what is missing alone.",
    )


def _nothing(workspace: str, outcome: PoolResult[None]) -> HooksError:
    """Say by the first refusal why there is nothing to show."""
    error = next(iter(outcome.failed.values()))
    more = len(outcome.failed) - 1
    others = f"; and {more:,} more like that" if more else ""
    message = f"workspace {workspace}: nothing could be listed: {error.message}{others}"
    return RemoteError(message, error.remedy)
