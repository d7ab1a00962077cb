"""A report as JSON: its shape is documented in docs/reports.md, and programs rely on it."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from enum import Enum
from typing import Any, Final

import attrs

from bitbucket_hooks.model.naming import camel
from bitbucket_hooks.model.sync_status import SyncStatus
from bitbucket_hooks.report.changes import Changes
from bitbucket_hooks.report.values import PropertyChange

VERSION: Final = 1
"""Raised when something of the shape is renamed or taken away; what is added doesn't raise it."""

_KEYS: Final = {"status": "what", "record": "told"}
"""The keys that aren't called as the attributes of what `changes` has."""


def render(changes: Changes) -> dict[str, Any]:
    """Give the report as plain values."""
    run = changes.run
    return {
        "version": VERSION,
        "project": run.project,
        "stack": run.stack,
        "run": {
            "kind": run.kind.value,
            "preview": run.planned,
            "refreshed": run.refreshed,
            "ended": run.ended,
            "failed": run.failed,
            "seconds": run.seconds,
            "turn": _plain(changes.turn),
        },
        "exitCode": changes.exit_code,
        "changes": True if changes.any else None if run.failed or not run.ended else False,
        "counts": {**_plain(changes.counts), "lost": changes.counts.lost},
        "hooks": _plain(changes.hooks),
        "exclusives": _plain(changes.exclusives),
        "others": _plain(changes.others),
        "violations": _plain(run.violations),
        "errors": _plain(changes.errors),
        "warnings": [_plain(said) for said in run.diagnostics if said.severity == "warning"],
    }


def _plain(value: Any) -> Any:
    """A value of `changes` as JSON has it."""
    if value is None or isinstance(value, (str, int)):
        return value
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (Enum, SyncStatus)):
        return value.value if isinstance(value, Enum) else str(value)
    keys = _keys(value.__class__)
    if isinstance(value, PropertyChange):
        unused = ("old", "new") if value.gained or value.lost else ("gained", "lost")
        keys = {name: key for name, key in keys.items() if name not in unused}
    return {key: _plain(getattr(value, name)) for name, key in keys.items()}


@functools.cache
def _keys(type_: Any) -> Mapping[str, str]:
    """By attribute of a class, the key in JSON."""
    names = [attribute.name for attribute in attrs.fields(type_)]
    return {name: _KEYS.get(name, camel(name)) for name in names}
