"""What becomes of hooks that nothing declares."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from bitbucket_hooks.model.notes import NoteKind
from bitbucket_hooks.model.urls import veiled
from bitbucket_hooks.pulumi_cli.run import UNKNOWN, Kind, Run
from bitbucket_hooks.pulumi_cli.values import list_of, mapping_of, number_of
from bitbucket_hooks.report.changes import Exclusive, Unmanaged
from bitbucket_hooks.report.history import History, properties
from bitbucket_hooks.report.values import UNKNOWN_VALUE, PropertyChange, shown_value

_PATH: Final = re.compile(r'^unmanaged(?:\["(?P<quoted>[^"]+)"\]|\.(?P<plain>.+))$')
_MODE: Final = "onUnmanaged"
_DELETE: Final = "delete"


def exclusive_of(history: History, run: Run, kind: str) -> Exclusive:
    """Say what a run does to the hooks that nothing declares."""
    live = properties(history.live)
    unmanaged = () if history.goes else _unmanaged(history)
    if not unmanaged and not history.goes:  # a preview shows no step of what its refresh finds
        noted = run.notes_about(NoteKind.UNMANAGED, history.urn)
        found = {uuid: record for note in noted for uuid, record in note["hooks"].items()}
        unmanaged = tuple(Unmanaged(uuid, found[uuid], deleted=False) for uuid in found)
    return Exclusive(
        name=history.name,
        kind=kind,
        urn=history.urn,
        op=history.op,
        unmanaged=unmanaged,
        pending=bool(unmanaged) and run.kind is Kind.REFRESH and live.get(_MODE) == _DELETE,
        unlisted=tuple(map(str, list_of(live.get("unlisted")))),
        existing=int(number_of(live.get("existing")) or 0),
        properties=_property_changes(history) if history.op == "update" else (),
    )


def _unmanaged(history: History) -> tuple[Unmanaged, ...]:
    named = set(map(str, list_of(history.inputs.get("hooks"))))
    known = _by_uuid(properties(history.live))
    before = {uuid: record for uuid, record in known.items() if uuid not in named}
    deletes = history.op == "update" and history.inputs.get(_MODE) == _DELETE
    doomed: set[str] = set()
    if history.planned:
        found = before
        paths = (_PATH.match(path) for path, how in history.paths.items() if how == _DELETE)
        shown = {path["quoted"] or path["plain"] for path in paths if path}
        doomed = shown & before.keys() if deletes else doomed
    else:
        after = _by_uuid(history.wanted.outputs) if history.wanted else {}
        doomed = before.keys() - after.keys() if deletes else doomed
        is_known = history.op == "update" or bool(after)
        found = {**before, **after} if deletes else after if is_known else before
    return tuple(Unmanaged(uuid, record, uuid in doomed) for uuid, record in sorted(found.items()))


def _by_uuid(props: Mapping[str, Any]) -> dict[str, str]:
    records = mapping_of(props.get("unmanaged"))
    return {str(uuid): veiled(str(record)) for uuid, record in records.items()}


def _property_changes(history: History) -> tuple[PropertyChange, ...]:
    """Its own declaration: the repositories that it watches, and what it does about others."""
    was, want = properties(history.live), history.inputs
    before, after = (set(map(str, list_of(p.get("repositories")))) for p in (was, want))
    unknown = [name for name in ("hooks", "repositories") if want.get(name) == UNKNOWN]
    found = [PropertyChange(name, new=UNKNOWN_VALUE) for name in unknown]
    if was.get(_MODE) != want.get(_MODE):
        old, new = shown_value(was.get(_MODE)), shown_value(want.get(_MODE))
        found.append(PropertyChange(_MODE, old, new))
    if before != after and "repositories" not in unknown:
        gained, lost = sorted(after - before), sorted(before - after)
        found.append(PropertyChange("repositories", gained=tuple(gained), lost=tuple(lost)))
    return tuple(found)
