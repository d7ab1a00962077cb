"""A new entry: the keys that have to be said, over what the stack gives to every entry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from attrs import field, frozen

from bitbucket_hooks.importing.existing import Stack
from bitbucket_hooks.importing.grouping import HookGroup
from bitbucket_hooks.inventory.live import Live
from bitbucket_hooks.model.adopt_policy import MATCH
from bitbucket_hooks.model.rules import Problem
from bitbucket_hooks.model.webhook import DEFAULTS, PROPERTIES, Property
from bitbucket_hooks.stack.entries import KEYS, Draft, EntryContext, Given, draft, merged

PATH: Final = "new"
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
        **DEFAULTS,
        "owner": stack.workspace,
        "adopt": stack.settings.adopt,
    }
    wanted["owner"] = workspace
    for key, value in wanted.items():
        if _effective(key, inherited, standard, context) != value:
            given[key] = value
    values = {key: given[key] for key in KEYS if key in given}
    layers = [
        (PATH, {key: given_value.value for key, given_value in inherited.items()}),
        (PATH, values),
    ]
    return New(name, values, group, draft(PATH, merged(layers), context))


def _wanted(group: HookGroup, inherited: Mapping[str, Given]) -> dict[str, Any]:
    """What the entry has to come to; None: not given."""
    kind = group.kind
    return {
        **{p.key: _property(p, kind, inherited) for p in PROPERTIES.values() if p.name != "url"},
        **({"description": ""} if group.titled and not kind.description else {}),
        "secret": None,
        "secretFrom": None,
        "adopt": group.adopt or MATCH,
        "account": None,
    }


def _property(known: Property, kind: Live, inherited: Mapping[str, Given]) -> Any:
    """A live hook's value; one that is empty or off is left out where that is what holds."""
    value: Any = getattr(kind, known.name, None)
    if known.kind is tuple:
        return list(value)
    if known.kind is bool:
        return bool(value) if value or known.key in {*DEFAULTS, *inherited} else None
    return value or None


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
        return KEYS[key].rule(inherited[key].value, context)
    except Problem:
        return inherited[key].value
