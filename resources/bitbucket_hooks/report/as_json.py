"""A report as JSON: its shape is documented in docs/reports.md, and programs rely on it."""

from __future__ import annotations

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
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, SyncStatus):
        return str(value)
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if not attrs.has(type(value)):
        return value
    names = [attribute.name for attribute in attrs.fields(type(value))]
    if isinstance(value, PropertyChange):
        is_list = value.gained or value.lost
        names = ["name", "gained", "lost"] if is_list else ["name", "old", "new"]
    return {_KEYS.get(name, camel(name)): _plain(getattr(value, name)) for name in names}
