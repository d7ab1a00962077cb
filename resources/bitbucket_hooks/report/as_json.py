"""A report as JSON: its shape is documented in docs/reports.md, and programs rely on it."""

from __future__ import annotations

from typing import Any, Final

import attrs

from bitbucket_hooks.model.naming import camel
from bitbucket_hooks.report.changes import ChangedHook, Changes, Counts, Exclusive
from bitbucket_hooks.report.findings import Match
from bitbucket_hooks.report.values import PropertyChange

VERSION: Final = 1
"""Raised when something of the shape is renamed or taken away; what is added doesn't raise it."""


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
            "turn": attrs.asdict(changes.turn) if changes.turn else None,
        },
        "exitCode": changes.exit_code,
        "changes": True if changes.any else None if run.failed or not run.ended else False,
        "counts": _counts(changes.counts),
        "hooks": [_hook(one) for one in changes.hooks],
        "exclusives": [_exclusive(one) for one in changes.exclusives],
        "others": [attrs.asdict(one) for one in changes.others],
        "violations": [attrs.asdict(one) for one in run.violations],
        "errors": [attrs.asdict(one) for one in changes.errors],
        "warnings": [attrs.asdict(one) for one in run.diagnostics if one.severity == "warning"],
    }


def _counts(counts: Counts) -> dict[str, Any]:
    values = {**attrs.asdict(counts), "lost": counts.lost}
    return {camel(name): value for name, value in values.items()}


def _hook(hook: ChangedHook) -> dict[str, Any]:
    return {
        "name": hook.name,
        "kind": hook.kind,
        "urn": hook.urn,
        "action": hook.action.value,
        "url": hook.url,
        "description": hook.description,
        "events": list(hook.events),
        "active": hook.active,
        "secret": hook.secret,
        "created": list(hook.created),
        "looked": hook.looked,
        "adopted": {place: _match(one) for place, one in hook.adopted.items()},
        "ambiguous": {place: [_match(m) for m in of] for place, of in hook.ambiguous.items()},
        "near": {place: [attrs.asdict(n) for n in of] for place, of in hook.near.items()},
        "updated": list(hook.updated),
        "properties": [_property(one) for one in hook.properties],
        "deleted": dict(hook.deleted),
        "replaced": dict(hook.replaced),
        "retained": list(hook.retained),
        "moves": [
            {"from": one.source, "places": list(one.places), "whole": one.whole}
            for one in hook.moves
        ],
        "given": [{"to": one.source, "places": list(one.places)} for one in hook.given],
        "drift": [
            {"what": str(one.status), "places": list(one.places), "fate": one.fate.value}
            for one in hook.drift
        ],
        "unchecked": dict(hook.unchecked),
        "failed": list(hook.undone),
        "known": hook.known,
        "unchanged": hook.unchanged,
        "cautions": [one.value for one in hook.cautions],
    }


def _match(match: Match) -> dict[str, Any]:
    return {"uuid": match.uuid, "changes": list(match.changes)}


def _property(change: PropertyChange) -> dict[str, Any]:
    if change.gained or change.lost:
        return {"name": change.name, "gained": list(change.gained), "lost": list(change.lost)}
    return {"name": change.name, "old": change.old, "new": change.new}


def _exclusive(one: Exclusive) -> dict[str, Any]:
    return {
        "name": one.name,
        "kind": one.kind,
        "urn": one.urn,
        "op": one.op,
        "unmanaged": [attrs.asdict(each) for each in one.unmanaged],
        "pending": one.pending,
        "unlisted": list(one.unlisted),
        "existing": one.existing,
        "properties": [_property(change) for change in one.properties],
    }
