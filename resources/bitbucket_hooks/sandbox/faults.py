"""What goes wrong between a client and the service: random and planned faults."""

from __future__ import annotations

import fnmatch
import random
from typing import TYPE_CHECKING, Final, cast

import attrs

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from bitbucket_hooks.sandbox.settings import FaultKind, SandboxSettings
    from bitbucket_hooks.sandbox.store import Database

BEFORE: Final = frozenset({"500", "502", "503", "504", "html", "drop-before"})
"""The kinds that keep the request from being carried out."""


@attrs.frozen
class Plan:
    """A fault that waits for its request."""

    id: int
    kind: FaultKind
    method: str
    path: str
    skip: int
    remaining: int

    def concerns(self, method: str, paths: Iterable[str]) -> bool:
        """Whether the plan is for this request, whose path may be spelled in several ways."""
        glob = self.path.lower()
        fits = any(fnmatch.fnmatchcase(path.lower(), glob) for path in paths)
        return fits and self.method in ("*", method)


def plan(
    connection: sqlite3.Connection, kind: FaultKind, method: str, path: str, times: int, skip: int
) -> None:
    """Let the next `times` requests that fit meet a fault, after `skip` of them passed."""
    connection.execute(
        "INSERT INTO plans (kind, method, path, skip, remaining) VALUES (?, ?, ?, ?, ?)",
        (kind, method.upper(), path, skip, times),
    )


def plans(connection: sqlite3.Connection) -> list[Plan]:
    """Give the plans that still wait, the oldest first."""
    rows = connection.execute("SELECT * FROM plans ORDER BY id")
    return [Plan(**dict(row)) for row in rows]


def draw(database: Database, settings: SandboxSettings, method: str, path: str) -> FaultKind | None:
    """Decide which fault this request meets: a planned one first, else perhaps a random one."""
    with database.read() as connection:
        waiting = bool(plans(connection))
    if not waiting and not settings.fault_rate:
        return None
    with database.write() as connection:
        return _planned(connection, method, path) or _chance(connection, settings, method)


def _planned(connection: sqlite3.Connection, method: str, path: str) -> FaultKind | None:
    paths = {path, _with_slugs(connection, path)}
    for each in plans(connection):
        if not each.concerns(method, paths):
            continue
        if each.skip:
            connection.execute("UPDATE plans SET skip = skip - 1 WHERE id = ?", (each.id,))
            return None
        connection.execute("UPDATE plans SET remaining = remaining - 1 WHERE id = ?", (each.id,))
        connection.execute("DELETE FROM plans WHERE remaining < 1")
        return each.kind
    return None


def _with_slugs(connection: sqlite3.Connection, path: str) -> str:
    """A path with the slugs of repositories and workspaces that it has by their uuids."""
    parts = path.split("/")
    marks = ", ".join("?" * len(parts))
    slugs = dict[str, str](
        connection.execute(
            f"SELECT uuid, slug FROM repositories WHERE uuid IN ({marks})"  # noqa: S608  # marks
            f" UNION SELECT uuid, slug FROM workspaces WHERE uuid IN ({marks})",
            [*parts, *parts],
        ).fetchall()
    )
    return "/".join(slugs.get(part, part) for part in parts)


def _chance(
    connection: sqlite3.Connection, settings: SandboxSettings, method: str
) -> FaultKind | None:
    methods = settings.fault_methods
    if not settings.fault_rate or (methods and method not in methods):
        return None
    connection.execute("UPDATE draws SET count = count + 1")
    (count,) = connection.execute("SELECT count FROM draws").fetchone()
    # Reproducible by design, and the same whichever process asks.
    dice = random.Random(f"{settings.fault_seed}:{count}")  # noqa: S311
    if dice.random() >= settings.fault_rate:
        return None
    return cast("FaultKind", dice.choice(settings.fault_kinds))
