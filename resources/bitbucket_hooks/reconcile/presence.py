"""Gone, hidden or just late: what it means that the API doesn't find something."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from attrs import define, field

from bitbucket_hooks.api.errors import NotFound, PermissionRefused, ScopeMissing
from bitbucket_hooks.model.subject import Subject, path_of
from bitbucket_hooks.model.webhook import Observed
from bitbucket_hooks.reconcile.listings import Listings

if TYPE_CHECKING:
    from bitbucket_hooks.api.hooks import HookApi  # it brings requests along


@define
class Presence:
    """Tells a repository that is gone from one that this identity may not see."""

    api: HookApi
    listings: Listings
    missing_is_gone: bool
    """What a 404 means when the workspace can't be read either (`bitbucket:missingRepository`)."""
    warn: Callable[[str], None]
    _lock: threading.Lock = field(factory=threading.Lock, init=False)
    _gone: dict[str, bool] = field(factory=dict, init=False)
    """By path, whether what answers 404 is gone."""
    _readable: dict[str, bool] = field(factory=dict, init=False)
    """Workspaces, and whether this identity sees them."""

    def listing(self, subject: Subject, *, again: bool = False) -> Mapping[str, Observed] | None:
        """The hooks of a subject, `again` asked anew; None when the subject itself is gone.

        Raises ApiError when neither is certain, above all when access is missing.
        """
        if self._gone.get(path_of(subject)):
            return None
        try:
            return self.listings.fetch(subject) if again else self.listings.hooks(subject)
        except NotFound as error:
            self._settle(subject, error)
            return None

    def _settle(self, subject: Subject, error: NotFound) -> None:
        """Return when a 404 means gone, raise the error when it may mean hidden."""
        path = path_of(subject)
        with self._lock:
            is_news = path not in self._gone
            if is_news:
                self._gone[path] = self._is_gone(subject)
            gone = self._gone[path]
        if gone and is_news:
            self.warn(
                f"{subject}: not found, so it counts as deleted, and its hooks with it; "
                "if it is only hidden, give this identity access before the next `pulumi up`"
            )
        if not gone:
            raise NotFound(
                error.message,
                f"{error.remedy} If it was deleted for good, set bitbucket:missingRepository "
                "to gone.",
                status=error.status,
            )

    def _is_gone(self, subject: Subject) -> bool:
        if self.missing_is_gone:
            return True
        if subject.repository is None:
            return False
        try:
            return self._can_read(subject.workspace) or self._has_successor(subject)
        except (PermissionRefused, ScopeMissing):
            if self._has_successor(subject):
                return True
            raise

    def _has_successor(self, subject: Subject) -> bool:
        """Whether another repository has its name now, and this identity sees that one's hooks."""
        if subject.uuid is None:
            return False
        try:
            self.listings.hooks(subject.named)
        except (NotFound, PermissionRefused, ScopeMissing):
            return False
        now = self.listings.current_subject(subject.named)
        return now is None or now.uuid != subject.uuid

    def _can_read(self, workspace: str) -> bool:
        """Whether the workspace can be read: asked once, however many repositories are missing."""
        if workspace not in self._readable:
            self._readable[workspace] = self.api.can_read_workspace(workspace)
        return self._readable[workspace]
