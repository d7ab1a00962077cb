"""A new entry: the keys that have to be said, over what the stack gives to every entry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from attrs import NOTHING, field, fields, frozen

from bitbucket_hooks.importing.existing import Stack
from bitbucket_hooks.importing.grouping import HookGroup
from bitbucket_hooks.inventory.live import Live
from bitbucket_hooks.model.adopt_policy import MATCH
from bitbucket_hooks.model.rules import Problem
from bitbucket_hooks.model.webhook import PROPERTIES, UNDOCUMENTED, Desired
from bitbucket_hooks.stack.entries import KEYS, RULES, Draft, EntryContext, Given, draft, merged

PATH: Final = "new"
_STANDARD: Final[Mapping[str, Any]] = {
    PROPERTIES[one.name]: list(one.default) if isinstance(one.default, tuple) else one.default
    for one in fields(Desired)
    if one.default not in (None, NOTHING)
}
"""What a hook is like whose declaration doesn't say it."""
_SELECTING: Final = ("repositories", "exclude", "project", "workspace")


@frozen
class New:
    """An entry that is to be added."""

    name: str
    values: Mapping[str, Any] = field(repr=False)
    """What is written; None takes away what the stack gives to every entry."""
    group: HookGroup
    draft: Draft = field(repr=False)
    """What it comes to, with its mistakes."""


def new(stack: Stack, name: str, url: str, group: HookGroup, where: Mapping[str, Any]) -> New:
    """Say no more than what differs; `where` has the keys that select."""
    context = stack.context("workspace" if group.workspace else "repository")
    inherited = stack.inherited(name)
    workspace = next(iter(group.hooks)).workspace
    given = {"name": name, "url": url, **where}
    taken = [key for key in _SELECTING if key in inherited and key not in where]
    if not where.get("workspace"):
        given |= dict.fromkeys(key for key in taken if key != "workspace")
    wanted = _wanted(group, inherited)
    standard = {
        **_STANDARD,
        "owner": stack.workspace,
        "adopt": stack.settings.adopt,
    }
    wanted["owner"] = workspace
    for key, value in wanted.items():
        if _effective(key, inherited, standard, context) != value:
            given[key] = value
    values = {key: given[key] for key in KEYS if key in given}
    layers = [(PATH, {key: one.value for key, one in inherited.items()}), (PATH, values)]
    return New(name, values, group, draft(PATH, merged(layers), context))


def _wanted(group: HookGroup, inherited: Mapping[str, Given]) -> dict[str, Any]:
    """What the entry has to come to; None: not given."""
    kind = group.kind
    return {
        "events": list(kind.events),
        "description": kind.description or ("" if group.titled else None),
        "active": kind.active,
        "secret": None,
        "secretFrom": None,
        **{PROPERTIES[name]: _switch(name, kind, inherited) for name in UNDOCUMENTED},
        "adopt": group.adopt or MATCH,
        "account": None,
    }


def _switch(name: str, kind: Live, inherited: Mapping[str, Given]) -> bool | None:
    """What is off needs no word, unless it is on by default or all entries are to have it on."""
    key = PROPERTIES[name]
    on = bool(getattr(kind, name))
    return on if on or key in _STANDARD or key in inherited else None


def _effective(
    key: str,
    inherited: Mapping[str, Given],
    standard: Mapping[str, Any],
    context: EntryContext,
) -> Any:
    """What an entry has that doesn't say it."""
    if key not in inherited:
        return standard.get(key)
    try:
        return RULES[key](inherited[key].value, context)
    except Problem:
        return inherited[key].value
