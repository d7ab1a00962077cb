"""Which events a hook can listen to: the bundled list, and the live one where it is not enough."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from attrs import define, field

from bitbucket_hooks.api.errors import ApiError
from bitbucket_hooks.model.errors import ConfigError, RemoteError, printable
from bitbucket_hooks.model.events import (
    CATALOGUE,
    KEYS,
    SUBJECT_TYPES,
    Event,
    no_such_event,
    quoted_with_meaning,
)
from bitbucket_hooks.model.globs import matching

if TYPE_CHECKING:
    from bitbucket_hooks.api.hooks import HookApi  # it brings requests along


@define
class Catalogue:
    """The events of one account's API. Only the live list may refuse an event."""

    api: HookApi
    warn: Callable[[str], None]
    _lock: threading.Lock = field(factory=threading.Lock, init=False)
    _live: dict[str, frozenset[str] | None] = field(factory=dict, init=False)

    def unknown(self, kind: str, events: Iterable[str]) -> Mapping[str, str]:
        """Of events, those that no hook can listen to, each with what to say about it.

        Asks the API only for events that the bundled list lacks, and once per process. When it
        can't be reached, warns and leaves the decision to the API.
        """
        doubtful = [event for event in events if event not in KEYS]
        if not doubtful:
            return {}
        names = ", ".join(printable(event, 60) for event in doubtful)
        live = self._live_keys(
            kind, f"{names}: not in the bundled list of events", "the API decides"
        )
        refused = [event for event in doubtful if live is not None and event not in live]
        return {event: no_such_event(event, live or (), quoted_with_meaning) for event in refused}

    def matching(self, kind: str, pattern: str) -> list[str]:
        """The events that a pattern means, sorted; the API itself knows no patterns.

        The live list is read once per process. When it can't be reached, the bundled one serves,
        with a warning: it may lack new events.
        """
        why = f"{printable(pattern, 60)}: events by a pattern"
        live = self._live_keys(kind, why, "the bundled list is used instead")
        return matching(pattern, sorted(KEYS if live is None else live))

    def _live_keys(self, kind: str, why: str, instead: str) -> frozenset[str] | None:
        with self._lock:
            if kind not in self._live:
                try:
                    self._live[kind] = frozenset(event.event for event in self.api.events(kind))
                except RemoteError as error:
                    problem = f"the live list can't be read ({error.in_a_line})"
                    self.warn(f"{why}, and {problem}; {instead}")
                    self._live[kind] = None
            return self._live[kind]


def live_or_bundled(
    api: HookApi, kinds: Iterable[str], warn: Callable[[str], None]
) -> dict[str, Sequence[Event]]:
    """The live events of kinds of subjects; the bundled ones, and a word, if one can't be read."""
    try:
        return {kind: api.events(kind) for kind in kinds}
    except ApiError as error:
        warn(f"the bundled list of events is shown, which may lack new ones: {error.in_a_line}")
        return dict.fromkeys(kinds, CATALOGUE)


def hook_types(
    api: HookApi, subject_type: str | None, warn: Callable[[str], None]
) -> Sequence[Event]:
    """What `get_hook_types` answers: the events of a subject type, in the service's order.

    Raises ConfigError for another subject type.
    """
    known = " or ".join(f'"{kind}"' for kind in SUBJECT_TYPES)
    if subject_type is None:
        raise ConfigError("the subject type of the webhooks is missing", f"Give {known}.")
    if subject_type in SUBJECT_TYPES:
        return live_or_bundled(api, [subject_type], warn)[subject_type]
    gone = subject_type in ("user", "team")
    raise ConfigError(
        f'there are no webhooks of the subject type "{printable(str(subject_type), 60)}"',
        f"Bitbucket has webhooks of users and teams no more; give {known}."
        if gone
        else f"Give {known}.",
    )
