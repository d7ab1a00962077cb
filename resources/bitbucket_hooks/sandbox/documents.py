"""Commits and pull requests of a repository, and all that is attached to them, as JSON documents.

Collections are named as the API's paths are: `commit/HASH/reports`, `pullrequests/1/comments`.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from typing import Any

import attrs

from bitbucket_hooks.sandbox.errors import Missing
from bitbucket_hooks.sandbox.tenants import StoredRepository

Document = dict[str, Any]


@attrs.frozen
class Documents:
    """A collection of documents, each with an id of its own."""

    connection: sqlite3.Connection
    repository: StoredRepository
    collection: str

    def all(self) -> list[Document]:
        """Give the documents, the oldest first."""
        rows = self.connection.execute(
            "SELECT body FROM documents WHERE repository = ? AND collection = ? ORDER BY seq",
            (self.repository.uuid, self.collection),
        )
        return [json.loads(row["body"]) for row in rows]

    def find(self, name: object) -> Document | None:
        """Give the document of that id."""
        row = self.connection.execute(
            "SELECT body FROM documents WHERE repository = ? AND collection = ? AND id = ?",
            (self.repository.uuid, self.collection, str(name)),
        ).fetchone()
        return json.loads(row["body"]) if row else None

    def put(self, name: object, body: Mapping[str, Any]) -> None:
        """Store a document in place of the one of that id, which keeps its place in the order."""
        self.connection.execute(
            "INSERT INTO documents (repository, collection, id, body) VALUES (?, ?, ?, ?)"
            " ON CONFLICT DO UPDATE SET body = excluded.body",
            (self.repository.uuid, self.collection, str(name), json.dumps(body)),
        )

    def delete(self, name: object) -> None:
        """Remove a document, and what is attached to it."""
        below = f"{self.collection}/{name}/"
        self.connection.execute(
            "DELETE FROM documents WHERE repository = ? AND (collection = ? AND id = ?"
            " OR substr(collection, 1, length(?)) = ?)",
            (self.repository.uuid, self.collection, str(name), below, below),
        )

    def attached(self, name: object, collection: str) -> Documents:
        """Give a collection that is attached to the document of that id."""
        return attrs.evolve(self, collection=f"{self.collection}/{name}/{collection}")


def commits(connection: sqlite3.Connection, repository: StoredRepository) -> Documents:
    """Give the commits of a repository, by their whole hashes."""
    return Documents(connection, repository, "commit")


def pull_requests(connection: sqlite3.Connection, repository: StoredRepository) -> Documents:
    """Give the pull requests of a repository, by their numbers."""
    return Documents(connection, repository, "pullrequests")


def of_commit(
    connection: sqlite3.Connection, repository: StoredRepository, hash_: str, collection: str
) -> Documents:
    """Give what is attached to a commit. Raises `Missing`."""
    found = commits(connection, repository)
    if found.find(hash_.lower()) is None:
        raise Missing(
            f"there is no commit {hash_} of {repository.full_name} in this sandbox; add it first",
            answer="Commit not found",
        )
    return found.attached(hash_.lower(), collection)
