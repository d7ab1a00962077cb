"""Declarations to which the same happens, put together so that they are read once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from attrs import evolve

from bitbucket_hooks.report.changes import Action, ChangedHook


def grouped(hooks: Iterable[ChangedHook]) -> list[tuple[list[str], ChangedHook]]:
    """Bring those together to which the same happens, each on places of its own.

    Gives their names, and all of them as if they were one on many places. Two that read alike on
    one place are two hooks: their urls may differ in what isn't shown.
    """
    alike: dict[tuple[object, ...], list[tuple[list[ChangedHook], set[str]]]] = defaultdict(list)
    for hook in hooks:
        found = {*hook.created, *hook.adopted, *hook.deleted, *hook.replaced, *hook.retained}
        groups = alike[_shape(hook)]
        fitting = next((group for group in groups if found.isdisjoint(group[1])), None)
        if fitting is None:
            fitting = ([], set())
            groups.append(fitting)
        members, places = fitting
        members.append(hook)
        places |= found
    return [
        _joined(sorted(members, key=lambda hook: hook.name))
        for groups in alike.values()
        for members, _ in groups
    ]


def _shape(hook: ChangedHook) -> tuple[object, ...]:
    """All that is said of a hook, but where."""
    if hook.moves or hook.given or hook.ambiguous or hook.near or hook.action is Action.FAILED:
        return (hook.urn,)
    brings = bool(hook.created or hook.adopted or hook.deleted or hook.replaced or hook.retained)
    return (
        hook.kind,
        hook.action,
        (hook.url, hook.events, hook.active, hook.secret) if brings else (),
        hook.properties,
        tuple((drift.status, drift.fate) for drift in hook.drift),
        tuple(sorted({match.changes for match in hook.adopted.values()})),
        hook.cautions,
        bool(hook.created) and hook.looked,
        bool(hook.created),
        bool(hook.deleted),
        bool(hook.updated),
        tuple(sorted(set(hook.unchecked.values()))),
    )


def _joined(hooks: Sequence[ChangedHook]) -> tuple[list[str], ChangedHook]:
    first, urls = hooks[0], {hook.url for hook in hooks}
    merged: dict[str, Any] = {"url": first.url if len(urls) == 1 else ""}
    for name in ("created", "updated", "retained"):
        merged[name] = tuple(sorted({place for hook in hooks for place in getattr(hook, name)}))
    for name in ("adopted", "deleted", "replaced", "unchecked"):
        pairs = (pair for hook in hooks for pair in getattr(hook, name).items())
        merged[name] = dict(pairs)
    merged["drift"] = tuple(
        evolve(same[0], places=tuple(sorted({p for drift in same for p in drift.places})))
        for same in zip(*(hook.drift for hook in hooks), strict=True)
    )
    return [hook.name for hook in hooks], evolve(first, **merged)
