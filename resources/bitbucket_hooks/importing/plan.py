"""What an import comes to: the new entries, and what is left out and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from attrs import field, frozen

from bitbucket_hooks.api.hooks import HookApi
from bitbucket_hooks.api.repositories import Repository
from bitbucket_hooks.importing.addresses import Urls
from bitbucket_hooks.importing.drafting import New, new
from bitbucket_hooks.importing.existing import Stack, declared
from bitbucket_hooks.importing.grouping import HookGroup, group_hooks, mine
from bitbucket_hooks.importing.naming import Names, in_order
from bitbucket_hooks.importing.proving import faults, reason
from bitbucket_hooks.importing.selecting import EntryTargets, Selector
from bitbucket_hooks.inventory.collect import Collected
from bitbucket_hooks.model.urls import url_problem


@frozen
class Import:
    """What is to be written, and what isn't."""

    entries: tuple[New, ...]
    urls: Urls = field(repr=False)
    declared: int
    """Hooks that the stack's entries have already."""
    managed: int
    """Other hooks that states have."""
    read_only: int
    """Hooks that apps own."""
    left_out: int
    """Hooks that can't be declared."""
    reasons: tuple[str, ...]
    """Why."""
    doubts: tuple[str, ...]
    """Entries that match several hooks."""

    @property
    def hooks(self) -> int:
        """How many hooks the new entries have."""
        return sum(len(entry.group.hooks) for entry in self.entries)

    @property
    def awaiting(self) -> list[str]:
        """The entries whose hooks have a secret that isn't declared."""
        return [entry.name for entry in self.entries if entry.group.kind.secret_set]


def plan(
    stack: Stack, found: Collected, urls: Urls, api: HookApi, project: str | None, *, names: bool
) -> Import:
    """Find the entries for what was found and isn't declared. Raises HooksError.

    `project`: the one that alone was listed; `names`: select by names alone.
    """
    repositories = [Repository(slug, "", key) for slug, key in sorted(found.projects.items())]
    there = declared(stack, found.hooks, repositories, urls.addresses)
    every = [hook for hooks in found.hooks.values() for hook in hooks]
    managed = {hook.uuid for hook in mine(every)} & stack.managed - there.uuids
    groups = group_hooks(found.hooks, there.uuids | managed)
    known = urls.complete(groups, found.hooks, api)
    reasons = [
        reason(group, ["it was changed meanwhile"]) for group in groups if group not in known
    ]
    known, wrong = _usable(stack, known, urls)
    reasons += wrong
    selector = Selector(found.projects, project)
    entries, unfit = _entries(stack, known, urls, (selector, names), found, repositories)
    made = sum(len(entry.group.hooks) for entry in entries)
    read_only = sum(hook.read_only for hook in every)
    return Import(
        tuple(sorted(entries, key=lambda entry: in_order(entry.name))),
        urls,
        len(there.uuids),
        len(managed),
        read_only,
        len(every) - made - read_only - len(there.uuids) - len(managed),
        (*reasons, *unfit),
        tuple(there.doubts),
    )


def _usable(
    stack: Stack, groups: Iterable[HookGroup], urls: Urls
) -> tuple[list[HookGroup], list[str]]:
    """Those with an address that may be declared."""
    fit, wrong = [], []
    for group in groups:
        problem = url_problem(urls.whole(group), allow_private=stack.settings.allows_private_urls)
        if problem is None:
            fit.append(group)
        else:
            wrong.append(reason(group, [f"its url {problem}"]))
    return fit, wrong


def _entries(
    stack: Stack,
    groups: Sequence[HookGroup],
    urls: Urls,
    how: tuple[Selector, bool],
    found: Collected,
    repositories: Sequence[Repository],
) -> tuple[list[New], list[str]]:
    naming, fit, unfit = Names(stack.names), [], []
    for group in groups:
        url = urls.whole(group)
        entry = new(stack, naming.name_for(group, url), url, group, _where(group, *how))
        wrong = faults(entry, found.hooks, repositories)
        if wrong:
            unfit.append(reason(group, wrong))
        else:
            fit.append(entry)
    return fit, unfit


def _where(group: HookGroup, selector: Selector, names: bool) -> Mapping[str, Any]:
    if group.workspace:
        return {"workspace": True}
    slugs = [str(slug) for slug in group.slugs]
    selection = EntryTargets(tuple(slugs)) if group.adopt else selector.choose(slugs, names=names)
    return selection.keys()
