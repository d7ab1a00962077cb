"""The sandbox from behind the scenes: set it up, change it by hand, look at what happened."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final

import attrs

from bitbucket_hooks.sandbox import documents, historystore, hookstore, settings, tenants
from bitbucket_hooks.sandbox.comments import StoredComment, Thread
from bitbucket_hooks.sandbox.errors import SandboxError
from bitbucket_hooks.sandbox.historystore import Sent
from bitbucket_hooks.sandbox.identity import CLASSIC_SCOPES
from bitbucket_hooks.sandbox.settings import SandboxSettings
from bitbucket_hooks.sandbox.store import open_database
from bitbucket_hooks.sandbox.tenants import StoredRepository, Workspace, new_uuid
from bitbucket_hooks.sandbox.webhook import StoredHook

if TYPE_CHECKING:
    from typing_extensions import Self

    from bitbucket_hooks.sandbox.delivering import EventRun

PROJECT: Final = "PLAT"
"""The project of a new repository, where nobody names another."""


@attrs.frozen
class LoggedRequest:
    """A request that was made. `at` is in seconds since 1970; no `status`: the connection broke."""

    id: int
    at: float
    method: str
    path: str
    query: str
    status: int | None
    identity: str
    fault: str | None


class Sandbox:
    """A sandbox at `path`, created and seeded when there is none.

    Repositories are named `workspace/slug`, workspaces by their slug, users by their email; all
    three also by uuid in braces. Everything raises `SandboxError` for what does not exist or is
    there already. Nothing here passes through faults, limits, lag or the log of requests.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._database = open_database(path)
        self.path: Final = self._database.path

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the database's connections."""
        self._database.close()

    @contextlib.contextmanager
    def _write(self, name: str) -> Iterator[sqlite3.Connection]:
        """Turn the complaint about a second thing of the same name into ours."""
        try:
            with self._database.writing() as connection:
                yield connection
        except sqlite3.IntegrityError as error:
            raise SandboxError(f"{name} is there already; take another name") from error

    # Workspaces and repositories

    def workspaces(self) -> list[Workspace]:
        """Give all workspaces."""
        with self._database.reading() as connection:
            return tenants.workspaces(connection)

    def rename_repository(self, name: str, slug: str) -> None:
        """Give a repository another slug; it keeps its uuid and its hooks."""
        tenants.check_slug(slug)
        with self._write(slug) as connection:
            row = (slug, slug, tenants.repository(connection, name).uuid)
            connection.execute("UPDATE repositories SET slug = ?, name = ? WHERE uuid = ?", row)

    def add_repositories(
        self, names: Iterable[str], *, project: str = PROJECT, private: bool = True
    ) -> list[str]:
        """Add repositories in one transaction and give their uuids in the same order."""
        uuids = []
        with self._write("one of the repositories") as connection:
            for name in names:
                workspace, _, slug = name.partition("/")
                tenants.check_slug(slug)
                where = tenants.workspace(connection, workspace).uuid
                uuids.append(
                    tenants.add_repository(connection, where, slug, project, private=private)
                )
        return uuids

    def repositories(self) -> list[StoredRepository]:
        """Give the repositories of all workspaces, sorted by name."""
        with self._database.reading() as connection:
            return tenants.repositories(connection)

    def delete_repository(self, name: str) -> None:
        """Remove a repository and its hooks."""
        with self._database.writing() as connection:
            uuid = tenants.repository(connection, name).uuid
            connection.execute("DELETE FROM hooks WHERE subject = ?", (uuid,))
            connection.execute("DELETE FROM repositories WHERE uuid = ?", (uuid,))

    # Users and credentials

    def issue_access_token(self, target: str, scopes: Iterable[str] = CLASSIC_SCOPES) -> str:
        """Give a repository (`workspace/slug`), project (`workspace:KEY`) or workspace a token."""
        kind = "repository" if "/" in target else "project" if ":" in target else "workspace"
        with self._database.writing() as connection:
            return tenants.issue_token(connection, kind, tenants.target(connection, target), scopes)

    # Hooks

    def hooks(self, target: str | None = None) -> list[StoredHook]:
        """Give the hooks of a repository or workspace, or all; as stored, in spite of any lag."""
        with self._database.reading() as connection:
            subject = None if target is None else tenants.target(connection, target)
            return hookstore.current(connection, subject)

    def hook(self, uuid: str) -> StoredHook:
        """Give one hook."""
        with self._database.reading() as connection:
            return hookstore.find(connection, uuid)

    def plant_hook(self, target: str, url: str, **properties: Any) -> StoredHook:
        """Add a hook to a repository or workspace by hand; `properties` are those of the API."""
        kind = "repository" if "/" in target else "workspace"
        values = {"uuid": new_uuid(), **properties}
        with self._database.writing() as connection:
            uuid = tenants.target(connection, target)
            hook = StoredHook(subject=uuid, subject_type=kind, url=url, **values)
            return hookstore.insert(connection, hook)

    def change_hook(self, uuid: str, **changes: Any) -> StoredHook:
        """Change properties of a hook by hand, as somebody on the web page does."""
        with self._database.writing() as connection:
            return hookstore.update(connection, hookstore.find(connection, uuid), changes)

    def delete_hook(self, uuid: str) -> None:
        """Delete a hook by hand."""
        with self._database.writing() as connection:
            hookstore.delete(connection, hookstore.find(connection, uuid))

    # Deliveries

    def trigger(self, repository: str, event: str) -> EventRun:
        """Let an event happen, wait for its deliveries and give them with their outcomes."""
        from bitbucket_hooks.sandbox import delivering  # noqa: PLC0415 - it brings requests along

        with self._database.writing() as connection:
            where = tenants.repository(connection, repository)
            run = delivering.prepare(connection, where, event)
        deliverer = delivering.Deliverer(self._database)
        deliverer.start(run)
        deliverer.wait()
        return run

    def history(self, uuid: str) -> list[Sent]:
        """Give the deliveries of a hook that keeps a history, the latest first."""
        with self._database.reading() as connection:
            return historystore.history(connection, hookstore.find(connection, uuid))

    # Pull requests and commits

    def plant_commit(self, repository: str, commit: str) -> None:
        """Let a repository have a commit, by its whole hash."""
        with self._database.writing() as connection:
            where = tenants.repository(connection, repository)
            documents.commits(connection, where).put(commit.lower(), {})

    def plant_pull_request(self, repository: str, commit: str = "0" * 40) -> int:
        """Open a pull request for a commit, which is added, and give its number."""
        self.plant_commit(repository, commit)
        with self._database.writing() as connection:
            where = tenants.repository(connection, repository)
            pull_requests = documents.pull_requests(connection, where)
            number = len(pull_requests.all()) + 1
            pull_requests.put(number, {"commit": commit.lower()})
            return number

    def comments(self, repository: str, pull_request: int) -> list[StoredComment]:
        """Give the comments on a pull request, the oldest first, without the deleted ones."""
        with self._database.reading() as connection:
            where = tenants.repository(connection, repository)
            found = Thread.find(connection, where, pull_request).all()
        return [comment for comment in found if not comment.deleted]

    # Behaviour

    def settings(self) -> SandboxSettings:
        """Give the settings."""
        with self._database.reading() as connection:
            return settings.load(connection)

    def configure(self, **changes: Any) -> SandboxSettings:
        """Change settings for all processes at once and give them; names as in `Settings`."""
        with self._database.writing() as connection:
            return settings.save(connection, changes)

    def reset_settings(self) -> None:
        """Give every setting its default again."""
        with self._database.writing() as connection:
            connection.execute("DELETE FROM settings")

    def events(self, subject_type: str) -> list[str]:
        """Give the keys of the live catalogue of a subject type, in its order."""
        with self._database.reading() as connection:
            return hookstore.known_events(connection, subject_type)

    def requests(self) -> list[LoggedRequest]:
        """Give the log of requests, the oldest first."""
        with self._database.reading() as connection:
            rows = connection.execute("SELECT * FROM requests ORDER BY id")
            return [LoggedRequest(**dict(row)) for row in rows]

    def clear_requests(self) -> None:
        """Empty the log of requests."""
        with self._database.writing() as connection:
            connection.execute("DELETE FROM requests")
