"""Hooks that another resource declares from now on: the provider lets them be, so they are no loss.

A create adopts the live hook that its declaration means, and the deletion under the other name
respects that (`reconcile/claims.py`). So a hook that one resource gives up and another one newly
wants, at the same place with the same url and title, moves from one to the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from attrs import evolve

from bitbucket_hooks.model.adopt_policy import NEVER
from bitbucket_hooks.model.urls import comparable
from bitbucket_hooks.model.webhook import canonical_text
from bitbucket_hooks.pulumi_cli.run import SECRET, UNKNOWN
from bitbucket_hooks.report.changes import Action, ChangedHook, Move
from bitbucket_hooks.report.history import History, properties

Pair = tuple[History, ChangedHook]


def with_moves(pairs: Sequence[Pair]) -> tuple[ChangedHook, ...]:
    """The hooks, where one adopts those of another, without that deletion and creation."""
    hooks = {hook.urn: hook for _, hook in pairs}
    successors = _successors(pairs)
    # in an order of their own: that of the engine is another one each time
    for history, hook in sorted(pairs, key=lambda pair: pair[1].urn):
        for successor, places in sorted(_moved_places(history, hook, successors).items()):
            left = {p: uuid for p, uuid in hooks[hook.urn].deleted.items() if p not in places}
            whole = history.goes and places == hook.deleted.keys()
            gift = Move(hooks[successor].name, tuple(sorted(places)), whole)
            giver = evolve(hooks[hook.urn], deleted=left, given=(*hooks[hook.urn].given, gift))
            hooks[hook.urn] = evolve(giver, action=_left_with(giver, whole=whole))
            hooks[successor] = _taking(
                hooks[successor], Move(hook.name, tuple(sorted(places)), whole)
            )
    return tuple(hooks.values())


def _successors(pairs: Sequence[Pair]) -> dict[tuple[str, str], tuple[str, str | None]]:
    """By place and url, who newly wants a hook there, and with which title."""
    found = {}
    for history, hook in pairs:
        want = history.wanted.inputs if history.wanted else {}
        url = _url(want)
        if url and want.get("adopt") != NEVER and not history.failed:
            new = (*hook.created, *hook.adopted)
            found.update({(place, url): (hook.urn, want.get("description")) for place in new})
    return found


def _moved_places(
    history: History, hook: ChangedHook, successors: dict[tuple[str, str], tuple[str, str | None]]
) -> dict[str, set[str]]:
    """By successor, the places that a hook leaves to it."""
    found: dict[str, set[str]] = {}
    live = properties(history.live)
    url, title = _url(live), live.get("description")
    for place in hook.deleted:
        successor, wanted = successors.get((place, url), ("", None))
        if successor and (wanted is None or canonical_text(wanted) == canonical_text(title or "")):
            found.setdefault(successor, set()).add(place)
    return found


def _url(props: Any) -> str:
    value = props.get("url")
    readable = isinstance(value, str) and value not in (SECRET, UNKNOWN)
    return comparable(value) if readable else ""


def _left_with(hook: ChangedHook, *, whole: bool) -> Action:
    """What is done to a resource beyond what it leaves to another one."""
    return Action.UNCHANGED if whole else hook.action


def _taking(hook: ChangedHook, move: Move) -> ChangedHook:
    kept = set(move.places)
    created = tuple(place for place in hook.created if place not in kept)
    adopted = {place: one for place, one in hook.adopted.items() if place not in kept}
    is_all = not created and not adopted and hook.action is Action.NEW
    return evolve(
        hook,
        action=Action.RENAMED if is_all else hook.action,
        created=created,
        adopted=adopted,
        moves=(*hook.moves, move),
    )
