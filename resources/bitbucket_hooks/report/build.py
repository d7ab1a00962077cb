"""From the steps of a run to what becomes of each hook."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from bitbucket_hooks.model.notes import NoteKind
from bitbucket_hooks.model.refresh_turn import RefreshTurn
from bitbucket_hooks.model.subject import Subject
from bitbucket_hooks.pulumi_cli.run import ROOT_TYPE, Kind, Run
from bitbucket_hooks.report.changes import (
    ChangedHook,
    Changes,
    CheckedPart,
    Counts,
    Exclusive,
    Other,
)
from bitbucket_hooks.report.copies import hook_of
from bitbucket_hooks.report.exclusives import exclusive_of
from bitbucket_hooks.report.findings import Findings
from bitbucket_hooks.report.history import History, histories, properties
from bitbucket_hooks.report.moves import with_moves

_OURS: Final = "pulumi-python:dynamic/bitbucket:"
_HOOKS: Final = ("Hook", "HookFleet", "WorkspaceHook")
_EXCLUSIVES: Final = ("RepositoryHooksExclusive", "WorkspaceHooksExclusive")


def changes_of(run: Run, findings: Findings | None = None) -> Changes:
    """Say what a run changes; `findings` tells of new hooks whether live ones are adopted."""
    if run.planned and not run.ended:
        return Changes(run)  # what a preview came to until it was stopped is no ground to judge by
    all_ = histories(run)
    ours = {one.urn: one.type.removeprefix(_OURS) for one in all_ if one.type.startswith(_OURS)}
    declared = [one for one in all_ if ours.get(one.urn) in _HOOKS]
    hooks = with_moves(
        [(one, hook_of(one, run, findings or {}, ours[one.urn])) for one in declared]
    )
    watching = [one for one in all_ if ours.get(one.urn) in _EXCLUSIVES]
    exclusives = tuple(exclusive_of(one, run, ours[one.urn]) for one in watching)
    known = {*_HOOKS, *_EXCLUSIVES}
    rest = [one for one in all_ if ours.get(one.urn) not in known]
    return Changes(
        run,
        hooks,
        exclusives,
        _others(rest),
        _counts(hooks, exclusives, _unshown(run, all_)),
        _checked_part(run, all_),
    )


def _checked_part(run: Run, all_: Sequence[History]) -> CheckedPart | None:
    """What a refresh in turns checked of everything that the state has; None: all of it."""
    noted = run.notes_about(NoteKind.REFRESH_TURN, "")
    if not noted:
        return None
    turn = RefreshTurn(**noted[-1])
    ours = (properties(one.known) for one in all_ if one.type.startswith(_OURS))
    names = {str(subject) for props in ours for subject in _subjects(props)}
    is_workspace = any(name.startswith("workspace ") for name in names)
    return CheckedPart(
        sum(map(turn.includes, names)),
        len(names),
        "repositories and workspaces" if is_workspace else "repositories",
        turn.number,
        turn.turns,
    )


def _subjects(props: Mapping[str, Any]) -> Iterator[Subject]:
    """What a refresh lists for a resource; of a fleet, the repositories that have a copy."""
    workspace = str(props.get("workspace") or props.get("owner") or "")
    if "workspace" in props:
        yield Subject(workspace)
    elif "repository" in props:
        yield Subject(workspace, str(props["repository"]))
    else:
        is_fleet = isinstance(props.get("repositories"), Mapping)
        for slug in props.get("hooks" if is_fleet else "repositories") or ():
            yield Subject(workspace, str(slug))


def _others(rest: Iterable[History]) -> tuple[Other, ...]:
    """What else is done; the default providers, which only carry the configuration, are no news."""
    groups: dict[tuple[str, str], list[str]] = {}
    for one in rest:
        is_default = one.type.startswith("pulumi:providers:") and one.name.startswith("default")
        op = "gone" if one.gone and one.stays else one.op
        if one.type == ROOT_TYPE or is_default or (one.stays and not one.gone):
            continue
        groups.setdefault((one.type, "replace" if one.replaces else op), []).append(one.name)
    # the engine names them in another order each time
    return tuple(Other(type_, op, tuple(sorted(names))) for (type_, op), names in groups.items())


def _unshown(run: Run, all_: Sequence[History]) -> int:
    """How many resources stay as they are without having been named: a preview hides them."""
    if not run.planned or run.kind is Kind.DESTROY or run.refreshed:
        return 0
    return max(0, run.tallies.get("same", 0) - sum(one.op == "same" for one in all_))


def _counts(hooks: Sequence[ChangedHook], exclusives: Sequence[Exclusive], unshown: int) -> Counts:
    sums: Counter[str] = Counter()
    for hook in hooks:
        sums.update(_of_hook(hook))
    unmanaged = [one for each in exclusives for one in each.unmanaged]
    return Counts(
        **sums,
        unmanaged=sum(not one.deleted for one in unmanaged),
        unmanaged_deleted=sum(one.deleted for one in unmanaged),
        unshown=unshown,
        looked=any(hook.created or hook.adopted for hook in hooks)
        and all(hook.looked for hook in hooks if hook.created),
    )


def _of_hook(hook: ChangedHook) -> Mapping[str, int]:
    return {
        "created": len(hook.created) + len(hook.ambiguous),
        "unlooked": 0 if hook.looked else len(hook.created),
        "adopted": len(hook.adopted),
        "updated": len(hook.updated),
        "deleted": len(hook.deleted),
        "replaced": len(hook.replaced),
        "drifted": sum(len(one.places) for one in hook.drift),
        "renamed": sum(len(one.places) for one in hook.moves),
        "failed": len(hook.undone),
        "unchecked": len(hook.unchecked),
        "unchanged": hook.unchanged,
        "known": hook.known,
    }
