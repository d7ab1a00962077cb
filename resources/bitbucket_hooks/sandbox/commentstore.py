"""The tables of commits, pull requests and their comments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs

from bitbucket_hooks.sandbox.models import StoredComment, timestamp

if TYPE_CHECKING:
    import sqlite3

_COLUMNS: Final = "id, author, raw, parent, inline, deleted, created_on, updated_on"


@attrs.frozen
class Thread:
    """A pull request of a repository, by uuid and number: what comments hang on."""

    repository: str
    number: int


def add_commit(connection: sqlite3.Connection, repository: str, commit: str) -> None:
    """Add a commit that may be known already."""
    connection.execute("INSERT OR IGNORE INTO commits VALUES (?, ?)", (repository, commit))


def has_commit(connection: sqlite3.Connection, repository: str, commit: str) -> bool:
    """Tell whether a repository has a commit, by its whole hash."""
    row = connection.execute(
        "SELECT 1 FROM commits WHERE repository = ? AND hash = ?", (repository, commit)
    ).fetchone()
    return row is not None


def add_pull_request(connection: sqlite3.Connection, repository: str, commit: str) -> int:
    """Add a pull request for a commit and give its number."""
    add_commit(connection, repository, commit)
    (last,) = connection.execute(
        "SELECT coalesce(max(id), 0) FROM pull_requests WHERE repository = ?", (repository,)
    ).fetchone()
    connection.execute("INSERT INTO pull_requests VALUES (?, ?, ?)", (repository, last + 1, commit))
    return int(last) + 1


def has_pull_request(connection: sqlite3.Connection, thread: Thread) -> bool:
    """Tell whether there is such a pull request."""
    row = connection.execute(
        "SELECT 1 FROM pull_requests WHERE repository = ? AND id = ?", attrs.astuple(thread)
    ).fetchone()
    return row is not None


def comments(connection: sqlite3.Connection, thread: Thread) -> list[StoredComment]:
    """Give the comments, the oldest first; deleted ones too."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM comments"  # noqa: S608 - our own names
        " WHERE repository = ? AND pull_request = ? ORDER BY id",
        attrs.astuple(thread),
    )
    return [StoredComment(**dict(row)) for row in rows]


def comment(connection: sqlite3.Connection, thread: Thread, number: int) -> StoredComment | None:
    """Give one comment, unless it was deleted."""
    found = (each for each in comments(connection, thread) if each.id == number)
    return next((each for each in found if not each.deleted), None)


def insert(
    connection: sqlite3.Connection,
    thread: Thread,
    author: str,
    raw: str,
    *,
    parent: int | None = None,
    inline: str | None = None,
) -> StoredComment:
    """Store a new comment and give it."""
    now = timestamp()
    row = (*attrs.astuple(thread), author, raw, parent, inline, now, now)
    cursor = connection.execute(
        "INSERT INTO comments (repository, pull_request, author, raw, parent, inline, deleted,"
        " created_on, updated_on) VALUES (?, ?, ?, ?, ?, ?, 0, ?, ?)",
        row,
    )
    number = int(cursor.lastrowid or 0)
    return StoredComment(number, author, raw, parent, inline, False, now, now)  # noqa: FBT003


def rewrite(connection: sqlite3.Connection, old: StoredComment, raw: str) -> StoredComment:
    """Give a comment another text."""
    new = attrs.evolve(old, raw=raw, updated_on=timestamp())
    connection.execute(
        "UPDATE comments SET raw = ?, updated_on = ? WHERE id = ?", (raw, new.updated_on, old.id)
    )
    return new


def delete(connection: sqlite3.Connection, old: StoredComment) -> None:
    """Mark a comment as deleted."""
    connection.execute(
        "UPDATE comments SET deleted = 1, updated_on = ? WHERE id = ?", (timestamp(), old.id)
    )
