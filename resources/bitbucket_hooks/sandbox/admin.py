"""The sandbox from behind the scenes: set it up, change it by hand, look at what happened."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final, final

import attrs

from bitbucket_hooks.model.events import SUBJECT_TYPES
from bitbucket_hooks.sandbox import documents, historystore, hookstore, settings, tenants
from bitbucket_hooks.sandbox.comments import StoredComment, Thread
from bitbucket_hooks.sandbox.errors import SandboxError
from bitbucket_hooks.sandbox.historystore import Sent
from bitbucket_hooks.sandbox.identity import API_TOKEN_SCOPES, CLASSIC_SCOPES
from bitbucket_hooks.sandbox.settings import FaultKind, SandboxSettings
from bitbucket_hooks.sandbox.store import open_database
from bitbucket_hooks.sandbox.tenants import StoredRepository, Workspace, new_token, new_uuid
from bitbucket_hooks.sandbox.webhook import PROPERTIES, StoredHook

if TYPE_CHECKING:
    from bitbucket_hooks.sandbox.delivering import EventRun

_PROJECT: Final = "PLAT"
_CHANGEABLE: Final = (*PROPERTIES, "created_at", "read_only", "uuid")


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


@final
class Sandbox(contextlib.AbstractContextManager["Sandbox"]):
    """A sandbox at `path`, created and seeded when there is none.

    Repositories are named `workspace/slug`, workspaces by their slug, users by their email; all
    three also by uuid in braces. Everything raises `SandboxError` for what does not exist or is
    there already. Nothing here passes through faults, limits, lag or the log of requests.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._database = open_database(path)
        self.path: Final = self._database.path

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

    def add_workspace(self, slug: str) -> str:
        """Add a workspace without members and give its uuid."""
        tenants.check_slug(slug)
        with self._write(slug) as connection:
            return tenants.add_workspace(connection, slug, slug)

    def workspaces(self) -> list[Workspace]:
        """Give all workspaces."""
        with self._database.reading() as connection:
            return tenants.workspaces(connection)

    def rename_workspace(self, name: str, slug: str) -> None:
        """Give a workspace another slug; it keeps its uuid, its repositories and its hooks."""
        self._rename("workspaces", tenants.workspace, name, slug)

    def rename_repository(self, name: str, slug: str) -> None:
        """Give a repository another slug; it keeps its uuid and its hooks."""
        self._rename("repositories", tenants.repository, name, slug)

    def _rename(
        self,
        table: str,
        find: Callable[[sqlite3.Connection, str], tenants.Subject],
        name: str,
        slug: str,
    ) -> None:
        tenants.check_slug(slug)
        with self._write(slug) as connection:
            row = (slug, slug, find(connection, name).uuid)
            connection.execute(f"UPDATE {table} SET slug = ?, name = ? WHERE uuid = ?", row)  # noqa: S608

    def add_repository(self, name: str, *, project: str = _PROJECT, private: bool = True) -> str:
        """Add the repository `workspace/slug`, give its uuid. A new key adds the project."""
        return self.add_repositories([name], project=project, private=private)[0]

    def add_repositories(
        self, names: Iterable[str], *, project: str = _PROJECT, private: bool = True
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

    def grant(self, user: str, target: str, role: str) -> None:
        """Give a user a role: `owner` or `member` of a workspace, or `none`.

        In a repository the roles are `admin`, `write`, `read` and `none`.
        """
        roles = ("admin", "write", "read") if "/" in target else ("owner", "member")
        if role not in (*roles, "none"):
            raise SandboxError(f'no role "{role}" in {target}; take one of {", ".join(roles)}')
        with self._database.writing() as connection:
            who, where = tenants.user(connection, user).uuid, tenants.target(connection, target)
            if role == "none":
                connection.execute("DELETE FROM grants WHERE (user, target) = (?, ?)", (who, where))
            else:
                tenants.grant(connection, who, where, role)

    def issue_api_token(self, user: str, scopes: Iterable[str] = API_TOKEN_SCOPES) -> str:
        """Give a user a new API token, by default with every scope."""
        with self._database.writing() as connection:
            uuid = tenants.user(connection, user).uuid
            return tenants.issue_token(connection, "api", uuid, scopes)

    def issue_access_token(self, target: str, scopes: Iterable[str] = CLASSIC_SCOPES) -> str:
        """Give a repository (`workspace/slug`), project (`workspace:KEY`) or workspace a token."""
        kind = "repository" if "/" in target else "project" if ":" in target else "workspace"
        with self._database.writing() as connection:
            return tenants.issue_token(connection, kind, tenants.target(connection, target), scopes)

    def add_oauth_consumer(
        self, workspace: str, scopes: Iterable[str] = CLASSIC_SCOPES
    ) -> tuple[str, str]:
        """Add an OAuth consumer that acts for a workspace; gives client id and client secret."""
        client_id, secret = new_token("client"), new_token("client-secret")
        with self._database.writing() as connection:
            uuid = tenants.workspace(connection, workspace).uuid
            row = (client_id, secret, uuid, json.dumps(list(scopes)))
            connection.execute("INSERT INTO consumers VALUES (?, ?, ?, ?)", row)
        return client_id, secret

    def revoke_token(self, token: str) -> None:
        """Make a token of any kind invalid; one that is unknown already is."""
        with self._database.writing() as connection:
            connection.execute("DELETE FROM tokens WHERE token = ?", (token,))

    def revoke_oauth_tokens(self) -> None:
        """Make all access tokens of OAuth consumers invalid, as if their time had run out."""
        with self._database.writing() as connection:
            connection.execute("DELETE FROM tokens WHERE kind = 'oauth'")

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

    def secret_of(self, uuid: str) -> str | None:
        """Give the secret of a hook, which the API never shows."""
        return self.hook(uuid).secret

    def plant_hook(self, target: str, url: str, **properties: Any) -> StoredHook:
        """Add a hook to a repository or workspace by hand; `properties` are those of the API."""
        kind = "repository" if "/" in target else "workspace"
        values = {"uuid": new_uuid(), **_hook_changes(properties)}
        with self._database.writing() as connection:
            uuid = tenants.target(connection, target)
            hook = StoredHook(subject=uuid, subject_type=kind, url=url, **values)
            return hookstore.insert(connection, hook)

    def change_hook(self, uuid: str, **changes: Any) -> StoredHook:
        """Change properties of a hook by hand, as somebody on the web page does."""
        values = _hook_changes(changes)
        with self._database.writing() as connection:
            return hookstore.update(connection, hookstore.find(connection, uuid), values)

    def spoil_hook(self, uuid: str, **values: Any) -> None:
        """Let answers show values of a hook that no hook should have, until it is changed."""
        with self._database.writing() as connection:
            hook = hookstore.find(connection, uuid)
            hookstore.update(connection, hook, {"shown_instead": values})

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

    def plant_comment(
        self,
        repository: str,
        pull_request: int,
        raw: str,
        *,
        author: str,
        parent: int | None = None,
        inline: str | None = None,
    ) -> StoredComment:
        """Comment by hand. `author` is a user; `parent` a comment, `inline` the path of a file."""
        with self._database.writing() as connection:
            thread = _thread(connection, repository, pull_request)
            who = tenants.user(connection, author).uuid
            return thread.add(who, raw, parent=parent, inline=inline)

    def comments(self, repository: str, pull_request: int) -> list[StoredComment]:
        """Give the comments on a pull request, the oldest first, without the deleted ones."""
        with self._database.reading() as connection:
            found = _thread(connection, repository, pull_request).all()
        return [comment for comment in found if not comment.deleted]

    def delete_comment(self, repository: str, pull_request: int, comment: int) -> None:
        """Delete a comment by hand."""
        with self._database.writing() as connection:
            thread = _thread(connection, repository, pull_request)
            thread.change(thread.comment(comment), deleted=True)

    def reports(self, repository: str, commit: str) -> dict[str, dict[str, Any]]:
        """Give the Code Insights reports on a commit by their ids."""
        found = self._of_commit(repository, commit, "reports")
        return {body["external_id"]: body for body in found}

    def annotations(self, repository: str, commit: str, report: str) -> list[dict[str, Any]]:
        """Give the annotations of a report in the order in which they came."""
        return self._of_commit(repository, commit, f"reports/{report}/annotations")

    def statuses(self, repository: str, commit: str) -> dict[str, dict[str, Any]]:
        """Give the build statuses of a commit by their keys."""
        return {body["key"]: body for body in self._of_commit(repository, commit, "statuses")}

    def _of_commit(self, repository: str, commit: str, collection: str) -> list[dict[str, Any]]:
        with self._database.reading() as connection:
            where = tenants.repository(connection, repository)
            return documents.of_commit(connection, where, commit, collection).all()

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

    def plan_fault(
        self, kind: FaultKind, method: str = "*", path: str = "*", *, times: int = 1, skip: int = 0
    ) -> None:
        """Let the next `times` requests fail, after `skip` that pass.

        `path` is a glob over the path from `/2.0` on; `*` matches slashes too. A slug in it stands
        for the uuid as well.
        """
        if kind not in settings.KINDS:
            raise SandboxError(f'no fault "{kind}"; take one of {", ".join(settings.KINDS)}')
        with self._database.writing() as connection:
            connection.execute(
                "INSERT INTO plans (kind, method, path, skip, remaining) VALUES (?, ?, ?, ?, ?)",
                (kind, method.upper(), path, skip, times),
            )

    def clear_faults(self) -> None:
        """Forget all planned faults."""
        with self._database.writing() as connection:
            connection.execute("DELETE FROM plans")

    def events(self, subject_type: str) -> list[str]:
        """Give the keys of the live catalogue of a subject type, in its order."""
        with self._database.reading() as connection:
            return hookstore.known_events(connection, subject_type)

    def add_event(self, event: str, subject_type: str | None = None) -> None:
        """Add a key to the live catalogue of one subject type, or both."""
        category, _, label = event.partition(":")
        kinds = [subject_type] if subject_type else SUBJECT_TYPES
        with self._write(event) as connection:
            connection.executemany(
                "INSERT INTO events VALUES (?, ?, ?, ?, ?)",
                [(kind, event, category.title(), label.title(), event) for kind in kinds],
            )

    def remove_event(self, event: str, subject_type: str | None = None) -> None:
        """Take a key out of the live catalogue of one subject type, or both."""
        with self._database.writing() as connection:
            connection.execute(
                "DELETE FROM events WHERE event = ? AND subject_type = coalesce(?, subject_type)",
                (event, subject_type),
            )

    def requests(self) -> list[LoggedRequest]:
        """Give the log of requests, the oldest first."""
        with self._database.reading() as connection:
            rows = connection.execute("SELECT * FROM requests ORDER BY id")
            return [LoggedRequest(**dict(row)) for row in rows]

    def clear_requests(self) -> None:
        """Empty the log of requests."""
        with self._database.writing() as connection:
            connection.execute("DELETE FROM requests")


def _hook_changes(changes: dict[str, Any]) -> dict[str, Any]:
    """Check the names of a hook's properties; an empty secret is none."""
    unknown = sorted(changes.keys() - {*_CHANGEABLE})
    if unknown:
        raise SandboxError(
            f"a webhook has no {', '.join(unknown)} that can be set; take one of "
            f"{', '.join(sorted(_CHANGEABLE))}"
        )
    return {**changes, "secret": changes["secret"] or None} if "secret" in changes else changes


def _thread(connection: sqlite3.Connection, repository: str, number: int) -> Thread:
    return Thread.find(connection, tenants.repository(connection, repository), number)
