"""A diff that shows the removal of a secret: the engine takes an empty one for just another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from pulumi.dynamic import DiffResult

from bitbucket_hooks.provider import seam
from bitbucket_hooks.provider.properties import FOREIGN_SECRET, differing, had_secret
from bitbucket_hooks.provider.seam import Change

_PLACES: Final = ("owner", "workspace", "repository")


def removes_secret(olds: Mapping[str, Any], news: Mapping[str, Any]) -> bool:
    """Whether a declaration newly says that there is no secret, where there was one."""
    was_none = olds.get("secret") in ("", FOREIGN_SECRET)
    return (
        news.get("secret") == ""
        and not was_none
        and bool(olds.get("secretSet") or had_secret(dict(olds)))
    )


def removal(olds: Mapping[str, Any], news: Mapping[str, Any]) -> DiffResult:
    """The diff of such a declaration, with a warning."""
    seam.warn(
        "secret removed: deliveries will be unsigned; if that isn't meant, provide the secret, "
        "whose variable may not be set"
    )
    return seam.DetailedDiff(dict(_changes(olds, news)))


def _changes(olds: Mapping[str, Any], news: Mapping[str, Any]) -> Iterator[tuple[str, Change]]:
    for key in (*_PLACES, *differing(dict(olds), dict(news))):
        old, new = olds.get(key), news.get(key)
        if key == "secret":
            old, new = old or None, new or None
        yield from _change(key, old, new)
    if not had_secret(dict(olds)):
        yield "secretSet", Change.REMOVED  # all that the state knows of a secret set by hand
    before, after = (one.get("repositories") for one in (olds, news))
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for slug in sorted({*before, *after}):
            yield from _change(f'repositories["{slug}"]', before.get(slug), after.get(slug))


def _change(path: str, old: Any, new: Any) -> Iterator[tuple[str, Change]]:
    if old != new:
        kinds = {old is None: Change.ADDED, new is None: Change.REMOVED}
        yield path, kinds.get(True, Change.CHANGED)
