"""How one copy of a fleet's hook stands, in the words that the state keeps and previews show.

What a secret's part of it is comes first, and nothing else starts with that word.
"""

from __future__ import annotations

from typing import Final

from bitbucket_hooks.model.errors import printable, printable_value
from bitbucket_hooks.model.naming import camel
from bitbucket_hooks.model.urls import origin_shown, shown
from bitbucket_hooks.model.webhook import Desired, Observed, SecretChange, differences

AS_DECLARED: Final = "as declared"
GONE: Final = "gone"
MISSING: Final = "missing"
"""Not made yet: an earlier run failed at it."""
LEFT_OVER: Final = "left over"
"""No longer declared, and not deleted yet."""

_LEFT: Final = "left "

_NOT_WRITTEN: Final = "not updated"
_SECRET: Final = "secret "  # noqa: S105  # what a part that concerns it starts with
_SECRET_NOT_WRITTEN: Final = _SECRET + _NOT_WRITTEN
_UNCHECKED: Final = " (unchecked: "


def last_known(standing: str) -> str:
    """A standing without the note that it couldn't be checked."""
    return standing.partition(_UNCHECKED)[0]


def unchecked(standing: str, reason: str) -> str:
    """The last known standing of a copy that can't be looked at now."""
    return f"{last_known(standing)}{_UNCHECKED}{printable(reason, 200)})"


def not_written(change: SecretChange) -> str:
    """What a failed write leaves: nobody knows whether it arrived."""
    return _NOT_WRITTEN if change is SecretChange.KEEP else _SECRET_NOT_WRITTEN


def left_to(successor: str) -> str:
    """The standing of a copy that is kept for the resource that declares it now."""
    return f"{_LEFT}to {successor}"


def is_left(standing: str) -> bool:
    """Whether the copy is no longer declared."""
    return standing.startswith(_LEFT)


def secret_is_due(standing: str) -> bool:
    """Whether the copy's secret has to be written, though its declaration didn't change."""
    return standing.startswith(_SECRET)


def as_seen(desired: Desired, live: Observed, before: str, *, hide_url: bool) -> str:
    """Name every property in which a live copy isn't as declared, with its live value.

    A secret whose write failed `before` stays due: a live one doesn't tell which it is.
    """
    live = live.completed(desired)
    seen = differences(desired, live)
    parts = [_told(name, live, hide_url=hide_url) for name in seen if name != "secret"]
    if before.startswith(_SECRET_NOT_WRITTEN) and desired.secret is not None:
        parts.insert(0, _SECRET_NOT_WRITTEN)
    elif "secret" in seen:
        parts.insert(0, _SECRET + ("removed" if desired.secret else "set by hand"))
    return "; ".join(parts) or AS_DECLARED


def _told(name: str, live: Observed, *, hide_url: bool) -> str:
    value = getattr(live, name)
    if name == "url":
        value = origin_shown(value) if hide_url else shown(value)
    return f"{camel(name)} {printable_value(value)}"
