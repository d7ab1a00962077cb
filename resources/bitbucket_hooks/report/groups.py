"""Declarations to which the same happens, put together so that they are read once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from attrs import define, evolve, field, frozen

from bitbucket_hooks.report.changes import Action, ChangedHook, Drift


@frozen
class AlikeHooks:
    """One declaration, or several single ones that read alike."""

    names: tuple[str, ...]
    hook: ChangedHook
    """The one, or all of them as if they were one on many places."""


def grouped(hooks: Iterable[ChangedHook]) -> list[AlikeHooks]:
    """Bring those together to which the same happens, each on places of its own.

    Two that read alike on one place are two hooks: their urls may differ in what isn't shown.
    """
    alike: dict[tuple[object, ...], list[_Bundle]] = {}
    for hook in hooks:
        places = _places(hook)
        bundles = alike.setdefault(_shape(hook), [])
        fitting = next((one for one in bundles if places.isdisjoint(one.places)), None)
        if fitting is None:
            fitting = _Bundle()
            bundles.append(fitting)
        fitting.hooks.append(hook)
        fitting.places |= places
    return [
        _group(sorted(one.hooks, key=lambda hook: hook.name))
        for bundles in alike.values()
        for one in bundles
    ]


@define
class _Bundle:
    """Those that read alike, and where hooks of theirs come, go or are adopted."""

    hooks: list[ChangedHook] = field(factory=list)
    places: set[str] = field(factory=set)


def _places(hook: ChangedHook) -> set[str]:
    found = (hook.created, hook.adopted, hook.deleted, hook.replaced, hook.retained)
    return {place for places in found for place in places}


def _shape(hook: ChangedHook) -> tuple[object, ...]:
    """All that is said of a hook, but where."""
    if hook.moves or hook.given or hook.ambiguous or hook.near or hook.action is Action.FAILED:
        return (hook.urn,)
    brings = bool(hook.created or hook.adopted or hook.deleted or hook.replaced or hook.retained)
    what = (hook.url, hook.events, hook.active, hook.secret) if brings else ()
    return (
        hook.kind,
        hook.action,
        what,
        hook.properties,
        tuple((one.status, one.fate) for one in hook.drift),
        tuple(sorted({one.changes for one in hook.adopted.values()})),
        hook.cautions,
        bool(hook.created) and hook.looked,
        bool(hook.created),
        bool(hook.deleted),
        bool(hook.updated),
        tuple(sorted(set(hook.unchecked.values()))),
    )


def _group(hooks: Sequence[ChangedHook]) -> AlikeHooks:
    first = hooks[0]
    if len(hooks) == 1:
        return AlikeHooks((first.name,), first)
    urls = {hook.url for hook in hooks}
    whole = evolve(
        first,
        url=first.url if len(urls) == 1 else "",
        created=tuple(sorted({place for one in hooks for place in one.created})),
        adopted={place: match for one in hooks for place, match in one.adopted.items()},
        updated=tuple(sorted({place for one in hooks for place in one.updated})),
        deleted={place: uuid for one in hooks for place, uuid in one.deleted.items()},
        replaced={place: uuid for one in hooks for place, uuid in one.replaced.items()},
        retained=tuple(sorted({place for one in hooks for place in one.retained})),
        drift=tuple(_joined(same) for same in zip(*(one.drift for one in hooks), strict=True)),
        unchecked={place: why for one in hooks for place, why in one.unchecked.items()},
        known=sum(one.known for one in hooks),
        unchanged=sum(one.unchanged for one in hooks),
    )
    return AlikeHooks(tuple(one.name for one in hooks), whole)


def _joined(same: Sequence[Drift]) -> Drift:
    return evolve(same[0], places=tuple(sorted({p for one in same for p in one.places})))
