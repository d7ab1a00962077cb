"""How a sandbox behaves beyond the plain API: latency, faults, limits, lag, and open questions."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from typing import Any, Final, Literal, get_args

import attrs

from bitbucket_hooks.model.events import suggest
from bitbucket_hooks.sandbox.errors import SandboxError

FaultKind = Literal[
    "500",  # an error body with an id; nothing was done
    "502",  # a gateway's HTML page; nothing was done
    "503",
    "504",
    "502-after",  # the same page, but the request was carried out
    "html",  # 200 with an HTML page; nothing was done
    "drop-before",  # the connection breaks; nothing was done
    "drop-after",  # the connection breaks after the request was carried out
    "truncated",  # carried out, but the body ends before its Content-Length
    "empty-list",  # a listing lacks all that it should hold, as one that lags behind may
    "slow",  # carried out after an additional pause
]

KINDS: Final[tuple[str, ...]] = get_args(FaultKind)
METHODS: Final = ("GET", "HEAD", "POST", "PUT", "DELETE")
_YES: Final = ("true", "yes", "on", "1")
_NO: Final = ("false", "no", "off", "0")


def _not_negative(_: Any, field: attrs.Attribute[Any], value: float) -> None:
    if value < 0:
        raise SandboxError(f"{field.name} must not be negative, not {value}")


def _share(_: Any, field: attrs.Attribute[Any], value: float) -> None:
    if not 0 <= value <= 1:
        raise SandboxError(f"{field.name} must lie between 0 and 1, not {value}")


def _known(allowed: tuple[str, ...]) -> Any:
    def check(_: object, field: attrs.Attribute[Any], values: tuple[str, ...]) -> None:
        for value in values:
            if value not in allowed:
                raise SandboxError(
                    f'{field.name}: unknown "{value}"; take one of {", ".join(allowed)}'
                )

    return check


def _number(**more: Any) -> Any:
    return attrs.field(validator=_not_negative, **more)


@attrs.frozen
class SandboxSettings:
    """Every setting, with what a new sandbox has."""

    latency_ms: float = _number(default=0)
    """Pause before each request, in milliseconds."""
    slow_ms: float = _number(default=300)
    """Additional pause of the fault `slow`, in milliseconds."""
    fault_rate: float = attrs.field(default=0.0, validator=_share)
    """Share of requests that meet a random fault."""
    fault_kinds: tuple[str, ...] = attrs.field(
        default=("500", "502", "503", "drop-before", "drop-after", "slow", "truncated"),
        converter=tuple,
        validator=_known(KINDS),
    )
    """The kinds that random faults are taken from."""
    fault_methods: tuple[str, ...] = attrs.field(
        default=(), converter=tuple, validator=_known(METHODS)
    )
    """The verbs that random faults hit; none: all."""
    fault_seed: int = 0
    """Seed of the random faults: the n-th request since it was set always meets the same."""
    rate_limit: int = _number(default=0)
    """Requests of one identity in a rolling window; 0: no limit."""
    window_seconds: float = _number(default=3600)
    """Length of the window, in seconds."""
    burst_limit: int = _number(default=0)
    """Requests of one identity in any second, below the limit above; 0: no limit."""
    retry_after: bool = False
    """Whether a 429 has `Retry-After` (unverified)."""
    read_lag_ms: float = _number(default=0)
    """For how long reads show hooks as they were before a write, in milliseconds."""
    allow_private_urls: bool = True
    """Whether hooks may name hosts that the real service, being public, refuses."""
    trims_texts: bool = False
    """Whether a description is stored without spaces at its ends (unverified)."""
    decomposes_texts: bool = False
    """Whether a description is stored in the Unicode form NFD (unverified)."""
    log_requests: bool = True
    """Whether requests are logged in the database."""
    history_writable: bool = True
    """Whether `history_enabled` can be set through the API (unverified)."""
    bare_uid: bool = False
    """Whether a hook's uuid is found without its braces (unverified)."""
    delete_content_type: bool = True
    """Whether the 204 of a DELETE carries a `Content-Type`, as several clients need (reported)."""
    scope_headers: bool = False
    """Whether answers list the scopes of the credentials in `X-OAuth-Scopes` (reported)."""
    delivery_timeout_ms: float = _number(default=10_000)
    """For how long a delivery waits for its receiver's answer, in milliseconds."""
    oauth_seconds: float = _number(default=7200)
    """How long the access token of an OAuth consumer lasts, in seconds."""


_WHOLE: Final = ("fault_seed", "rate_limit", "burst_limit")
NAMES: Final = tuple(field.name for field in attrs.fields(SandboxSettings))


def load(connection: sqlite3.Connection) -> SandboxSettings:
    """Read the settings; what was never set has its default."""
    rows = connection.execute("SELECT key, value FROM settings")
    return SandboxSettings(**{row["key"]: json.loads(row["value"]) for row in rows})


def save(connection: sqlite3.Connection, changes: dict[str, Any]) -> SandboxSettings:
    """Change some settings and give all. Raises `SandboxError` for a wrong name or value."""
    for name in changes:
        if name not in NAMES:
            raise SandboxError(_unknown(name))
    settings = attrs.evolve(load(connection), **changes)
    connection.executemany(
        "INSERT OR REPLACE INTO settings VALUES (?, ?)",
        [(name, json.dumps(getattr(settings, name))) for name in changes],
    )
    if {"fault_seed", "fault_rate"} & changes.keys():
        connection.execute("UPDATE draws SET count = 0")
    return settings


def parse(assignments: Iterable[str]) -> dict[str, Any]:
    """Turn `KEY=VALUE` texts into changes. Raises `SandboxError` naming the wrong one."""
    changes = {}
    for assignment in assignments:
        key, equals, text = assignment.partition("=")
        name = key.strip().replace("-", "_")
        if not equals or name not in NAMES:
            raise SandboxError(
                _unknown(name) if equals else f'"{assignment}" sets nothing; write KEY=VALUE'
            )
        changes[name] = _value(name, text.strip())
    return changes


def _value(name: str, text: str) -> Any:
    default = getattr(SandboxSettings(), name)
    try:
        if isinstance(default, bool):
            return (*_YES, *_NO).index(text.lower()) < len(_YES)
        if isinstance(default, tuple):
            return tuple(part.strip() for part in text.split(",") if part.strip())
        return int(text) if name in _WHOLE else float(text)
    except ValueError:
        wanted = "true or false" if isinstance(default, bool) else "a number"
        raise SandboxError(f'{name} must be {wanted}, not "{text}"') from None


def _unknown(name: str) -> str:
    near = suggest(name, NAMES)
    remedy = f'did you mean "{near[0]}"?' if near else f"take one of {', '.join(NAMES)}"
    return f'unknown setting "{name}"; {remedy}'
