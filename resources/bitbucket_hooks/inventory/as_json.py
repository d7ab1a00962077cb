"""An inventory as JSON: its shape is documented in docs/inventory.md, and programs rely on it."""

from __future__ import annotations

from typing import Any, Final

import attrs

from bitbucket_hooks.inventory.declared import HookInState
from bitbucket_hooks.inventory.findings import Inventory, Row
from bitbucket_hooks.inventory.live import where
from bitbucket_hooks.model.naming import camel

VERSION: Final = 1
"""Raised when something of the shape is renamed or taken away; what is added doesn't raise it."""


def render(inventory: Inventory) -> dict[str, Any]:
    """Give the inventory as plain values."""
    return {
        "version": VERSION,
        "workspace": inventory.workspace,
        "listedAt": inventory.listed_at,
        "complete": inventory.stopped is None and not inventory.refused,
        "stopped": inventory.stopped,
        "listed": inventory.listed,
        "total": inventory.total,
        "stacks": None if inventory.stacks is None else list(inventory.stacks),
        "figures": inventory.figures(),
        "hooks": [_hook(row) for row in inventory.rows],
        "missing": [
            {"where": where(hook.subject), "uuid": hook.uuid, **_declaration(hook)}
            for hook in inventory.missing
        ],
        "refused": [
            {
                "where": where(refusal.subject),
                "uuid": refusal.hook,
                "problem": refusal.problem,
                "remedy": refusal.remedy,
            }
            for refusal in inventory.refused
        ],
    }


def _hook(row: Row) -> dict[str, Any]:
    live = row.live
    reported = {camel(name): value for name, value in live.reported().items()}
    return {
        "where": where(row.subject),
        "workspace": row.subject.workspace,
        "repository": row.subject.repository,
        "project": row.project or None,
        "description": live.description,
        "url": live.url,
        "host": live.host,
        **reported,
        "events": list(live.events),
        "standing": row.standing,
        "declarations": [_declaration(hook) for hook in row.declared],
        "findings": [attrs.asdict(finding) for finding in row.findings],
    }


def _declaration(declared: HookInState) -> dict[str, Any]:
    return {
        "project": declared.project,
        "stack": declared.stack,
        "name": declared.name,
        "type": declared.kind,
    }
