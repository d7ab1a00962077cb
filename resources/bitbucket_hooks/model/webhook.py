"""A webhook as desired and as observed, and what sets the two apart."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any, Final

from attrs import Attribute, evolve, field, fields, frozen
from attrs.converters import optional

from bitbucket_hooks.model.naming import camel
from bitbucket_hooks.model.subject import Subject
from bitbucket_hooks.model.urls import comparable, host_of, near_key

DEFAULT_EVENTS: Final = ("repo:push",)
"""What Bitbucket's own page selects for a new hook."""

MAX_SECRET: Final = 128
"""Characters; public API description."""


SAME_BUT_SLASH: Final = "their urls differ by the scheme or a last slash alone"
SAME_TITLE_AND_HOST: Final = "they have the same description and lead to the same host"
"""Why two hooks with different urls may be doubles."""


def canonical_events(events: Iterable[str]) -> tuple[str, ...]:
    """Events as a set has them: the API refuses doubled ones and keeps no order."""
    return tuple(sorted(set(events)))


def canonical_text(text: str) -> str:
    """A text as it is compared: services trim texts, and store them in another Unicode form."""
    return unicodedata.normalize("NFC", text).strip()


def canonical_value(name: str, value: Any) -> Any:
    """The value of a property, by its name here, in the form that is compared."""
    if name == "events" and value:
        return canonical_events(value)
    forms = {"url": comparable, "description": canonical_text}
    return forms[name](value) if name in forms and isinstance(value, str) else value


@frozen
class HookKey:
    """What tells one declared hook from another: where it hangs, its url and, if any, its title.

    Doubles have all of these in common, and their declarations name each its own with `adopt`.
    """

    subject: Subject
    url: str = field(converter=comparable)
    description: str | None = field(default=None, converter=optional(canonical_text))
    hook: str | None = None
    """The uuid of the one hook that is meant, where the declaration names it."""


@frozen
class Desired:
    """A webhook as declared. None means: not managed, leave it as it is."""

    subject: Subject
    url: str
    description: str | None = None
    events: tuple[str, ...] = field(default=DEFAULT_EVENTS, converter=canonical_events)
    active: bool = True
    skip_cert_verification: bool = False
    history_enabled: bool | None = None
    secret: str | None = field(default=None, repr=False)
    """The value that signs deliveries; the empty string says: none."""

    @classmethod
    def of(cls, subject: Subject, values: Mapping[str, Any], **instead: Any) -> Desired:
        """Read a declaration by the names of state and configuration.

        `instead` has, by their names here, properties that `values` doesn't have as they are meant.
        """
        given = {name: values[key] for name, key in PROPERTIES.items() if key in values}
        return cls(subject=subject, **{**given, **instead})

    def matches(self, other: Observed) -> bool:
        """Tell whether a live hook is meant: the same url and, when declared, description."""
        title = None if self.description is None else canonical_text(self.description)
        same_title = title in (None, canonical_text(other.description or ""))
        return same_title and comparable(self.url) == comparable(other.url)

    def resembles(self, other: Observed) -> str | None:
        """Why a live hook that isn't meant may be a double all the same; None: it is none."""
        if comparable(self.url) != comparable(other.url):
            if near_key(self.url) == near_key(other.url):
                return SAME_BUT_SLASH
            title = canonical_text(self.description or "")
            same_title = title and title == canonical_text(other.description or "")
            if same_title and host_of(self.url) == host_of(other.url):
                return SAME_TITLE_AND_HOST
        return None


@frozen(kw_only=True)
class ReportedHook:
    """What the API tells of a webhook, but for its url. None means: the answer doesn't tell."""

    description: str | None
    events: tuple[str, ...] = field(converter=canonical_events)
    active: bool
    skip_cert_verification: bool | None = None
    secret_set: bool = False
    history_enabled: bool | None = None
    created_at: str | None = None
    uuid: str
    read_only: bool = False

    def told(self) -> dict[str, Any]:
        """Its attributes, whatever else there is."""
        return {one.name: getattr(self, one.name) for one in fields(ReportedHook)}


@frozen(kw_only=True)
class Observed(ReportedHook):
    """A webhook as the API answers it."""

    url: str
    subject: Subject | None = field(default=None, eq=False, repr=False)
    """What it hangs on, by its present name and with its uuid, where the answer tells."""

    def completed(self, last_known: Desired) -> Observed:
        """Fill what the answer didn't tell from what was last written; that is no drift."""
        untold = [name for name in UNDOCUMENTED if getattr(self, name) is None]
        return evolve(self, **{name: getattr(last_known, name) for name in untold})


def _may_be_none(kind: type[Desired | ReportedHook]) -> list[str]:
    every: tuple[Attribute[Any], ...] = fields(kind)
    return [one.name for one in every if one.default is None]


PROPERTIES: Final[Mapping[str, str]] = {
    one.name: camel(one.name) for one in fields(Desired) if one.name != "subject"
}
"""What is declared of a hook, wherever it hangs: the names here, and in state and configuration."""

MANAGED_WHEN_GIVEN: Final = tuple(_may_be_none(Desired))
"""Properties that a declaration may leave as they are."""

UNDOCUMENTED: Final = tuple(name for name in _may_be_none(ReportedHook) if name in PROPERTIES)
"""Switches that the public description of the API lacks, so that an answer may lack them too."""


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
    secret = None if desired.secret is None else bool(desired.secret)
    pairs = {
        name: (secret, live.secret_set)
        if name == "secret"
        else (
            canonical_value(name, getattr(desired, name)),
            canonical_value(name, getattr(live, name)),
        )
        for name in PROPERTIES
    }
    return tuple(
        name for name, (want, have) in pairs.items() if None not in (want, have) and want != have
    )
