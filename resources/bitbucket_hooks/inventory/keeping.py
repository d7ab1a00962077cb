"""What an inventory has listed so far, kept in a file from which a later run goes on."""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final
from zlib import crc32

import attrs
from attrs import define, field

from bitbucket_hooks.api.repositories import Repository
from bitbucket_hooks.filesystem.database import Database
from bitbucket_hooks.inventory.live import Addresses, Live
from bitbucket_hooks.model.errors import ConfigError

_VERSION: Final = crc32(" ".join(["inventory", *attrs.fields_dict(Live)]).encode()) >> 1
_SCHEMA: Final = """
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT);
CREATE TABLE listings (repository TEXT, hooks TEXT, unreadable TEXT)
"""
_KEY_SIZE: Final = 16  # bytes


@define
class Kept:
    """The repositories and their hooks, in memory and, when there is a file, there as well.

    The file is an SQLite database. Only its owner can read it, and urls are in it without what may
    be secret in them.
    """

    addresses: Addresses
    begun_at: str
    repositories: dict[str, str] | None = None
    """The slugs, each with its project's key; None: not listed yet."""
    listed: dict[str | None, list[Live]] = field(factory=dict)
    """The hooks of each repository, and of the workspace itself under None."""
    unreadable: dict[str | None, Mapping[str, str]] = field(factory=dict)
    """Those among them that can't be read, by uuid with what is wrong."""
    _database: Database | None = field(default=None, repr=False)
    _lock: threading.Lock = field(factory=threading.Lock, init=False, repr=False)

    @property
    def lasts(self) -> bool:
        """Whether a later run can go on from it."""
        return self._database is not None

    @classmethod
    def begin(cls, about: Mapping[str, Any], now: str, path: Path | None = None) -> Kept:
        """Begin anew, or go on from a file. Raises ConfigError when it can't be used.

        `about` is what a file has to agree with.
        """
        key = secrets.token_bytes(_KEY_SIZE)
        if path is None:
            return cls(Addresses(key), now)
        if not path.parent.is_dir():
            raise _unusable(path, "its folder doesn't exist")
        database = Database(path, _VERSION, _SCHEMA, error=_unusable)
        try:
            return cls._from_file(database, about, {"begunAt": now, "key": key.hex()})
        except BaseException:
            database.close()
            raise

    @classmethod
    def _from_file(
        cls, database: Database, about: Mapping[str, Any], new: Mapping[str, str]
    ) -> Kept:
        with database.writing() as connection:
            rows = [(name, json.dumps(value)) for name, value in {**about, **new}.items()]
            connection.executemany("INSERT OR IGNORE INTO about VALUES (?, ?)", rows)
            found = {n: json.loads(v) for n, v in connection.execute("SELECT * FROM about")}
            listings = connection.execute("SELECT * FROM listings").fetchall()
        for name, value in about.items():
            if found[name] != value:
                why = f"it was begun for {name} {found[name]}, not {value}"
                raise _unusable(database.path, why)
        addresses = Addresses(bytes.fromhex(found["key"]))
        kept = cls(addresses, found["begunAt"], found.get("repositories"), database=database)
        for repository, hooks, unreadable in listings:
            kept.listed[repository] = [Live(**hook) for hook in json.loads(hooks)]
            kept.unreadable[repository] = json.loads(unreadable)
        return kept

    def keep_repositories(self, found: Iterable[Repository]) -> dict[str, str]:
        """Record what the workspace has. Raises ConfigError when the file can't be written."""
        self.repositories = {repository.slug: repository.project for repository in found}
        repositories = json.dumps(self.repositories)
        self._execute("INSERT INTO about VALUES (?, ?)", "repositories", repositories)
        return self.repositories

    def keep(
        self, repository: str | None, hooks: list[Live], unreadable: Mapping[str, str]
    ) -> None:
        """Record one listing. Raises ConfigError when the file can't be written."""
        with self._lock:
            self.listed[repository] = hooks
            self.unreadable[repository] = unreadable
        listed = json.dumps([attrs.asdict(hook) for hook in hooks])
        values = (repository, listed, json.dumps(dict(unreadable)))
        self._execute("INSERT INTO listings VALUES (?, ?, ?)", *values)

    def _execute(self, statement: str, *values: str | None) -> None:
        if self._database is not None:
            with self._database.using() as connection:
                connection.execute(statement, values)

    def close(self) -> None:
        """Close the file."""
        if self._database is not None:
            self._database.close()

    def remove(self) -> None:
        """Remove the file: the inventory is complete, and the next one begins anew."""
        if self._database is not None:
            self._database.close()
            self._database.path.unlink(missing_ok=True)


def _unusable(path: Path, reason: str) -> ConfigError:
    return ConfigError(
        f"--resume {path}: what is listed can't be kept there: {reason}",
        "Name a file that doesn't exist yet, or one that an inventory of the same kind and version "
        "left; where the disk is full, make room, and run this again: what the file has is kept.",
    )
