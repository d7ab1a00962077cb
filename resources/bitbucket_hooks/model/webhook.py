"""The table of a hook's properties, a hook as declared and as observed, and how the two compare."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Mapping
from enum import Enum
from types import UnionType
from typing import Any, Final, get_args, get_origin, get_type_hints

from attrs import NOTHING, evolve, field, fields, fields_dict, frozen
from attrs.converters import optional

from bitbucket_hooks.model import rules
from bitbucket_hooks.model.naming import camel
from bitbucket_hooks.model.rules import Rule, canonical_events
from bitbucket_hooks.model.subject import Subject
from bitbucket_hooks.model.urls import comparable, host_of, near_key

DEFAULT_EVENTS: Final = ("repo:push",)
"""What Bitbucket's own page selects for a new hook."""

SAME_BUT_SLASH: Final = "their urls differ by the scheme or a last slash alone"
SAME_TITLE_AND_HOST: Final = "they have the same description and lead to the same host"
"""Why two hooks with different urls may be doubles."""


def canonical_text(text: str) -> str:
    """A text as it is compared: services trim texts, and store them in another Unicode form."""
    return unicodedata.normalize("NFC", text).strip()


@frozen(kw_only=True)
class Property:
    """An argument of a hook. Code, messages, the schema and the docs are made from it."""

    name: str = ""
    """In Python, and in the API."""
    kind: type = str
    """`str`, `bool`, or `tuple` for a list of texts."""
    rule: Rule
    """What it may be."""
    doc: str
    """What it is, in one sentence."""
    note: str = ""
    """More of it, for the docs."""
    default: Any = None
    """NOTHING: it is required."""
    fallback: str = ""
    """What holds when it is left out, in words."""
    managed_when_given: bool = False
    """Whether a declaration that leaves it out leaves the live hook's as it is."""
    secret: bool = False
    """Whether its value is shown nowhere."""
    undocumented: bool = False
    """Whether the public description of the API lacks it, so that an answer may lack it too."""
    compared_as: Callable[[Any], Any] = lambda value: value
    """Gives values that mean the same one form."""
    label: str = ""
    """What reports call it, if not by its name."""
    inverted: bool = False
    """Whether a switch, when it is on, turns off what its label names."""
    words: tuple[str, str] | None = None
    """What reports say of a switch that was turned on, and off."""
    schema: Mapping[str, Any] = field(factory=dict)
    """What an editor may know beyond its type, as JSON schema."""
    examples: tuple[Any, ...] = ()
    """What it may be, for editors."""

    @property
    def key(self) -> str:
        """Its name in state and in stack config."""
        return camel(self.name)

    @property
    def summary(self) -> str:
        """What it is, and what holds when it is left out."""
        doc = self.doc.removesuffix(".")
        if self.managed_when_given:
            return f"{doc}; not managed unless given."
        return f"{doc}; default {self.fallback}." if self.fallback else self.doc

    @property
    def whole_note(self) -> str:
        """More of it, with what is odd about it."""
        odd = " Seen in the API, and missing from its public description."
        return f"{self.note}{odd if self.undocumented else ''}".strip()

    @property
    def missing(self) -> Any:
        """What a state or an answer means that lacks it."""
        may_be_none = self.managed_when_given or self.undocumented
        return None if may_be_none else self.kind()

    @property
    def title(self) -> str:
        """What reports call it."""
        return self.label or self.name.replace("_", " ")

    def switched(self, *, on: bool) -> str:
        """What reports say of a switch that was turned on or off."""
        words = self.words or (f"{self.title} switched on", f"{self.title} switched off")
        return words[on == self.inverted]

    def canonical(self, value: Any) -> Any:
        """A value in the form that is compared; what isn't of its type stays as it is."""
        return self.compared_as(value) if isinstance(value, _GIVEN_AS[self.kind]) else value


_GIVEN_AS: Final[Mapping[type, tuple[type, ...]]] = {
    str: (str,),
    bool: (bool,),
    tuple: (tuple, list, set, frozenset),
}
"""The types in which values of each kind come."""


def prop(
    rule: Rule,
    *,
    default: Any = NOTHING,
    managed_when_given: bool = False,
    converter: Callable[[Any], Any] | None = None,
    secret: bool = False,
    **about: Any,
) -> Any:
    """A property in the table below; `about` has attributes of `Property`."""
    default = None if managed_when_given else default
    fallback = "" if default in (NOTHING, None) else f"`{json.dumps(default)}`"
    known = Property(
        rule=rule,
        default=default,
        fallback=fallback,
        managed_when_given=managed_when_given,
        secret=secret,
        **about,
    )
    return field(
        default=default, converter=converter, repr=not secret, metadata={"property": known}
    )


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
    """A webhook as declared. None means: not managed, leave it as it is.

    This is the table of a hook's properties. `ReportedHook` has those that Bitbucket tells.
    """

    subject: Subject
    url: str = prop(
        rules.url,
        compared_as=comparable,
        doc="The http(s) address that receives deliveries.",
        note="Its host must resolve publicly, without credentials. It may be a Pulumi secret.",
        examples=("https://ci.example.com/bitbucket",),
    )
    events: tuple[str, ...] = prop(
        rules.events,
        default=DEFAULT_EVENTS,
        converter=canonical_events,
        compared_as=canonical_events,
        doc="The keys of the events that are delivered, at least one.",
        note="Order and repetitions don't matter. `get_hook_types` lists them.",
    )
    description: str | None = prop(
        rules.description,
        managed_when_given=True,
        compared_as=canonical_text,
        doc="The title on the web page.",
        examples=("CI",),
    )
    active: bool = prop(
        rules.boolean,
        default=True,
        doc="Whether deliveries are made.",
        words=("switched on", "switched off"),
    )
    skip_cert_verification: bool = prop(
        rules.boolean,
        default=False,
        undocumented=True,
        doc="Whether the receiver's TLS certificate goes unchecked.",
        label="certificate check",
        inverted=True,
    )
    history_enabled: bool | None = prop(
        rules.boolean,
        managed_when_given=True,
        undocumented=True,
        doc="Whether Bitbucket keeps a history of deliveries.",
        label="request history",
    )
    secret: str | None = prop(
        rules.secret,
        managed_when_given=True,
        secret=True,
        doc="Signs deliveries; at most 128 characters.",
        note='`""` means: no secret. The state keeps it encrypted.',
        schema={"maxLength": rules.MAX_SECRET},
    )

    @classmethod
    def from_values(cls, subject: Subject, values: Mapping[str, Any], **instead: Any) -> Desired:
        """Read a declaration by the names of state and configuration.

        `instead` has, by their names here, properties that `values` doesn't have as they are meant.
        """
        given = {p.name: values[p.key] for p in PROPERTIES.values() if p.key in values}
        return cls(subject=subject, **{**given, **instead})

    def matches(self, other: Observed) -> bool:
        """Tell whether a live hook is meant: the same url and, when declared, description."""
        title = None if self.description is None else canonical_text(self.description)
        same_title = title in (None, canonical_text(other.description or ""))
        return same_title and comparable(self.url) == comparable(other.url)

    def resembles(self, other: Observed) -> str | None:
        """Why a live hook that isn't meant may be a double all the same; None: it is none."""
        if comparable(self.url) == comparable(other.url):
            return None
        if near_key(self.url) == near_key(other.url):
            return SAME_BUT_SLASH
        title = canonical_text(self.description or "")
        same_title = title and title == canonical_text(other.description or "")
        same_host = host_of(self.url) == host_of(other.url)
        return SAME_TITLE_AND_HOST if same_title and same_host else None


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

    def reported(self) -> dict[str, Any]:
        """What the API tells, by name; subclasses have more attributes."""
        return {name: getattr(self, name) for name in REPORTED}


@frozen(kw_only=True)
class Observed(ReportedHook):
    """A webhook as the API answers it."""

    url: str
    subject: Subject | None = field(default=None, eq=False, repr=False)
    """What it hangs on, by its present name and with its uuid, where the answer tells."""

    def completed(self, last_known: Desired) -> Observed:
        """Fill what the answer didn't tell from what was last written; that is no drift."""
        unknown = [name for name in UNDOCUMENTED if getattr(self, name) is None]
        return evolve(self, **{name: getattr(last_known, name) for name in unknown})


REPORTED: Final = tuple(attribute.name for attribute in fields(ReportedHook))
"""What the API tells of a webhook, but for its url."""


def _kind(hint: Any) -> type:
    """The type of a value that is given: `bool` of `bool | None`, `tuple` of `tuple[str, ...]`."""
    hint = get_args(hint)[0] if isinstance(hint, UnionType) else hint
    kind: type = get_origin(hint) or hint
    return kind


_HINTS: Final = get_type_hints(Desired)
PROPERTIES: Final[Mapping[str, Property]] = {
    name: evolve(attribute.metadata["property"], name=name, kind=_kind(_HINTS[name]))
    for name, attribute in fields_dict(Desired).items()
    if name != "subject"
}
"""What is declared of a hook, wherever it hangs, by name."""

OPTIONS: Final[Mapping[str, Property]] = {
    "secret_from": Property(
        name="secret_from",
        rule=rules.secret_from,
        doc="Where the secret is read from: `env:NAME` or `file:PATH`.",
        note="It is read when it is needed; the state has a salted fingerprint, encrypted. "
        "A relative path starts at the folder of `Pulumi.yaml`.",
        schema={"pattern": "^(env|file):.+"},
        examples=("env:CI_HOOK_SECRET", "file:secrets/ci"),
    ),
    "adopt": Property(
        name="adopt",
        rule=rules.adopt,
        fallback="`bitbucket:adopt`",
        doc="Which live hook a create adopts: `match`, `never`, or a uuid.",
        note="`match` is the one with the same url and, when declared, description; several are "
        "an error. Equal declarations that name different uuids are allowed.",
    ),
}
"""Arguments that say how a hook is managed; Bitbucket doesn't know them."""

ARGUMENTS: Final[Mapping[str, Property]] = {**PROPERTIES, **OPTIONS}
"""What every kind of hook resource takes, and every entry of a stack config, by name."""

HOOK_RULES: Final[Mapping[str, Rule]] = {p.key: p.rule for p in ARGUMENTS.values()}
"""By the names in state and configuration."""

DEFAULTS: Final[Mapping[str, Any]] = {
    p.key: list(p.default) if p.kind is tuple else p.default
    for p in PROPERTIES.values()
    if p.default not in (None, NOTHING)
}
"""What a hook is like whose declaration doesn't say it, by the names in state."""

MANAGED_WHEN_GIVEN: Final = tuple(p.name for p in PROPERTIES.values() if p.managed_when_given)
"""Properties that a declaration may leave as they are."""

UNDOCUMENTED: Final = tuple(p.name for p in PROPERTIES.values() if p.undocumented)
"""Properties that the public description of the API lacks, so that an answer may lack them."""

BY_KEY: Final[Mapping[str, Property]] = {p.key: p for p in PROPERTIES.values()}
"""The properties by their names in state and configuration."""


def canonical_value(key: str, value: Any) -> Any:
    """The value of a property, by its name in state, in the form that is compared."""
    return BY_KEY[key].canonical(value) if key in BY_KEY else value


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

    Of the secret only its presence is known (`secret_set`).
    """

    def differs(known: Property) -> bool:
        wanted = getattr(desired, known.name)
        if known.name == "secret":
            return wanted is not None and bool(wanted) != live.secret_set
        found = getattr(live, known.name)
        return None not in (wanted, found) and known.canonical(wanted) != known.canonical(found)

    return tuple(known.name for known in PROPERTIES.values() if differs(known))
