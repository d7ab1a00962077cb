"""Hooks that another resource declares from now on: the provider lets them be, so they are no loss.

A create adopts the live hook that its declaration means, and the deletion under the other name
respects that (`reconcile/claims.py`). So a hook that one resource gives up and another one newly
wants, at the same place with the same url and title, moves from one to the other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from attrs import evolve

from bitbucket_hooks.model.adopt_policy import NEVER
from bitbucket_hooks.model.urls import comparable
from bitbucket_hooks.model.webhook import canonical_text
from bitbucket_hooks.pulumi_cli.run import SECRET, UNKNOWN
from bitbucket_hooks.report.changes import Action, ChangedHook, Gift, Move
from bitbucket_hooks.report.history import History, properties

_Successors: TypeAlias = Mapping[tuple[str, str], tuple[str, str | None]]
"""By place and url, the URN of who newly wants a hook there, and with which title."""


def with_moves(pairs: Sequence[tuple[History, ChangedHook]]) -> tuple[ChangedHook, ...]:
    """The hooks, where one adopts those of another, without that deletion and creation."""
    hooks = {hook.urn: hook for _, hook in pairs}
    successors = _successors(pairs)
    # in an order of their own: that of the engine is another one each time
    for history, hook in sorted(pairs, key=lambda pair: pair[1].urn):
        for successor, moved in sorted(_moved_places(history, hook, successors).items()):
            places = tuple(sorted(moved))
            is_all = history.goes and moved == hook.deleted.keys()
            giver, taker = hooks[hook.urn], hooks[successor]
            hooks[hook.urn] = evolve(
                giver,
                action=Action.UNCHANGED if is_all else giver.action,
                deleted={p: uuid for p, uuid in giver.deleted.items() if p not in moved},
                given=(*giver.given, Gift(taker.name, places)),
            )
            hooks[successor] = _with_move(taker, Move(giver.name, places, is_all))
    return tuple(hooks.values())


def _successors(pairs: Sequence[tuple[History, ChangedHook]]) -> _Successors:
    found = {}
    for history, hook in pairs:
        url, title = _url(history.inputs), history.inputs.get("description")
        if url and history.inputs.get("adopt") != NEVER and not history.failed:
            for place in (*hook.created, *hook.adopted):
                found[place, url] = (hook.urn, title)
    return found


def _moved_places(
    history: History, hook: ChangedHook, successors: _Successors
) -> dict[str, set[str]]:
    """By successor, the places that a hook leaves to it."""
    found: dict[str, set[str]] = defaultdict(set)
    live = properties(history.live)
    url, title = _url(live), canonical_text(live.get("description") or "")
    for place in hook.deleted:
        successor, wanted = successors.get((place, url), ("", None))
        if successor and (wanted is None or canonical_text(wanted) == title):
            found[successor].add(place)
    return found


def _url(props: Mapping[str, Any]) -> str:
    value = props.get("url")
    is_readable = isinstance(value, str) and value not in (SECRET, UNKNOWN)
    return comparable(str(value)) if is_readable else ""


def _with_move(hook: ChangedHook, move: Move) -> ChangedHook:
    created = tuple(place for place in hook.created if place not in move.places)
    adopted = {place: match for place, match in hook.adopted.items() if place not in move.places}
    is_all = not created and not adopted and hook.action is Action.NEW
    return evolve(
        hook,
        action=Action.RENAMED if is_all else hook.action,
        created=created,
        adopted=adopted,
        moves=(*hook.moves, move),
    )
