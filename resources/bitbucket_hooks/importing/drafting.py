"""New entries: the keys that have to be said, held against what is live."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from attrs import field, frozen

from bitbucket_hooks.api.repositories import Repository
from bitbucket_hooks.importing.existing import Stack
from bitbucket_hooks.importing.grouping import HookGroup, Listed
from bitbucket_hooks.model.adopt_policy import MATCH
from bitbucket_hooks.model.errors import ConflictError
from bitbucket_hooks.model.rules import Problem
from bitbucket_hooks.model.subject import Subject
from bitbucket_hooks.model.urls import may_be_secret, origin_shown
from bitbucket_hooks.model.webhook import DEFAULTS, PROPERTIES, Desired, Property, differences
from bitbucket_hooks.reconcile.adoption import adoptable
from bitbucket_hooks.stack.entries import (
    KEYS,
    Draft,
    Given,
    Written,
    draft,
    merged,
)
from bitbucket_hooks.stack.selection import Selection

_PATH: Final = "new"
_SELECTING: Final = ("repositories", "exclude", "project")


@frozen
class NewEntry:
    """An entry that is to be added."""

    name: str
    url: str = field(repr=False)
    values: Mapping[str, Any] = field(repr=False)
    """What is written; None takes away what the stack gives to every entry."""
    group: HookGroup
    draft: Draft = field(repr=False)
    """What it comes to, with its mistakes."""

    @property
    def url_is_secret(self) -> bool:
        """Whether its url may be a secret."""
        return may_be_secret(self.url)

    @property
    def shown_url(self) -> str:
        """The url for people: of one that may be secret only where it leads."""
        return origin_shown(self.url) if self.url_is_secret else self.url


def draft_entry(
    stack: Stack, name: str, url: str, group: HookGroup, selection: Mapping[str, Any]
) -> NewEntry:
    """Say no more than what differs from what the stack gives to every entry."""
    inherited = stack.inherited(name)
    given = {"name": name, "url": url, **selection}
    if not group.workspace:
        inherits = [key for key in _SELECTING if key in inherited and key not in selection]
        given |= dict.fromkeys(inherits)
    for key, value in _wanted(group, inherited).items():
        if _effective(stack, key, inherited) != value:
            given[key] = value
    values = {key: given[key] for key in KEYS if key in given}
    shared = {key: given_value.value for key, given_value in inherited.items()}
    whole = merged([(_PATH, shared), (_PATH, values)])
    return NewEntry(name, url, values, group, draft(Written(_PATH, whole), stack.context))


def _wanted(group: HookGroup, inherited: Mapping[str, Given]) -> dict[str, Any]:
    """What the entry has to come to; None: not given."""
    known = [known for known in PROPERTIES.values() if known.name != "url"]
    untitled = group.titled and not group.kind.description
    return {
        **{known.key: _property(known, group, inherited) for known in known},
        **({"description": ""} if untitled else {}),
        "secret": None,
        "secretFrom": None,
        "adopt": group.adopt or MATCH,
        "account": None,
        "owner": next(iter(group.hooks)).workspace,
    }


def _property(known: Property, group: HookGroup, inherited: Mapping[str, Given]) -> Any:
    """A live hook's value; one that is empty or off is left out where that is what holds."""
    value: Any = getattr(group.kind, known.name, None)
    if known.kind is tuple:
        return list(value)
    if known.kind is bool:
        return bool(value) if value or known.key in {*DEFAULTS, *inherited} else None
    return value or None


def _effective(stack: Stack, key: str, inherited: Mapping[str, Given]) -> Any:
    """What an entry has that doesn't say it."""
    if key not in inherited:
        standard = {**DEFAULTS, "owner": stack.workspace, "adopt": stack.settings.adopt}
        return standard.get(key)
    try:
        return KEYS[key].rule(inherited[key].value, stack.context)
    except Problem:
        return inherited[key].value


def faults(entry: NewEntry, listed: Listed, repositories: Sequence[Repository]) -> list[str]:
    """What keeps an entry from being exactly its group: the rules' own words, or ours.

    The rules are those that the next `up` goes by.
    """
    if entry.draft.problems:
        return [text.partition(": ")[2] for text in entry.draft.problems]
    group = entry.group
    if not group.workspace:
        selection = Selection(entry.draft).choose(repositories)
        if sorted(selection.slugs) != sorted(map(str, group.slugs)):
            return ["its repositories can't be told exactly"]
    wrong = [subject for subject in group.hooks if not _is_adopted(entry, subject, listed)]
    return [f"the hook on {subject} would not be adopted as it is" for subject in wrong[:1]]


def _is_adopted(entry: NewEntry, subject: Subject, listed: Listed) -> bool:
    """Whether a create finds the hook and has nothing to write."""
    values = entry.draft.values
    secret = values.get("secret", values.get("secretFrom"))
    desired = Desired.from_values(subject, values, url=entry.group.kind.address, secret=secret)
    live = {hook.uuid: hook.observed() for hook in listed[subject]}
    try:
        found = adoptable(desired, live, values.get("adopt", MATCH), lambda _: False)
    except ConflictError:
        return False
    meant = entry.group.hooks[subject].uuid
    return found is not None and found.uuid == meant and not differences(desired, found)
