"""Arguments that are lists, whatever a program gives them as."""

from __future__ import annotations

from collections.abc import Awaitable, Iterable, Mapping
from typing import Any, TypeGuard

import pulumi

from bitbucket_hooks.model.subject import is_slug
from bitbucket_hooks.model.sync_status import AS_DECLARED


def plain(value: Any) -> Any:
    """Turn sets, tuples and views, in Outputs too, into the lists that Pulumi's SDK takes."""
    if isinstance(value, pulumi.Output):
        return value.apply(plain)
    if isinstance(value, Mapping):
        return {key: plain(inner) for key, inner in value.items()}
    if not _is_several(value):
        return value
    listed = [plain(item) for item in value]
    return sorted(listed) if isinstance(value, (set, frozenset)) and _are_texts(listed) else listed


def copies(repositories: Any) -> Any:
    """Turn a fleet's repositories into the mapping that its output is, by slug.

    What can't be one is left, so that `check` can name the place of a mistake. A slug that isn't
    known yet makes the whole unknown.
    """
    if isinstance(repositories, pulumi.Output):
        return repositories.apply(copies)
    if not _is_several(repositories):
        return repositories
    slugs = list(repositories)
    if any(isinstance(slug, (pulumi.Output, Awaitable)) for slug in slugs):
        return pulumi.Output.from_input(slugs).apply(copies)
    if _are_texts(slugs) and all(is_slug(slug.strip()) for slug in slugs):
        return {slug.strip().lower(): str(AS_DECLARED) for slug in slugs}
    return slugs


def flat(value: Any) -> Any:
    """Turn lists of and mappings to uuids into the one list of them that the output is.

    A preview knows some of them, while others are unknown.
    """
    if not _is_several(value):
        return value
    if any(not isinstance(item, str) for item in value):
        uuids = pulumi.Output.from_input(value)
        return uuids.apply(lambda found: list(_leaves(found)), run_with_unknowns=True)
    return value


def _leaves(value: Any) -> Iterable[Any]:
    items = value.values() if isinstance(value, Mapping) else value
    if isinstance(value, Mapping) or _is_several(value):
        for item in items:
            yield from _leaves(item)
    else:
        yield value


def _is_several(value: Any) -> TypeGuard[Iterable[Any]]:
    single = (str, bytes, Mapping, Awaitable, pulumi.Output, pulumi.Resource)
    return isinstance(value, Iterable) and not isinstance(value, single)


def _are_texts(values: Iterable[Any]) -> bool:
    return all(isinstance(value, str) for value in values)
