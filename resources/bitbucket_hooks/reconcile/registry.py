"""Which hooks the runs of this user have made on this machine, and which they are making.

Reads lag behind writes: a run that was killed a moment ago, or one of another stack that goes on at
the same time, may have made a hook that no listing shows yet. So each POST is entered here before
it is sent, and a run that finds the entry of another one looks again before it makes a second hook.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from attrs import define, field, frozen

from bitbucket_hooks.api.clock import Clock
from bitbucket_hooks.filesystem.database import Database
from bitbucket_hooks.model.webhook import HookKey
from bitbucket_hooks.reconcile.claims import Owner, digest
from bitbucket_hooks.reconcile.listings import LAG

_URN: Final = "urn:pulumi:"
_KEEP: Final = 3 * 24 * 3600  # seconds after which an entry is forgotten
_VERSION: Final = 201
_SCHEMA: Final = """
CREATE TABLE hooks (
    place TEXT PRIMARY KEY, uuid TEXT, run TEXT, owner TEXT, name TEXT, at REAL
) WITHOUT ROWID;
CREATE INDEX hooks_by_uuid ON hooks (uuid)
"""
_FIND: Final = (
    "SELECT {0}, uuid, run, owner, name, at FROM json_each(?) CROSS JOIN hooks ON {0} = value"
)


@frozen
class RegisteredHook:
    """A hook that a resource made or adopted; without a uuid, one that it was about to make."""

    uuid: str | None
    run: str
    owner: str
    name: str
    at: float
    """Seconds since 1970."""

    def is_of_another_stack(self, owner: Owner) -> bool:
        """Whether a resource of another stack has it."""
        both_known = self.owner.startswith(_URN) and owner.key.startswith(_URN)
        return both_known and _stack(self.owner) != _stack(owner.key)

    def __str__(self) -> str:
        stack, project = _stack(self.owner)
        return f"{self.name} in the stack {stack} of the project {project}"


@define
class Registry:
    """The entries, in a database that all runs share, whatever account they use."""

    path: Path
    run: str
    """Tells the engine runs apart."""
    api_url: str
    clock: Clock
    _database: Database = field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self._database = Database(self.path, _VERSION, _SCHEMA, self._forget_old)

    def reserve(self, key: HookKey, owner: Owner, fetched_at: float) -> RegisteredHook | None:
        """Enter that a hook is about to be made, unless another run may just have made it.

        Gives the entry of that run then: one so young that a listing of `fetched_at`, in seconds
        since 1970, may not have shown its hook. Raises ConfigError.
        """
        place = self._place(key)
        with self._database.writing() as database:
            found = dict(self._entries(database, "place", [place])).get(place)
            if found is not None and found.run != self.run:
                is_hidden = fetched_at < found.at + LAG and found.at <= self._now() + LAG
                if is_hidden:
                    return found
            self._write(database, place, owner, None)
            return None

    def record(self, key: HookKey, owner: Owner, uuid: str) -> None:
        """Enter a hook that a resource has made or adopted. Raises ConfigError."""
        with self._database.writing() as database:
            self._write(database, self._place(key), owner, uuid)

    def release(self, key: HookKey) -> None:
        """Take back a reservation, as nothing was made. Raises ConfigError."""
        with self._database.writing() as database:
            database.execute(
                "DELETE FROM hooks WHERE place = ? AND run = ? AND uuid IS NULL",
                (self._place(key), self.run),
            )

    def forget(self, uuid: str) -> None:
        """Drop the entry of a hook that is to be deleted. Raises ConfigError."""
        with self._database.writing() as database:
            database.execute("DELETE FROM hooks WHERE uuid = ?", (uuid,))

    def in_other_stacks(self, uuids: Iterable[str], owner: Owner) -> dict[str, RegisteredHook]:
        """Of hooks, those that a resource of another stack has, with its entry."""
        with self._database.using() as database:
            found = self._entries(database, "uuid", list(uuids))
        return {uuid: entry for uuid, entry in found if entry.is_of_another_stack(owner)}

    def declared_in_other_stacks(
        self, keys: Iterable[HookKey], owner: Owner
    ) -> dict[HookKey, RegisteredHook]:
        """Of keys, those for which a resource of another stack has a hook, with its entry."""
        places = {self._place(key): key for key in keys}
        with self._database.using() as database:
            found = self._entries(database, "place", list(places))
        return {places[place]: entry for place, entry in found if entry.is_of_another_stack(owner)}

    def _now(self) -> float:
        return self.clock.wall().timestamp()

    def _place(self, key: HookKey) -> str:
        return digest(f"{self.api_url} {key!r}")

    def _write(
        self, database: sqlite3.Connection, place: str, owner: Owner, uuid: str | None
    ) -> None:
        row = (place, uuid, self.run, owner.key, owner.name, self._now())
        database.execute("INSERT OR REPLACE INTO hooks VALUES (?, ?, ?, ?, ?, ?)", row)

    @staticmethod
    def _entries(
        database: sqlite3.Connection, column: str, values: list[str]
    ) -> list[tuple[str, RegisteredHook]]:
        rows = database.execute(_FIND.format(column), (json.dumps(values),))
        return [(row[0], RegisteredHook(*row[1:])) for row in rows]

    def _forget_old(self, database: sqlite3.Connection) -> None:
        database.execute("DELETE FROM hooks WHERE at < ?", (self._now() - _KEEP,))


def _stack(urn: str) -> tuple[str, str]:
    """The stack and the project in a URN, `urn:pulumi:STACK::PROJECT::TYPE::NAME`."""
    stack, project, *_ = [*urn.removeprefix(_URN).split("::"), ""]
    return stack, project


def shared_notice(what: str, entries: Iterable[RegisteredHook]) -> str:
    """The warning that another stack has hooks of ours; `what` names these."""
    others = ", ".join(sorted({str(entry) for entry in entries}))
    return (
        f"{what}: {others} may declare it too, as its runs on this machine made or adopted it; "
        "what one of the two changes or deletes, the other puts back: keep it in one of them"
    )
