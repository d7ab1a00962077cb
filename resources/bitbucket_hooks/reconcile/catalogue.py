"""Which events can be subscribed to: the bundled list, and the live one where that isn't enough."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping

from attrs import define, field

from bitbucket_hooks.api.hooks import HookApi
from bitbucket_hooks.errors import RemoteError, printable
from bitbucket_hooks.events import KEYS, suggest


@define
class Catalogue:
    """The events of one account's API. Only the live list may refuse an event."""

    api: HookApi
    tell: Callable[[str], None]
    _lock: threading.Lock = field(factory=threading.Lock, init=False)
    _live: dict[str, frozenset[str] | None] = field(factory=dict, init=False)

    def unknown(self, kind: str, events: Iterable[str]) -> Mapping[str, str]:
        """Of events, those that can't be subscribed to, each with what to say about it.

        Asks the API only for events that the bundled list lacks, and once per process. When it
        can't be reached, warns and leaves the decision to the API.
        """
        doubtful = [event for event in events if event not in KEYS]
        if not doubtful:
            return {}
        live = self._live_keys(kind, doubtful)
        if live is None:
            return {}
        return {event: _refusal(event, live) for event in doubtful if event not in live}

    def _live_keys(self, kind: str, doubtful: list[str]) -> frozenset[str] | None:
        with self._lock:
            if kind not in self._live:
                self._live[kind] = self._ask(kind, doubtful)
            return self._live[kind]

    def _ask(self, kind: str, doubtful: list[str]) -> frozenset[str] | None:
        try:
            return frozenset(event.event for event in self.api.events(kind))
        except RemoteError as error:
            names = ", ".join(printable(event, 60) for event in doubtful)
            self.tell(
                f"{names}: not in the bundled list of events, and the live one can't be read "
                f"({error.message}); the API decides"
            )
            return None


def _refusal(event: str, known: Iterable[str]) -> str:
    near = suggest(event, known)
    meant = f"; did you mean {' or '.join(map(_named, near))}?" if near else ""
    return f'unknown event "{printable(event, 60)}"{meant}'


def _named(event: str) -> str:
    # the two that everybody looks for under other names
    words = {"pullrequest:fulfilled": " (merged)", "pullrequest:rejected": " (declined)"}
    return f'"{event}"{words.get(event, "")}'
