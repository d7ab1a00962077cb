"""From the steps of a run to what becomes of each hook."""

from __future__ import annotations

from collections import Counter, defaultdict
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
    resources = histories(run)
    hooks, exclusives, others = [], [], []
    for history in resources:
        kind = history.type.removeprefix(_OURS) if history.type.startswith(_OURS) else ""
        if kind in _HOOKS:
            hooks.append((history, hook_of(history, run, findings or {}, kind)))
        elif kind in _EXCLUSIVES:
            exclusives.append(exclusive_of(history, run, kind))
        else:
            others.append(history)
    changed = with_moves(hooks)
    counts = _counts(changed, exclusives, _unshown(run, resources))
    checked = _checked_part(run, resources)
    return Changes(run, changed, tuple(exclusives), _others(others), counts, checked)


def _checked_part(run: Run, resources: Sequence[History]) -> CheckedPart | None:
    """What a refresh in turns checked of everything that the state has; None: all of it."""
    noted = run.notes_about(NoteKind.REFRESH_TURN, "")
    if not noted:
        return None
    turn = RefreshTurn(**noted[-1])
    ours = (properties(history.known) for history in resources if history.type.startswith(_OURS))
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


def _others(resources: Iterable[History]) -> tuple[Other, ...]:
    """What else is done; the default providers, which only carry the configuration, are no news."""
    groups: dict[tuple[str, str], list[str]] = defaultdict(list)
    for resource in resources:
        is_provider = resource.type.startswith("pulumi:providers:")
        is_default = is_provider and resource.name.startswith("default")
        is_unchanged = resource.stays and not resource.gone
        if resource.type == ROOT_TYPE or is_default or is_unchanged:
            continue
        op = "replace" if resource.replaces else "gone" if resource.stays else resource.op
        groups[resource.type, op].append(resource.name)
    # the engine names them in another order each time
    return tuple(Other(type_, op, tuple(sorted(names))) for (type_, op), names in groups.items())


def _unshown(run: Run, resources: Sequence[History]) -> int:
    """How many resources stay as they are without having been named: a preview hides them."""
    if not run.planned or run.kind is Kind.DESTROY or run.refreshed:
        return 0
    return max(0, run.tallies.get("same", 0) - sum(history.op == "same" for history in resources))


def _counts(hooks: Sequence[ChangedHook], exclusives: Sequence[Exclusive], unshown: int) -> Counts:
    sums: Counter[str] = Counter()
    for hook in hooks:
        created = len(hook.created)
        sums.update(
            created=created + len(hook.ambiguous),
            unlooked=0 if hook.looked else created,
            adopted=len(hook.adopted),
            updated=len(hook.updated),
            deleted=len(hook.deleted),
            replaced=len(hook.replaced),
            drifted=sum(len(drift.places) for drift in hook.drift),
            renamed=sum(len(move.places) for move in hook.moves),
            failed=len(hook.failed),
            unchecked=len(hook.unchecked),
            unchanged=hook.unchanged,
            known=hook.known,
        )
    unmanaged = [found for exclusive in exclusives for found in exclusive.unmanaged]
    return Counts(
        **sums,
        unmanaged=sum(not found.deleted for found in unmanaged),
        unmanaged_deleted=sum(found.deleted for found in unmanaged),
        unshown=unshown,
        looked=any(hook.created or hook.adopted for hook in hooks)
        and all(hook.looked for hook in hooks if hook.created),
    )
