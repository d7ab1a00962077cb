"""Which declared resource holds which hook, known to all processes of one engine run.

A hook changes hands when a resource is renamed, replaced or moved: the engine first creates under
the new name, where the live hook is adopted, and then deletes under the old one. The claims keep
that delete from taking away what was just handed over, in this run and, because every declared
resource claims its hook again, in the next one too.
"""

from __future__ import annotations

import functools
import hashlib
import json
import shutil
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from attrs import asdict, define, evolve, field, frozen

from bitbucket_hooks.filesystem import run_state_folder
from bitbucket_hooks.model.errors import ConflictError, printable
from bitbucket_hooks.model.urls import origin_shown
from bitbucket_hooks.model.webhook import HookKey
from bitbucket_hooks.reconcile.shared_log import SharedLog

_KEEP: Final = 3 * 24 * 3600  # seconds after which the claims of a past run are swept away
_BY_UUID: Final = "by uuid"  # holds a place for all that name each its own hook there


@frozen
class Owner:
    """A declared resource: `key` tells it from all others, `name` is what messages call it."""

    key: str
    name: str


@frozen
class Claim:
    """A hold on a hook; `made`: this phase created or adopted it, rather than found it declared."""

    owner: str
    name: str
    made: bool
    phase: str


@define
class Claims:
    """The holds of one engine run, in a book in its folder."""

    folder: Path
    phase: str = ""
    """Tells the preview and the update of one engine run apart."""
    api_url: str = ""
    """Whose repositories are meant: two accounts may speak to two servers."""
    _book: SharedLog = field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self._book = SharedLog(self.folder / "claims")

    def declare(self, uuid: str, owner: Owner) -> None:
        """Hold a hook for a resource that is declared with it.

        Raises ConflictError when another resource of this run holds it.
        """
        self.declare_all([uuid], owner)

    def declare_all(self, uuids: Iterable[str], owner: Owner) -> None:
        """The same for all hooks of a resource. Raises ConflictError."""
        self._hold(uuids, self._claim(owner), str)

    def take(self, uuid: str, owner: Owner) -> None:
        """Hold a hook that was just created or is about to be adopted. Raises ConflictError."""
        claim = self._claim(owner, made=True)
        self._hold([uuid], claim, str)
        if self._read(uuid) != claim:
            self._book.replace(uuid, _text(claim))  # declared before, and now made here

    def reserve_key(self, places: Iterable[HookKey], owner: Owner) -> None:
        """Hold the places of a declaration, so that two equal ones can't both create a hook.

        Those that name each another hook create none, and may be equal otherwise. Raises
        ConflictError when another resource of this phase declares the same hook.
        """
        claim = self._claim(owner)
        named = {self._name(place): place for place in places}
        self._hold_places(named, claim)
        like = {evolve(place, hook=None) for place in named.values() if place.hook}
        self._hold_places({self._name(one): one for one in like}, evolve(claim, owner=_BY_UUID))
        self._write_new(named, claim)

    def intended_by_other(self, place: HookKey, owner: Owner) -> str | None:
        """Another resource that is declared with this place, in the preview or since."""
        claim = self._read(self._name(place))
        return claim.name if claim is not None and claim.owner != owner.key else None

    def refuse_intended_by_other(self, place: HookKey, owner: Owner) -> None:
        """Raise ConflictError when another resource is declared with this place."""
        if (other := self.intended_by_other(place, owner)) is not None:
            raise _conflict(other, owner.name, _told(place))

    def held_by_other(self, uuid: str, owner: Owner) -> bool:
        """Whether another resource of this run holds the hook."""
        claim = self._read(uuid)
        return claim is not None and claim.owner != owner.key

    def taken_over(self, uuids: Iterable[str], owner: Owner) -> dict[str, str]:
        """Of hooks, those that another resource has made its own in this phase, with its name.

        That happens before the engine has come to their owner, and only where no preview did so.
        """
        claims = {uuid: _as_claim(text) for uuid, text in self._book.get_all(uuids).items()}
        return {
            uuid: claim.name
            for uuid, claim in claims.items()
            if claim.owner != owner.key and claim.made and claim.phase == self.phase
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
        self._write_new(things, self._note())

    def noted_in(self, what: str) -> str | None:
        """The phase that noted something first; None: nobody did."""
        claim = self._read(what)
        return None if claim is None else claim.phase

    def is_first(self, what: str) -> bool:
        """Note something, and tell whether nobody did so before in this phase."""
        return not self._write_new([f"{self.phase} {what}"], self._note())

    def agreed(self, what: str, propose: Callable[[], str]) -> str:
        """A text that all processes of the run share: the first one's proposal."""
        known = self._read(what)
        if known is None:
            self._write_new([what], evolve(self._note(), name=propose()))
            known = self._read(what)
        return known.name if known is not None else propose()

    def _hold_places(self, named: Mapping[str, HookKey], claim: Claim) -> None:
        phased = {f"{self.phase} {name}": place for name, place in named.items()}
        self._hold(phased, claim, lambda name: _told(phased[name]))

    def _note(self) -> Claim:
        return Claim("", "", made=False, phase=self.phase)

    def _claim(self, owner: Owner, *, made: bool = False) -> Claim:
        return Claim(owner.key, owner.name, made, self.phase)

    def _name(self, place: HookKey) -> str:
        return f"{self.api_url} {place!r}"

    def _hold(self, things: Iterable[str], claim: Claim, told: Callable[[str], str]) -> None:
        """Hold things; `told` is what messages call one. Raises ConflictError."""
        for what, other in self._write_new(things, claim).items():
            if other.owner != claim.owner:
                raise _conflict(other.name, claim.name, told(what))

    def _read(self, what: str) -> Claim | None:
        text = self._book.get(what)
        return None if text is None else _as_claim(text)

    def _write_new(self, things: Iterable[str], claim: Claim) -> dict[str, Claim]:
        """Write claims, except where there is one; gives those that were there."""
        there = self._book.add(things, _text(claim))
        return {what: _as_claim(text) for what, text in there.items()}


@functools.lru_cache  # all of a fleet's are the same
def _as_claim(text: str) -> Claim:
    return Claim(**json.loads(text))


def _conflict(first: str, second: str, hook: str) -> ConflictError:
    return ConflictError(
        f"{first} and {second} declare the same hook ({hook})",
        "Remove one of the two declarations, or give them different urls or descriptions.",
    )


def _text(claim: Claim) -> str:
    return json.dumps(asdict(claim))


def _told(place: HookKey) -> str:
    title = "" if place.description is None else f', "{printable(place.description, 60)}"'
    return f"{place.subject}, {origin_shown(place.url)}{title}"


def run_folder(run: str) -> Path:
    """Where the claims of an engine run live; those of old runs are swept away.

    Raises ConfigError when there is no place that its processes can share.
    """
    base = run_state_folder()
    for old in base.iterdir():
        with suppress(OSError):
            if time.time() - max(map(_written, (old, *old.iterdir()))) > _KEEP:
                shutil.rmtree(old)
    return base / hashlib.sha256(run.encode()).hexdigest()[:32]


def _written(path: Path) -> float:
    return path.stat().st_mtime
