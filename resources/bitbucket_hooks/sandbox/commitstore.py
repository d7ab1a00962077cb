"""The tables of what is told of a commit: reports with their annotations, and build statuses."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import attrs

from bitbucket_hooks.sandbox.models import new_uuid

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

Row = dict[str, Any]

_REPORT: Final = "repository = ? AND hash = ? AND id = ?"
_ANNOTATIONS: Final = "repository = ? AND hash = ? AND report = ?"


@attrs.frozen
class StoredCommit:
    """A commit of a repository, by uuid and whole hash."""

    repository: str
    hash: str


def reports(connection: sqlite3.Connection, commit: StoredCommit) -> list[Row]:
    """Give the reports on a commit, by id."""
    rows = connection.execute(
        "SELECT body FROM reports WHERE repository = ? AND hash = ? ORDER BY id",
        attrs.astuple(commit),
    )
    return [json.loads(row["body"]) for row in rows]


def report(connection: sqlite3.Connection, commit: StoredCommit, name: str) -> Row | None:
    """Give one report."""
    return next((one for one in reports(connection, commit) if one["external_id"] == name), None)


def put_report(connection: sqlite3.Connection, commit: StoredCommit, name: str, body: Row) -> Row:
    """Store a report in place of the one of that name, whose annotations stay."""
    old = report(connection, commit, name)
    uuid = old["uuid"] if old else new_uuid()
    whole = {**body, "external_id": name, "uuid": uuid, "type": "report"}
    connection.execute(
        "INSERT INTO reports VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET body = excluded.body",
        (*attrs.astuple(commit), name, uuid, json.dumps(whole)),
    )
    return whole


def delete_report(connection: sqlite3.Connection, commit: StoredCommit, name: str) -> None:
    """Remove a report and its annotations."""
    connection.execute(
        f"DELETE FROM reports WHERE {_REPORT}",  # noqa: S608 - our own words
        (*attrs.astuple(commit), name),
    )


def annotations_of(connection: sqlite3.Connection, commit: StoredCommit, name: str) -> list[Row]:
    """Give the annotations of a report in the order in which they came."""
    rows = connection.execute(
        f"SELECT body FROM annotations WHERE {_ANNOTATIONS} ORDER BY seq",  # noqa: S608
        (*attrs.astuple(commit), name),
    )
    return [json.loads(row["body"]) for row in rows]


def put_annotations(
    connection: sqlite3.Connection, commit: StoredCommit, name: str, bodies: Iterable[Row]
) -> int:
    """Store annotations, each in place of the one of its id, and give how many there are now."""
    connection.executemany(
        "INSERT INTO annotations (repository, hash, report, id, body) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET body = excluded.body",
        [(*attrs.astuple(commit), name, each["external_id"], json.dumps(each)) for each in bodies],
    )
    return len(annotations_of(connection, commit, name))


def statuses(connection: sqlite3.Connection, commit: StoredCommit) -> list[Row]:
    """Give the build statuses of a commit, by key."""
    rows = connection.execute(
        "SELECT body FROM statuses WHERE repository = ? AND hash = ? ORDER BY key",
        attrs.astuple(commit),
    )
    return [json.loads(row["body"]) for row in rows]


def put_status(connection: sqlite3.Connection, commit: StoredCommit, body: Row) -> Row:
    """Store a build status in place of the one of its key."""
    connection.execute(
        "INSERT OR REPLACE INTO statuses VALUES (?, ?, ?, ?)",
        (*attrs.astuple(commit), body["key"], json.dumps(body)),
    )
    return body
