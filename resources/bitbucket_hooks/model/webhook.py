"""A webhook as desired and as observed, and what sets the two apart."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import Final

from attrs import evolve, field, frozen

from bitbucket_hooks.model.subject import Subject
from bitbucket_hooks.model.urls import comparable

DEFAULT_EVENTS: Final = ("repo:push",)
"""What Bitbucket's own page selects for a new hook."""

MAX_SECRET: Final = 128
"""Characters; public API description."""


def canonical_events(events: Iterable[str]) -> tuple[str, ...]:
    """Events as a set has them: the API refuses doubled ones and keeps no order."""
    return tuple(sorted(set(events)))


@frozen
class Place:
    """What tells one declared hook from another: where it hangs, its url and, if any, its title.

    Doubles have all of these in common, and their declarations name each its own with `adopt`.
    """

    subject: Subject
    url: str = field(converter=comparable)
    description: str | None = None
    hook: str | None = None
    """The uuid of the one hook that is meant, where the declaration names it."""


@frozen
class Desired:
    """A webhook as declared. None means: not managed, leave it as it is."""

    subject: Subject
    url: str
    events: tuple[str, ...] = field(default=DEFAULT_EVENTS, converter=canonical_events)
    active: bool = True
    skip_cert_verification: bool = False
    description: str | None = None
    history_enabled: bool | None = None
    secret: str | None = field(default=None, repr=False)
    """The value that signs deliveries; the empty string says: none."""

    def matches(self, other: Observed) -> bool:
        """Tell whether a live hook is meant: the same url and, when declared, description."""
        return comparable(self.url) == comparable(other.url) and self.description in (
            None,
            other.description,
        )


@frozen
class Observed:
    """A webhook as the API answers it. None means: the answer doesn't tell."""

    uuid: str
    url: str
    description: str | None
    active: bool
    events: tuple[str, ...] = field(converter=canonical_events)
    secret_set: bool = False
    skip_cert_verification: bool | None = None
    history_enabled: bool | None = None
    created_at: str | None = None
    read_only: bool = False

    def completed(self, last_known: Desired) -> Observed:
        """Fill what the answer didn't tell from what was last written.

        `skip_cert_verification` and `history_enabled` are missing from the public description,
        so an answer may lack them; that is no drift.
        """
        return evolve(
            self,
            skip_cert_verification=_first(
                self.skip_cert_verification, last_known.skip_cert_verification
            ),
            history_enabled=_first(self.history_enabled, last_known.history_enabled),
        )


def _first(told: bool | None, fallback: bool | None) -> bool | None:
    return fallback if told is None else told


class SecretChange(Enum):
    """What a write has to say of the secret."""

    KEEP = "keep"  # leave the key out of the body: the service keeps what it has
    SET = "set"
    REMOVE = "remove"


def secret_change(desired: str | None, *, known: str | None, is_set: bool) -> SecretChange:
    """Decide what a write says of the secret.

    `known` is the value that was last sent, as far as it is known, and `is_set` what the service
    last told. A secret is sent when it changed or is missing, never merely because a write happens.
    """
    if desired is None:
        return SecretChange.KEEP
    if desired == "":
        return SecretChange.REMOVE if is_set else SecretChange.KEEP
    return SecretChange.KEEP if is_set and desired == known else SecretChange.SET


def differences(desired: Desired, live: Observed) -> tuple[str, ...]:
    """Name the managed properties in which a live hook isn't as declared.

    Of the secret only its presence can be told (`secret_set`).
    """
    pairs = {
        "url": (comparable(desired.url), comparable(live.url)),
        "description": (desired.description, live.description),
        "events": (desired.events, live.events),
        "active": (desired.active, live.active),
        "skip_cert_verification": (desired.skip_cert_verification, live.skip_cert_verification),
        "history_enabled": (desired.history_enabled, live.history_enabled),
        "secret": (None if desired.secret is None else bool(desired.secret), live.secret_set),
    }
    return tuple(
        name for name, (want, have) in pairs.items() if None not in (want, have) and want != have
    )
