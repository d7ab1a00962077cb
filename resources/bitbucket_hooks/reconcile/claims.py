"""Which declared resource holds which hook, known to all processes of one engine run.

A hook changes hands when a resource is renamed, replaced or moved: the engine first creates under
the new name, where the live hook is adopted, and then deletes under the old one. The claims keep
that delete from taking away what was just handed over, in this run and, because every declared
resource claims its hook again, in the next one too.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from attrs import astuple, define, evolve, field, frozen

from bitbucket_hooks.filesystem.database import Database
from bitbucket_hooks.filesystem.folders import run_state_folder
from bitbucket_hooks.model.errors import ConflictError, printable
from bitbucket_hooks.model.urls import origin_shown
from bitbucket_hooks.model.webhook import HookKey

_KEEP: Final = 3 * 24 * 3600  # seconds after which the claims of a past run are swept away
_BY_UUID: Final = "by uuid"  # holds a key for all declarations that name each its own hook
_VERSION: Final = 101
_SCHEMA: Final = """
CREATE TABLE claims (
    thing TEXT PRIMARY KEY, owner TEXT, name TEXT, made INTEGER, phase TEXT
) WITHOUT ROWID
"""
_READ: Final = "SELECT owner, name, made, phase FROM claims WHERE thing = ?"
_OTHERS: Final = """
SELECT claims.* FROM json_each(?) CROSS JOIN claims ON thing = value WHERE owner != ?
"""
_ADD: Final = "INSERT INTO claims VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
_TAKE: Final = """
INSERT INTO claims VALUES (?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET made = TRUE, phase = excluded.phase WHERE owner = excluded.owner
"""


@frozen
class Owner:
    """A declared resource: `key` is its own alone, `name` is for messages."""

    key: str
    name: str


_NOBODY: Final = Owner("", "")


@frozen
class Claim:
    """A hold on a hook; `made`: this phase created or adopted it, rather than found it declared."""

    owner: str
    name: str
    made: bool = field(converter=bool)
    phase: str


@define
class Claims:
    """The holds of one engine run, in a database in its folder.

    Each is written by whoever comes first. Things are written as digests, for they may be secret.
    """

    folder: Path
    phase: str = ""
    """Tells the preview and the update of one engine run apart."""
    api_url: str = ""
    """Whose repositories are meant: two accounts may speak to two servers."""
    _database: Database = field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self._database = Database(self.folder / "claims.db", _VERSION, _SCHEMA)

    def declare(self, uuids: Iterable[str], owner: Owner) -> None:
        """Hold hooks for a resource that is declared with them.

        Raises ConflictError when another resource of this run holds one.
        """
        self._hold(uuids, self._claim(owner), str)

    def take(self, uuid: str, owner: Owner) -> None:
        """Hold a hook that was just created or is about to be adopted. Raises ConflictError."""
        claim = self._claim(owner, made=True)
        with self._database.using() as database:
            taken = database.execute(_TAKE, (digest(uuid), *astuple(claim))).rowcount
        if not taken:
            self._hold([uuid], claim, str)

    def reserve(self, keys: Iterable[HookKey], owner: Owner) -> None:
        """Hold the keys of a declaration, so that two equal ones can't both create a hook.

        Those that name each another hook create none, and may be equal otherwise. Raises
        ConflictError when another resource of this phase declares the same hook.
        """
        claim, keys = self._claim(owner), list(keys)
        alike = {evolve(key, hook=None) for key in keys if key.hook}
        self._hold_keys(keys, claim)
        self._hold_keys(alike, evolve(claim, owner=_BY_UUID))
        self._add(_digests(map(self._name, keys)), claim)

    def reserved_by_other(self, key: HookKey, owner: Owner) -> str | None:
        """Another resource that is declared with this key, in the preview or since."""
        return self._other(self._name(key), owner)

    def refuse_reserved_by_other(self, key: HookKey, owner: Owner) -> None:
        """Raise ConflictError when another resource is declared with this key."""
        if (other := self.reserved_by_other(key, owner)) is not None:
            raise _conflict(other, owner.name, _described(key))

    def held_by_other(self, uuid: str, owner: Owner) -> bool:
        """Whether another resource of this run holds the hook."""
        return self._other(uuid, owner) is not None

    def taken_over(self, uuids: Iterable[str], owner: Owner) -> dict[str, str]:
        """Of hooks, those that another resource has made its own in this phase, with its name.

        That happens before the engine has come to their owner, and only where no preview did so.
        """
        others = self._held_by_others(_digests(uuids), owner.key)
        return {
            uuid: claim.name
            for uuid, claim in others.items()
            if claim.made and claim.phase == self.phase
        }

    def handed_over(self, uuid: str, owner: Owner) -> str | None:
        """The resource that a hook now belongs to, when `owner` must not delete it any more."""
        claim = self._read(uuid)
        if claim is None:
            return None
        keep = claim.owner != owner.key or (claim.made and claim.phase == self.phase)
        return claim.name if keep else None

    def note(self, things: Iterable[str]) -> None:
        """Let the whole run know something; the phase that says it first is remembered."""
        self._add(_digests(things), self._claim(_NOBODY))

    def noted_in(self, what: str) -> str | None:
        """The phase that noted something first; None: nobody did."""
        claim = self._read(what)
        return None if claim is None else claim.phase

    def is_first(self, what: str) -> bool:
        """Note something; gives whether nobody did so before in this phase."""
        return self._add([digest(f"{self.phase} {what}")], self._claim(_NOBODY))

    def agreed(self, what: str, propose: Callable[[], str]) -> str:
        """A text that all processes of the run share: the first one's proposal."""
        known = self._read(what)
        if known is None:
            self._add([digest(what)], evolve(self._claim(_NOBODY), name=propose()))
            known = self._read(what)
        return known.name if known is not None else propose()

    def _hold_keys(self, keys: Iterable[HookKey], claim: Claim) -> None:
        phased = {f"{self.phase} {self._name(key)}": key for key in keys}
        self._hold(phased, claim, lambda name: _described(phased[name]))

    def _claim(self, owner: Owner, *, made: bool = False) -> Claim:
        return Claim(owner.key, owner.name, made, self.phase)

    def _name(self, key: HookKey) -> str:
        return f"{self.api_url} {key!r}"

    def _other(self, thing: str, owner: Owner) -> str | None:
        """The name of another resource that has a claim on a thing."""
        claim = self._read(thing)
        return claim.name if claim is not None and claim.owner != owner.key else None

    def _hold(self, things: Iterable[str], claim: Claim, describe: Callable[[str], str]) -> None:
        """Hold things; `describe` gives what messages call them. Raises ConflictError."""
        digests = _digests(things)
        if self._add(digests, claim):
            return
        for thing, other in self._held_by_others(digests, claim.owner).items():
            raise _conflict(other.name, claim.name, describe(thing))

    def _read(self, thing: str) -> Claim | None:
        with self._database.using() as database:
            row = database.execute(_READ, (digest(thing),)).fetchone()
        return None if row is None else Claim(*row)

    def _add(self, digests: Iterable[str], claim: Claim) -> bool:
        """Write claims, except where there is one; gives whether there was none."""
        row = astuple(claim)
        rows = [(thing, *row) for thing in sorted(digests)]
        with self._database.writing() as database:
            return database.executemany(_ADD, rows).rowcount == len(rows)

    def _held_by_others(self, digests: Mapping[str, str], owner: str) -> dict[str, Claim]:
        """The claims that others have on things."""
        with self._database.using() as database:
            rows = database.execute(_OTHERS, (json.dumps([*digests]), owner))
            return {digests[taken]: Claim(*row) for taken, *row in rows}


def _digests(things: Iterable[str]) -> dict[str, str]:
    return {digest(thing): thing for thing in things}


def digest(thing: str) -> str:
    """What stands for a thing that may be secret."""
    return hashlib.sha256(thing.encode()).hexdigest()[:40]


def _conflict(first: str, second: str, hook: str) -> ConflictError:
    return ConflictError(
        f"{first} and {second} declare the same hook ({hook})",
        "Remove one of the two declarations, or give them different urls or descriptions.",
    )


def _described(key: HookKey) -> str:
    title = "" if key.description is None else f', "{printable(key.description, 60)}"'
    return f"{key.subject}, {origin_shown(key.url)}{title}"


def run_folder(run: str) -> Path:
    """Where the claims of an engine run live; those of old runs are swept away.

    Raises ConfigError when there is no place that its processes can share.
    """
    base = run_state_folder()
    for old in base.iterdir():
        with suppress(OSError):
            written = max(path.stat().st_mtime for path in (old, *old.iterdir()))
            if time.time() - written > _KEEP:
                shutil.rmtree(old)
    return base / hashlib.sha256(run.encode()).hexdigest()[:32]
