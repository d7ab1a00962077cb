"""One request to a page on its way, and how what it names is found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from bitbucket_hooks.sandbox import hookstore, lookups
from bitbucket_hooks.sandbox.errors import SandboxError

if TYPE_CHECKING:
    import sqlite3

    from werkzeug.wrappers import Request

    from bitbucket_hooks.sandbox.delivering import Deliverer, Run
    from bitbucket_hooks.sandbox.records import Hook, Repository


@attrs.frozen
class Visit:
    """What a page needs to answer. The connection may write when a form was sent."""

    request: Request
    connection: sqlite3.Connection
    token: str
    """What the page's forms hold."""
    deliverer: Deliverer
    starting: list[Run] = attrs.field(factory=list)
    """What is sent as soon as the transaction is over."""

    @property
    def sends(self) -> bool:
        """Whether a form was sent."""
        return self.request.method == "POST"

    def repository(self, workspace: str, slug: str) -> Repository:
        """Find a repository. Raises `SandboxError`."""
        return lookups.repository(self.connection, f"{workspace}/{slug}")

    def hooks(self, repository: Repository) -> list[Hook]:
        """Give the hooks that a repository's page shows: its own, then its workspace's."""
        return [
            *hookstore.current(self.connection, repository.uuid),
            *hookstore.current(self.connection, repository.workspace),
        ]

    def hook(self, repository: Repository, uid: str) -> Hook:
        """Find one of these hooks. Raises `SandboxError`."""
        found = lookups.hook(self.connection, uid)
        if found.subject not in (repository.uuid, repository.workspace):
            raise SandboxError(
                f'there is no webhook "{uid}" of {repository.full_name}; go back to its list'
            )
        return found


def refuse_unchangeable(hook: Hook) -> None:
    """Raise `SandboxError` for one that the page only shows."""
    if not may_change(hook):
        raise SandboxError(
            "this webhook is read-only here; change it where it belongs, with `bitbucket-hooks "
            "sandbox change-hook`"
        )


def may_change(hook: Hook) -> bool:
    """Tell whether the page changes a hook: those of workspaces and of apps it only shows."""
    return hook.subject_type == "repository" and not hook.read_only
