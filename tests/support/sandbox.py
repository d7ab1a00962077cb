"""The sandbox in the hands of tests: what they prepare and look at, and no command does."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from typing import Any

from bitbucket_hooks.model.events import SUBJECT_TYPES
from bitbucket_hooks.sandbox import admin, documents, hookstore, tenants
from bitbucket_hooks.sandbox.admin import PROJECT
from bitbucket_hooks.sandbox.comments import StoredComment, Thread
from bitbucket_hooks.sandbox.identity import API_TOKEN_SCOPES, CLASSIC_SCOPES
from bitbucket_hooks.sandbox.server import serving
from bitbucket_hooks.sandbox.settings import FaultKind
from bitbucket_hooks.sandbox.tenants import new_token


class Sandbox(admin.Sandbox):
    """A sandbox with everything that can happen to a workspace, its people and its service."""

    def add_workspace(self, slug: str) -> str:
        """Add a workspace without members and give its uuid."""
        with self._database.writing() as connection:
            return tenants.add_workspace(connection, slug, slug)

    def rename_workspace(self, name: str, slug: str) -> None:
        """Give a workspace another slug; it keeps its uuid, its repositories and its hooks."""
        with self._database.writing() as connection:
            row = (slug, slug, tenants.workspace(connection, name).uuid)
            connection.execute("UPDATE workspaces SET slug = ?, name = ? WHERE uuid = ?", row)

    def add_repository(self, name: str, *, project: str = PROJECT, private: bool = True) -> str:
        """Add the repository `workspace/slug`, give its uuid. A new key adds the project."""
        return self.add_repositories([name], project=project, private=private)[0]

    def grant(self, user: str, target: str, role: str) -> None:
        """Give a user a role: `owner` or `member` of a workspace, or `none`.

        In a repository the roles are `admin`, `write`, `read` and `none`.
        """
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

    def secret_of(self, uuid: str) -> str | None:
        """Give the secret of a hook, which the API never shows."""
        return self.hook(uuid).secret

    def spoil_hook(self, uuid: str, **values: Any) -> None:
        """Let answers show values of a hook that no hook should have, until it is changed."""
        with self._database.writing() as connection:
            hook = hookstore.find(connection, uuid)
            hookstore.update(connection, hook, {"shown_instead": values})

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
            thread = self._thread(connection, repository, pull_request)
            who = tenants.user(connection, author).uuid
            return thread.add(who, raw, parent=parent, inline=inline)

    def delete_comment(self, repository: str, pull_request: int, comment: int) -> None:
        """Delete a comment by hand."""
        with self._database.writing() as connection:
            thread = self._thread(connection, repository, pull_request)
            thread.change(thread.comment(comment), deleted=True)

    def _thread(self, connection: sqlite3.Connection, repository: str, pull_request: int) -> Thread:
        return Thread.find(connection, tenants.repository(connection, repository), pull_request)

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

    def plan_fault(
        self, kind: FaultKind, method: str = "*", path: str = "*", *, times: int = 1, skip: int = 0
    ) -> None:
        """Let the next `times` requests fail, after `skip` that pass.

        `path` is a glob over the path from `/2.0` on; `*` matches slashes too. A slug in it stands
        for the uuid as well.
        """
        with self._database.writing() as connection:
            connection.execute(
                "INSERT INTO plans (kind, method, path, skip, remaining) VALUES (?, ?, ?, ?, ?)",
                (kind, method.upper(), path, skip, times),
            )

    def clear_faults(self) -> None:
        """Forget all planned faults."""
        with self._database.writing() as connection:
            connection.execute("DELETE FROM plans")

    def add_event(self, event: str, subject_type: str | None = None) -> None:
        """Add a key to the live catalogue of one subject type, or both."""
        category, _, label = event.partition(":")
        kinds = [subject_type] if subject_type else SUBJECT_TYPES
        with self._database.writing() as connection:
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


@contextlib.contextmanager
def serve(path: str | os.PathLike[str], port: int = 0) -> Iterator[str]:
    """Serve a sandbox on the loopback in a thread, and give its base url (`http://…/2.0`)."""
    with serving(path, port=port) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield f"{server.origin}/2.0"
        finally:
            server.shutdown()
            thread.join()
