"""What a hook's property was and becomes, in values that may be shown."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from attrs import frozen

from bitbucket_hooks.model.urls import shown
from bitbucket_hooks.model.webhook import BY_KEY, canonical_value
from bitbucket_hooks.pulumi_cli.run import SECRET, UNKNOWN

HIDDEN_URL: Final = "(a secret url)"
UNKNOWN_VALUE: Final = "(known after the update)"
SECRET_REMOVED: Final = "removed"  # noqa: S105  # words, as the next
SECRET_LEFT: Final = "no longer managed"  # noqa: S105
SECRETS: Final = ("secret", "secretFingerprint")
NAMES: Final = ("owner", "workspace", "repository")

_FIRST: Final = ("url", "description", "active", "events")
WATCHED: Final = (*_FIRST, *(key for key in BY_KEY if key not in (*_FIRST, "secret")))
"""What can be seen of a live hook, by its name in state, in the order of a report."""
_COMPARED: Final = (*NAMES, *(key for key in WATCHED if key != "events"), "events")


@frozen
class PropertyChange:
    """One property of a declaration, before and after; None: not managed."""

    name: str
    old: str | bool | None = None
    new: str | bool | None = None
    gained: tuple[str, ...] = ()
    """Of a list, such as `events`."""
    lost: tuple[str, ...] = ()


def url_of(properties: Mapping[str, Any]) -> str:
    """A hook's url as it may be shown: never its query, and nothing of one that is a secret."""
    value = properties.get("url")
    if value == UNKNOWN:
        return UNKNOWN_VALUE
    if properties.get("urlIsSecret") or value == SECRET or not isinstance(value, str):
        return HIDDEN_URL
    return shown(value)


def secret_of(properties: Mapping[str, Any]) -> str:
    """How a new hook's deliveries are signed: by a declared secret, one from elsewhere, or none."""
    is_declared = any(properties.get(key) for key in (*SECRETS, "secretFrom"))
    return _source(properties) or ("declared" if is_declared else "none")


def is_http(properties: Mapping[str, Any]) -> bool:
    """Whether deliveries go unencrypted, as far as the url may be read."""
    return url_of(properties).lower().startswith("http://")


def changes(
    was: Mapping[str, Any],
    live: Mapping[str, Any],
    want: Mapping[str, Any],
    paths: Collection[str] = (),
) -> list[PropertyChange]:
    """What a declaration newly wants: of properties, not of secrets.

    `was` is what the state had, `live` what a refresh found; what only drifted is not among them.
    Of a url that is a secret, `paths` tell, the properties that the engine found changed.
    """
    found = [
        _change(name, live, want)
        for name in _COMPARED
        if differs(name, want, was) and differs(name, want, live)
    ]
    if want.get("url") == SECRET == live.get("url") and "url" in paths:
        found.append(PropertyChange("url", HIDDEN_URL, HIDDEN_URL))
    return found


def differs(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Whether a property has another value, and not just in another form."""
    return bool(_canonical(name, old) != _canonical(name, new))


def secret_change(
    was: Mapping[str, Any], want: Mapping[str, Any], paths: Mapping[str, str]
) -> PropertyChange | None:
    """What becomes of the secret; None: nothing. `paths` are those that changed, and how.

    An empty secret shows as any other, but the provider calls it a deletion.
    """
    had, has = (any(properties.get(key) for key in SECRETS) for properties in (was, want))
    source = f", from {_source(want)}" if _source(want) else ""
    is_empty = want.get("secret") == "" and was.get("secret") != ""
    hows = {paths[key] for key in (*SECRETS, "secretSet") if key in paths}
    if is_empty or ("secret" in want and hows == {"delete"}):
        return PropertyChange("secret", new=SECRET_REMOVED)
    if has and not had:
        return PropertyChange("secret", new=f"set{source}")
    if had and not has:
        return PropertyChange("secret", new=SECRET_LEFT)
    if has and not {*SECRETS, "secretFrom"}.isdisjoint(paths):
        moved = source if was.get("secretFrom") != want.get("secretFrom") else ""
        return PropertyChange("secret", new=f"changed{moved}")
    return None


def _source(properties: Mapping[str, Any]) -> str:
    """Where a secret is read from, if that may be shown."""
    source = properties.get("secretFrom")
    return source if isinstance(source, str) and source not in (SECRET, UNKNOWN) else ""


def _change(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> PropertyChange:
    if name == "url":
        return PropertyChange(name, url_of(old), url_of(new))
    if name == "events" and new.get(name) != UNKNOWN:
        before, after = _events(old), _events(new)
        gained = tuple(event for event in after if event not in before)
        return PropertyChange(
            name, gained=gained, lost=tuple(event for event in before if event not in after)
        )
    was = None if name == "events" else shown_value(old.get(name))
    return PropertyChange(name, was, shown_value(new.get(name)))


def shown_value(value: Any) -> str | bool | None:
    """A plain value for a reader."""
    if value is None or isinstance(value, bool):
        return value
    return UNKNOWN_VALUE if value == UNKNOWN else str(value)


def _events(properties: Mapping[str, Any]) -> tuple[str, ...]:
    value = properties.get("events")
    if not isinstance(value, list):
        return () if value is None else (str(shown_value(value)),)
    return tuple(sorted({str(shown_value(event)) for event in value}))


def _canonical(name: str, properties: Mapping[str, Any]) -> Any:
    return _events(properties) if name == "events" else canonical_value(name, properties.get(name))
