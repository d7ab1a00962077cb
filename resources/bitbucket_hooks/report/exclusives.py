"""What becomes of hooks that nothing declares."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from bitbucket_hooks.model.notes import NoteKind
from bitbucket_hooks.model.urls import veiled
from bitbucket_hooks.pulumi_cli.run import UNKNOWN, Kind, Run
from bitbucket_hooks.pulumi_cli.values import mapping_of, number_of
from bitbucket_hooks.report.changes import Exclusive, Unmanaged
from bitbucket_hooks.report.history import History, properties
from bitbucket_hooks.report.values import UNKNOWN_VALUE, PropertyChange, shown_value

_PATH: Final = re.compile(r'^unmanaged(?:\["(?P<quoted>[^"]+)"\]|\.(?P<plain>.+))$')
_MODE: Final = "onUnmanaged"
_DELETE: Final = "delete"


def exclusive_of(history: History, run: Run, kind: str) -> Exclusive:
    """Say what a run does to the hooks that nothing declares."""
    live = properties(history.live)
    unmanaged = _unmanaged(history)
    if not unmanaged and not history.goes:  # a preview shows no step of what its refresh finds
        noted = run.notes_about(NoteKind.UNMANAGED, history.urn)
        found = {uuid: how for one in noted for uuid, how in one["hooks"].items()}
        unmanaged = tuple(Unmanaged(uuid, how, deleted=False) for uuid, how in found.items())
    return Exclusive(
        urn=history.urn,
        name=history.name,
        kind=kind,
        op=history.op,
        unmanaged=unmanaged,
        pending=bool(unmanaged) and run.kind is Kind.REFRESH and live.get(_MODE) == _DELETE,
        unlisted=_listed(live.get("unlisted")),
        failed=history.failed,
        existing=int(number_of(live.get("existing")) or 0),
        properties=_properties(history),
    )


def _unmanaged(history: History) -> tuple[Unmanaged, ...]:
    if history.goes:
        return ()
    named = set(_listed(history.wanted.inputs.get("hooks"))) if history.wanted else set()
    known = _by_uuid(properties(history.live))
    before = {uuid: record for uuid, record in known.items() if uuid not in named}
    doomed = _doomed(history, before)
    after = _by_uuid(history.wanted.outputs) if history.wanted and not history.planned else {}
    found = {**after, **before} if doomed or not after else after
    if not history.planned and history.wanted and history.op == "update":
        deletes = history.wanted.inputs.get(_MODE) == _DELETE
        doomed = before.keys() - after.keys() if deletes else set()
        found = {**before, **after} if deletes else after
    return tuple(Unmanaged(uuid, record, uuid in doomed) for uuid, record in sorted(found.items()))


def _doomed(history: History, before: Mapping[str, str]) -> set[str]:
    """The hooks that a preview shows as to be deleted."""
    if history.op != "update" or not history.wanted:
        return set()
    if history.wanted.inputs.get(_MODE) != _DELETE:
        return set()
    named = (_PATH.match(path) for path, kind in history.paths.items() if kind == _DELETE)
    return {(one["quoted"] or one["plain"]) for one in named if one} & before.keys()


def _by_uuid(props: Mapping[str, Any]) -> dict[str, str]:
    return {str(uuid): veiled(str(one)) for uuid, one in mapping_of(props.get("unmanaged")).items()}


def _listed(value: Any) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) else ()


def _properties(history: History) -> tuple[PropertyChange, ...]:
    """Its own declaration: the repositories that it watches, and what it does about others."""
    if history.op != "update" or not history.wanted:
        return ()
    was, want = properties(history.live), history.wanted.inputs
    before, after = (_listed(one.get("repositories")) for one in (was, want))
    unknown = [name for name in ("hooks", "repositories") if want.get(name) == UNKNOWN]
    found = [PropertyChange(name, new=UNKNOWN_VALUE) for name in unknown]
    if was.get(_MODE) != want.get(_MODE):
        old, new = shown_value(was.get(_MODE)), shown_value(want.get(_MODE))
        found.append(PropertyChange(_MODE, old, new))
    if before != after and "repositories" not in unknown:
        gained = tuple(sorted(set(after) - set(before)))
        lost = tuple(sorted(set(before) - set(after)))
        found.append(PropertyChange("repositories", gained=gained, lost=lost))
    return tuple(found)
