"""The sync status of one copy of a fleet's hook, and the words that the state keeps for it.

Previews show these words too, and users' states have them: they never change.
"""

from __future__ import annotations

from enum import Enum
from typing import Final

from attrs import evolve, frozen

from bitbucket_hooks.model.errors import printable, printable_value
from bitbucket_hooks.model.naming import camel
from bitbucket_hooks.model.urls import origin_shown, shown
from bitbucket_hooks.model.webhook import Desired, Observed, SecretChange, differences


class Sync(Enum):
    """How a copy compares with its declaration."""

    AS_DECLARED = "as declared"
    DRIFTED = "drifted"
    """Changed by hand: `drift` and `secret` say what. In the state, these stand in its place."""
    GONE = "gone"
    MISSING = "missing"
    """Not made yet: an earlier run failed at it."""
    NOT_UPDATED = "not updated"
    """A write failed, and nobody knows whether it arrived."""
    LEFT_OVER = "left over"
    """No longer declared, and not deleted yet."""
    RELEASED = "left to"
    """No longer declared here, and kept for the resource that declares it now."""


class SecretSync(Enum):
    """In what a copy's secret isn't as declared."""

    NOT_UPDATED = "not updated"
    REMOVED = "removed"
    SET_BY_HAND = "set by hand"


_UNCHECKED: Final = " (unchecked: "
_SECRET: Final = "secret "  # noqa: S105  # what the part about it starts with, and no other part
_RELEASED: Final = f"{Sync.RELEASED.value} "


@frozen
class SyncStatus:
    """The sync status of one copy."""

    sync: Sync = Sync.AS_DECLARED
    drift: str = ""
    """The properties that differ, each with its live value."""
    secret: SecretSync | None = None
    """Set when the secret has to be written again, though its declaration didn't change."""
    successor: str = ""
    """The resource for which a released copy is kept."""
    unchecked: str = ""
    """Why the copy couldn't be looked at now: the rest is what was last known."""

    @property
    def last_known(self) -> SyncStatus:
        """The same without the note that it couldn't be checked."""
        return evolve(self, unchecked="")

    @property
    def is_left(self) -> bool:
        """Whether the copy is no longer declared."""
        return self.sync in (Sync.LEFT_OVER, Sync.RELEASED)

    @property
    def is_absent(self) -> bool:
        """Whether there is no copy."""
        return self.sync in (Sync.GONE, Sync.MISSING)

    @property
    def is_as_declared(self) -> bool:
        """Whether nothing has to be done to the copy."""
        return self.sync is Sync.AS_DECLARED

    def __str__(self) -> str:
        """The words for the state."""
        sync = "" if self.sync is Sync.DRIFTED else self.sync.value
        secret = self.secret and f"{_SECRET}{self.secret.value}"
        if self.sync is Sync.NOT_UPDATED and secret:
            sync = ""
        words = "; ".join(part for part in (secret, self.drift, sync) if part)
        words = f"{_RELEASED}{self.successor}" if self.sync is Sync.RELEASED else words
        return f"{words}{_UNCHECKED}{self.unchecked})" if self.unchecked else words


AS_DECLARED: Final = SyncStatus()
_BY_WORDS: Final = {sync.value: sync for sync in Sync if sync not in (Sync.DRIFTED, Sync.RELEASED)}


def sync_status(words: str) -> SyncStatus:
    """Read the words of a state."""
    head, mark, reason = words.rpartition(_UNCHECKED)
    if mark and reason.endswith(")"):
        return evolve(sync_status(head), unchecked=reason[:-1])
    if words in _BY_WORDS:
        return SyncStatus(_BY_WORDS[words])
    if words.startswith(_RELEASED):
        return SyncStatus(Sync.RELEASED, successor=words.removeprefix(_RELEASED))
    first, _, rest = words.partition("; ")
    secrets = [secret for secret in SecretSync if first == f"{_SECRET}{secret.value}"]
    return drifted(rest, secrets[0]) if secrets else drifted(words, None)


def unchecked(status: SyncStatus, reason: str) -> SyncStatus:
    """The last known status of a copy that can't be looked at now."""
    return evolve(status, unchecked=printable(reason, 200))


def not_updated(change: SecretChange) -> SyncStatus:
    """What a failed write leaves."""
    secret = None if change is SecretChange.KEEP else SecretSync.NOT_UPDATED
    return SyncStatus(Sync.NOT_UPDATED, secret=secret)


def compare(desired: Desired, live: Observed, before: SyncStatus, *, hide_url: bool) -> SyncStatus:
    """Name every property in which a live copy isn't as declared, with its live value.

    A secret whose write failed `before` stays due: a live one doesn't tell which it is.
    """
    live = live.completed(desired)
    differing = differences(desired, live)
    values = {name: getattr(live, name) for name in differing if name != "secret"}
    if "url" in values:
        values["url"] = origin_shown(live.url) if hide_url else shown(live.url)
    parts = [f"{camel(name)} {printable_value(value)}" for name, value in values.items()]
    secret = None
    if before.secret is SecretSync.NOT_UPDATED and desired.secret is not None:
        secret = SecretSync.NOT_UPDATED
    elif "secret" in differing:
        secret = SecretSync.REMOVED if desired.secret else SecretSync.SET_BY_HAND
    return drifted("; ".join(parts), secret)


def drifted(drift: str, secret: SecretSync | None) -> SyncStatus:
    """The status of a copy that differs in so much, or in nothing."""
    if secret is SecretSync.NOT_UPDATED and not drift:
        return SyncStatus(Sync.NOT_UPDATED, secret=secret)
    return SyncStatus(Sync.DRIFTED, drift, secret) if drift or secret else AS_DECLARED
