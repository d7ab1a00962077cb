"""Entries that mean the same hook: the same url on the same repository, and no other title."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias

from bitbucket_hooks.model.adopt_policy import MATCH, NEVER
from bitbucket_hooks.model.globs import is_glob, matching
from bitbucket_hooks.model.subject import Subject
from bitbucket_hooks.model.webhook import HookKey
from bitbucket_hooks.stack.entries import HOOKS_PATH, Draft, Hidden

Chosen: TypeAlias = tuple[str | None, Draft, Iterable[str]]
"""An entry with its account and its repositories."""


def doubled(entries: Iterable[Chosen]) -> Iterator[str]:
    """Tell of each entry the first one that declares a hook of it too.

    Accounts count as different, as they may speak to two servers; so do hooks that `adopt` names.
    """
    holders: dict[tuple[str | None, HookKey], Draft] = {}
    for account, draft, slugs in entries:
        both: dict[str, list[Subject]] = {}
        for place in _places(draft, slugs):
            holder = holders.setdefault((account, place), draft)
            if holder.values.get("name") != draft.values.get("name"):  # else that is the mistake
                both.setdefault(holder.path, []).append(place.subject)
        for path, subjects in both.items():
            more = f" and {len(subjects) - 1:,} more" if len(subjects) > 1 else ""
            yield (
                f"{draft.path}: declares the same hook as {path.removeprefix(HOOKS_PATH)} on "
                f"{subjects[0]}{more}; give the two different urls or descriptions, or leave the "
                "repositories out of one"
            )


def named(draft: Draft) -> list[str]:
    """The repositories that an entry calls by their names, as far as it is in order."""
    slugs = draft.values.get("repositories") or ()
    out = draft.values.get("exclude") or ()
    return [s for s in slugs if not is_glob(s) and not any(matching(glob, [s]) for glob in out)]


def _places(draft: Draft, slugs: Iterable[str]) -> Iterator[HookKey]:
    url, owner = draft.values.get("url"), draft.values.get("owner")
    title, adopt = draft.values.get("description"), draft.values.get("adopt", MATCH)
    if draft.problems or url is None or isinstance(url, Hidden) or isinstance(title, Hidden):
        return
    if owner is None or adopt not in (MATCH, NEVER):
        return
    subjects = [None] if draft.values.get("workspace") else slugs
    for slug in subjects:
        yield HookKey(Subject(owner, slug), url, title)
