"""A webhook as the sandbox keeps it, and what the service accepts of each of its properties."""

from __future__ import annotations

import ipaddress
import json
import re
import sqlite3
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timezone
from typing import Any, Final
from urllib.parse import urlsplit

import attrs

from bitbucket_hooks.sandbox.errors import bad_request
from bitbucket_hooks.sandbox.settings import SandboxSettings

MAX_SECRET: Final = 128  # public API description
MAX_DESCRIPTION: Final = 1024  # unverified: no maximum is known, this one is lenient

_TYPES: Final = {str: "a string", list: "an array of strings", bool: "a boolean"}
_UNCLEAN: Final = re.compile(r"[\x00-\x20\x7f]")
SURROGATE: Final = re.compile("[\ud800-\udfff]")  # half a character, which JSON can spell
_PRIVATE_SUFFIXES: Final = (
    *(".local", ".localhost", ".internal", ".intranet", ".lan", ".home.arpa", ".corp"),
    *(".invalid", ".test"),
)

Check = Callable[[Any, SandboxSettings, Collection[str]], list[str]]
"""Lists what is wrong with a value, by the settings and the events that can be listened to."""


@attrs.frozen
class Accepted:
    """What the API accepts of a property."""

    type: type
    check: Check
    required: bool
    nullable: bool

    def structure_problem(self, name: str, value: Any) -> str | None:
        """Say what is wrong with the type of a value that was sent."""
        if value is None and self.nullable:
            return None
        if not isinstance(value, self.type):
            return f'Field "{name}" is not {_TYPES[self.type]}.'
        if isinstance(value, list) and not all(isinstance(item, str) for item in value):
            return f'Field "{name}" is not {_TYPES[list]}.'
        if isinstance(value, str) and SURROGATE.search(value):
            return f'Field "{name}" is not valid text.'
        return None


def _accepts(
    type_: type,
    check: Check = lambda *_: [],
    *,
    required: bool = False,
    nullable: bool = False,
    **field: Any,
) -> Any:
    accepted = Accepted(type_, check, required, nullable)
    return attrs.field(metadata={"accepted": accepted}, **field)


def _at_most(most: int) -> Check:
    def check(value: str | None, *_: object) -> list[str]:
        length = len(value or "")
        if length <= most:
            return []
        return [f"Ensure this value has at most {most} characters (it has {length})."]

    return check


def _check_events(events: list[str], _: SandboxSettings, known: Collection[str]) -> list[str]:
    if not events:
        return ["At least one event is required."]
    problems = [f'"{event}" is not a valid event.' for event in events if event not in known]
    if len(set(events)) < len(events):
        problems.append("The events are not unique.")
    return problems


def _check_url(url: str, settings: SandboxSettings, _: Collection[str]) -> list[str]:
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        return ["Enter a valid URL."]
    if _UNCLEAN.search(url) or parts.scheme not in ("http", "https") or not host:
        return ["Enter a valid URL."]
    if not settings.allow_private_urls and is_private(host):
        return ["The URL must not lead to a private or internal address."]
    return []


def is_private(host: str) -> bool:
    """Tell whether a host looks internal or unresolvable; nothing is looked up."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        name = host.rstrip(".").lower()
        return "." not in name or name.endswith(_PRIVATE_SUFFIXES)
    return not address.is_global


def timestamp() -> str:
    """Give the present time as the service writes it."""
    return datetime.now(timezone.utc).isoformat(timespec="microseconds")


@attrs.frozen
class StoredHook:
    """A webhook as the service stores it. The secret stays out of `repr`.

    What `_accepts` makes are the properties that can be sent: a new one is a line here.
    """

    uuid: str
    subject: str
    subject_type: str
    url: str = _accepts(str, _check_url, required=True)
    description: str = _accepts(str, _at_most(MAX_DESCRIPTION), nullable=True, default="")
    active: bool = _accepts(bool, default=True)
    events: tuple[str, ...] = _accepts(
        list, _check_events, required=True, default=("repo:push",), converter=tuple
    )
    secret: str | None = _accepts(
        str,
        _at_most(MAX_SECRET),
        nullable=True,
        default=None,
        repr=False,
        converter=lambda secret: secret or None,
    )
    skip_cert_verification: bool = _accepts(bool, default=False)
    history_enabled: bool = _accepts(bool, default=False)
    read_only: bool = False
    created_at: str = attrs.field(factory=timestamp)
    shown_instead: Mapping[str, Any] = attrs.field(factory=dict, eq=False)
    """Values that answers show in place of the properties: what no hook should have."""
    seq: int = 0

    @property
    def secret_set(self) -> bool:
        """Whether deliveries are signed: all that the API shows of a secret."""
        return bool(self.secret)

    def to_json(self) -> str:
        """Write all of it."""
        return json.dumps(attrs.asdict(self, recurse=False))

    @classmethod
    def from_row(cls, row: sqlite3.Row) -> StoredHook:
        """Read a row of the table `hooks`."""
        return cls(**{**json.loads(row["body"]), "seq": row["seq"]})


PROPERTIES: Final[Mapping[str, Accepted]] = {
    field.name: field.metadata["accepted"]
    for field in attrs.fields(StoredHook)
    if "accepted" in field.metadata
}
"""What may be sent of a hook."""


def accepted_properties(
    body: Mapping[str, Any], settings: SandboxSettings, known: Collection[str]
) -> dict[str, Any]:
    """Take the properties that were sent out of the body of a POST or PUT.

    `known` are the events that the subject type allows. Refuses (400) what the service refuses;
    fields that nobody knows are ignored.
    """
    sent = {name: body[name] for name in PROPERTIES if name in body}
    missing = [name for name, accepted in PROPERTIES.items() if accepted.required]
    problems = [f'Required field: "{name}" is not present.' for name in missing if name not in sent]
    checked = (PROPERTIES[name].structure_problem(name, value) for name, value in sent.items())
    problems += filter(None, checked)
    if problems:  # `fields` is a list, and no object as elsewhere (seen)
        failures = [f"FieldValidationException: {problem}" for problem in problems]
        fields = [f"Field: {{{failure}field}} Error: {{{failure}}}" for failure in failures]
        raise bad_request("Bad request", fields)
    if wrong := problems_of(sent, settings, known):
        raise bad_request("Bad request", wrong)
    if not settings.history_writable:
        sent.pop("history_enabled", None)
    return sent


def problems_of(
    sent: Mapping[str, Any], settings: SandboxSettings, known: Collection[str]
) -> dict[str, list[str]]:
    """List what the service refuses in the values that were sent of a hook, by property."""
    found = {name: PROPERTIES[name].check(sent[name], settings, known) for name in sent}
    return {name: problems for name, problems in found.items() if problems}
