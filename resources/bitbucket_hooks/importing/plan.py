"""What an import comes to: the new entries, and what is left out and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import frozen

from bitbucket_hooks.api.hooks import HookApi
from bitbucket_hooks.api.repositories import Repository
from bitbucket_hooks.importing.drafting import NewEntry, draft_entry, faults
from bitbucket_hooks.importing.existing import Stack, declared
from bitbucket_hooks.importing.grouping import HookGroup, Urls, group_hooks, manageable
from bitbucket_hooks.importing.naming import Names, in_order
from bitbucket_hooks.importing.selecting import EntryTargets, Selector
from bitbucket_hooks.inventory.collect import Collected
from bitbucket_hooks.model.urls import url_problem


@frozen
class Import:
    """What is to be written, and what isn't."""

    entries: tuple[NewEntry, ...]
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
    there, doubts = declared(stack, found.hooks, repositories, urls.addresses)
    hooks = [hook for listed in found.hooks.values() for hook in listed]
    managed = {hook.uuid for hook in manageable(hooks)} & stack.managed - there
    groups = group_hooks(found.hooks, there | managed)
    urls.complete(groups, found.hooks, api)
    naming = Names({str(draft.values["name"]) for draft in stack.entries})
    selector = Selector(found.projects, project)
    entries: list[NewEntry] = []
    reasons: list[str] = []
    for group in groups:
        url = urls.whole(group)
        wrong = _url_faults(url, stack)
        if url is not None and not wrong:
            selection = _selection(group, selector, names=names)
            entry = draft_entry(stack, naming.name_for(group, url), url, group, selection)
            wrong = faults(entry, found.hooks, repositories)
        if wrong:
            reasons.append(_reason(group, wrong))
        else:
            entries.append(entry)
    made = sum(len(entry.group.hooks) for entry in entries)
    read_only = sum(hook.read_only for hook in hooks)
    return Import(
        entries=tuple(sorted(entries, key=lambda entry: in_order(entry.name))),
        declared=len(there),
        managed=len(managed),
        read_only=read_only,
        left_out=len(hooks) - made - read_only - len(there) - len(managed),
        reasons=tuple(reasons),
        doubts=tuple(doubts),
    )


def _url_faults(url: str | None, stack: Stack) -> list[str]:
    if url is None:
        return ["it was changed meanwhile"]
    problem = url_problem(url, allow_private=stack.settings.allows_private_urls)
    return [f"its url {problem}"] if problem else []


def _selection(group: HookGroup, selector: Selector, *, names: bool) -> Mapping[str, Any]:
    if group.workspace:
        return {"workspace": True}
    slugs = [str(slug) for slug in group.slugs]
    if group.adopt:
        return EntryTargets(slugs).keys()
    return selector.choose(slugs, names=names).keys()


def _reason(group: HookGroup, wrong: Sequence[str]) -> str:
    """Why hooks are left out, in one sentence."""
    first, *others = group.hooks
    more = f" and {len(others):,} more" if others else ""
    uuid = group.hooks[first].uuid
    return f"{first}{more}: the hook {uuid} can't be declared: {'; '.join(wrong)}"
