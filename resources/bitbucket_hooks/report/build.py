"""From the steps of a run to what becomes of each hook; some move to another resource."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

from attrs import evolve

from bitbucket_hooks.model.adopt_policy import NEVER
from bitbucket_hooks.model.notes import NoteKind
from bitbucket_hooks.model.refresh_turn import RefreshTurn
from bitbucket_hooks.model.resources import our_type
from bitbucket_hooks.model.subject import Subject
from bitbucket_hooks.model.urls import comparable
from bitbucket_hooks.model.webhook import canonical_text
from bitbucket_hooks.pulumi_cli.run import ROOT_TYPE, SECRET, UNKNOWN, Kind, Run
from bitbucket_hooks.report.changes import (
    Action,
    ChangedHook,
    Changes,
    CheckedPart,
    Counts,
    Exclusive,
    Gift,
    Move,
    Other,
)
from bitbucket_hooks.report.copies import hook_of
from bitbucket_hooks.report.exclusives import exclusive_of
from bitbucket_hooks.report.findings import Findings
from bitbucket_hooks.report.history import History, histories, properties

_HOOKS: Final = ("Hook", "HookFleet", "WorkspaceHook")
_EXCLUSIVES: Final = ("RepositoryHooksExclusive", "WorkspaceHooksExclusive")
_Successors: TypeAlias = Mapping[tuple[str, str], tuple[str, str | None]]
"""By place and url, the URN of who newly wants a hook there, and with which title."""


def changes_of(run: Run, findings: Findings | None = None) -> Changes:
    """Say what a run changes; `findings` tells of new hooks whether live ones are adopted."""
    if run.planned and not run.ended:
        return Changes(run)  # what a preview came to until it was stopped is no ground to judge by
    resources = histories(run)
    hooks, exclusives, others = [], [], []
    for history in resources:
        kind = our_type(history.type)
        if kind in _HOOKS:
            hooks.append((history, hook_of(history, run, findings or {}, kind)))
        elif kind in _EXCLUSIVES:
            exclusives.append(exclusive_of(history, run, kind))
        else:
            others.append(history)
    changed = _with_moves(hooks)
    counts = _counts(changed, exclusives, _unshown(run, resources))
    checked = _checked_part(run, resources)
    return Changes(run, changed, tuple(exclusives), _others(others), counts, checked)


def _with_moves(pairs: Sequence[tuple[History, ChangedHook]]) -> tuple[ChangedHook, ...]:
    """The hooks, where one adopts those of another, without that deletion and creation.

    A create adopts the live hook that its declaration means, and the deletion under the other name
    respects that (`reconcile/claims.py`). So a hook that one resource gives up and another one
    newly wants, at the same place with the same url and title, moves from one to the other.
    """
    hooks = {hook.urn: hook for _, hook in pairs}
    successors = _successors(pairs)
    # in an order of their own: that of the engine is another one each time
    for history, hook in sorted(pairs, key=lambda pair: pair[1].urn):
        for successor, moved in sorted(_moved_places(history, hook, successors).items()):
            places = tuple(sorted(moved))
            is_all = history.goes and moved == hook.deleted.keys()
            giver, taker = hooks[hook.urn], hooks[successor]
            hooks[hook.urn] = evolve(
                giver,
                action=Action.UNCHANGED if is_all else giver.action,
                deleted={p: uuid for p, uuid in giver.deleted.items() if p not in moved},
                given=(*giver.given, Gift(taker.name, places)),
            )
            hooks[successor] = _with_move(taker, Move(giver.name, places, is_all))
    return tuple(hooks.values())


def _successors(pairs: Sequence[tuple[History, ChangedHook]]) -> _Successors:
    found = {}
    for history, hook in pairs:
        url, title = _url(history.inputs), history.inputs.get("description")
        if url and history.inputs.get("adopt") != NEVER and not history.failed:
            for place in (*hook.created, *hook.adopted):
                found[place, url] = (hook.urn, title)
    return found


def _moved_places(
    history: History, hook: ChangedHook, successors: _Successors
) -> dict[str, set[str]]:
    """By successor, the places that a hook leaves to it."""
    found: dict[str, set[str]] = defaultdict(set)
    live = properties(history.live)
    url, title = _url(live), canonical_text(live.get("description") or "")
    for place in hook.deleted:
        successor, wanted = successors.get((place, url), ("", None))
        if successor and (wanted is None or canonical_text(wanted) == title):
            found[successor].add(place)
    return found


def _url(props: Mapping[str, Any]) -> str:
    value = props.get("url")
    is_readable = isinstance(value, str) and value not in (SECRET, UNKNOWN)
    return comparable(str(value)) if is_readable else ""


def _with_move(hook: ChangedHook, move: Move) -> ChangedHook:
    moved = set(move.places)
    created = tuple(place for place in hook.created if place not in moved)
    adopted = {place: match for place, match in hook.adopted.items() if place not in moved}
    is_all = not created and not adopted and hook.action is Action.NEW
    return evolve(
        hook,
        action=Action.RENAMED if is_all else hook.action,
        created=created,
        adopted=adopted,
        moves=(*hook.moves, move),
    )


def _checked_part(run: Run, resources: Sequence[History]) -> CheckedPart | None:
    """What a refresh in turns checked of everything that the state has; None: all of it."""
    noted = run.notes_about(NoteKind.REFRESH_TURN, "")
    if not noted:
        return None
    turn = RefreshTurn(**noted[-1])
    ours = (properties(history.known) for history in resources if our_type(history.type))
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
