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
SECRET_SET: Final = "set"  # noqa: S105  # words, as those below
SECRET_CHANGED: Final = "changed"  # noqa: S105
SECRET_REMOVED: Final = "removed"  # noqa: S105
SECRET_LEFT: Final = "no longer managed"  # noqa: S105

_FIRST: Final = ("url", "description", "active", "events")
WATCHED: Final = (*_FIRST, *(key for key in BY_KEY if key not in (*_FIRST, "secret")))
"""What can be seen of a live hook, by its name in state, in the order in which it is told."""
_ONE_VALUE: Final = tuple(key for key in WATCHED if key != "events")
_SECRET: Final = ("secret", "secretFingerprint")
_NAMES: Final = ("owner", "workspace", "repository")


@frozen
class PropertyChange:
    """One property of a declaration, before and after; None: not managed."""

    name: str
    old: str | bool | None = None
    new: str | bool | None = None
    gained: tuple[str, ...] = ()
    """Of `events`."""
    lost: tuple[str, ...] = ()
    """Of `events`."""


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
    source = properties.get("secretFrom")
    if isinstance(source, str) and source not in (SECRET, UNKNOWN):
        return source
    return "declared" if any(properties.get(key) for key in (*_SECRET, "secretFrom")) else "none"


def is_http(properties: Mapping[str, Any]) -> bool:
    """Whether deliveries go unencrypted, as far as the url may be looked at."""
    return url_of(properties).lower().startswith("http://")


def changes(
    was: Mapping[str, Any],
    live: Mapping[str, Any],
    want: Mapping[str, Any],
    paths: Collection[str] = (),
) -> tuple[PropertyChange, ...]:
    """What a declaration newly wants: of properties, not of secrets.

    `was` is what the state had, `live` what a refresh found; what only drifted is not among them.
    Of a url that is a secret, `paths` tell, the properties that the engine found changed.
    """
    found = []
    for name in (*_NAMES, *_ONE_VALUE, "events"):
        wanted = _canonical(name, want.get(name))
        if wanted not in (_canonical(name, was.get(name)), _canonical(name, live.get(name))):
            found.append(_change(name, live, want))
    if want.get("url") == SECRET == live.get("url") and "url" in paths:
        found.append(PropertyChange("url", HIDDEN_URL, HIDDEN_URL))
    return tuple(found)


def secret_change(
    was: Mapping[str, Any], want: Mapping[str, Any], paths: Mapping[str, str]
) -> PropertyChange | None:
    """What becomes of the secret; None: nothing. `paths` are those that changed, and how.

    An empty secret shows as any other, but the provider calls it a deletion.
    """
    had, has = (any(one.get(key) for key in _SECRET) for one in (was, want))
    source = _source(want)
    is_empty = want.get("secret") == "" and was.get("secret") != ""
    if is_empty or ("secret" in want and _deleted(paths)):
        return PropertyChange("secret", new=SECRET_REMOVED)
    if has and not had:
        return PropertyChange("secret", new=f"{SECRET_SET}{source}")
    if had and not has:
        return PropertyChange("secret", new=SECRET_LEFT)
    if has and not {*_SECRET, "secretFrom"}.isdisjoint(paths):
        moved = source if was.get("secretFrom") != want.get("secretFrom") else ""
        return PropertyChange("secret", new=f"{SECRET_CHANGED}{moved}")
    return None


def _deleted(paths: Mapping[str, str]) -> bool:
    keys = (*_SECRET, "secretSet")
    return {paths.get(key) for key in keys} - {None} == {"delete"}


def _source(properties: Mapping[str, Any]) -> str:
    source = properties.get("secretFrom")
    return f", from {source}" if isinstance(source, str) and source not in (SECRET, UNKNOWN) else ""


def _change(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> PropertyChange:
    if name == "events" and new.get(name) == UNKNOWN:
        return PropertyChange(name, new=UNKNOWN_VALUE)
    if name == "events":
        before, after = _events(old.get(name)), _events(new.get(name))
        gained = tuple(one for one in after if one not in before)
        return PropertyChange(
            name, gained=gained, lost=tuple(one for one in before if one not in after)
        )
    if name == "url":
        return PropertyChange(name, url_of(old), url_of(new))
    return PropertyChange(name, shown_value(old.get(name)), shown_value(new.get(name)))


def shown_value(value: Any) -> str | bool | None:
    """A plain value for a reader."""
    if value is None or isinstance(value, bool):
        return value
    return UNKNOWN_VALUE if value == UNKNOWN else str(value)


def _events(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        return () if value is None else (str(shown_value(value)),)
    return tuple(sorted({str(shown_value(one)) for one in value}))


def _canonical(name: str, value: Any) -> Any:
    if name == "events":
        return _events(value)
    return canonical_value(name, value)
