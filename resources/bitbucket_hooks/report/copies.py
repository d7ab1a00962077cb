"""What becomes of one declared hook, copy by copy: on each repository, or on its one place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from attrs import evolve

from bitbucket_hooks.model.errors import printable_value
from bitbucket_hooks.model.notes import NoteKind
from bitbucket_hooks.model.sync_status import (
    AS_DECLARED,
    SecretSync,
    Sync,
    SyncStatus,
    drifted,
    sync_status,
)
from bitbucket_hooks.model.urls import veiled
from bitbucket_hooks.pulumi_cli.run import UNKNOWN, Kind, Run, State
from bitbucket_hooks.report.changes import Action, Caution, ChangedHook, Drift, Fate
from bitbucket_hooks.report.findings import AdoptionFinding, Findings, Match
from bitbucket_hooks.report.history import History, properties
from bitbucket_hooks.report.values import (
    HIDDEN_URL,
    UNKNOWN_VALUE,
    WATCHED,
    PropertyChange,
    changes,
    is_http,
    secret_change,
    secret_of,
    shown_value,
    url_of,
)

_NAMES: Final = ("owner", "workspace", "repository")
_SECRETS: Final = ("secret", "secretFingerprint")

Statuses = Mapping[str, SyncStatus]
"""By place, the sync status of the copy there."""


def hook_of(history: History, run: Run, findings: Findings, kind: str) -> ChangedHook:
    """Say what a run does to a declared hook."""
    is_fleet = kind == "HookFleet"
    want = _wanted(history)
    live = _renamed(history, want)
    before, after = _statuses(live, is_fleet), _statuses(want, is_fleet)
    shown = want or live or properties(history.known)
    hook = ChangedHook(
        urn=history.urn,
        name=history.name,
        kind=kind,
        url=url_of(shown),
        description=_text(shown.get("description")),
        events=_events(shown.get("events")),
        active=shown.get("active") is not False,
        secret=secret_of(shown),
        known=len(_present(_statuses(properties(history.known), is_fleet))),
        unchecked=_unchecked(before),
        drift=_drift(history, run, before, after, is_fleet),
    )
    if run.kind is Kind.REFRESH or history.stays:
        action = Action.DRIFTED if hook.drift else Action.UNCHANGED
        return evolve(hook, action=action, unchanged=_steady(before, hook))
    if history.goes:
        return _going(hook, history, _uuids(history.live, live, is_fleet))
    if history.replaces:
        return _replaced(hook, history, after, is_fleet)
    return _changed(hook, history, run, findings, before, after, is_fleet)


def _wanted(history: History) -> Mapping[str, Any]:
    """What the declaration says; for a hook that is to go, nothing.

    Repositories that a preview doesn't know are taken to be as they were.
    """
    if history.goes or history.wanted is None:
        return {}
    if history.stays:
        return properties(history.wanted)
    want, before = history.wanted.inputs, properties(history.live).get("repositories")
    return {**want, "repositories": before} if before and _are_unknown(want) else want


def _are_unknown(want: Mapping[str, Any]) -> bool:
    return want.get("repositories") == UNKNOWN


def _renamed(history: History, want: Mapping[str, Any]) -> Mapping[str, Any]:
    """What lives, by the names of today.

    An update that changes a repository or workspace means that it was renamed: to move a hook to
    another one would be a replacement.
    """
    live = properties(history.live)
    if history.op != "update":
        return live
    return {**live, **{key: want[key] for key in _NAMES if key in live and key in want}}


def _statuses(props: Mapping[str, Any], is_fleet: bool) -> dict[str, SyncStatus]:
    workspace = str(shown_value(props.get("workspace") or props.get("owner")) or "?")
    if not props:
        return {}
    if not is_fleet:
        slug = props.get("repository")
        return {f"{workspace}/{shown_value(slug)}" if slug else workspace: AS_DECLARED}
    found = props.get("repositories")
    if isinstance(found, list):
        return {f"{workspace}/{slug}": AS_DECLARED for slug in found}
    if not isinstance(found, Mapping):
        return {f"{workspace}/{shown_value(found)}": AS_DECLARED} if found else {}
    return {
        f"{workspace}/{shown_value(slug)}": sync_status(veiled(str(words)))
        for slug, words in found.items()
    }


def _present(statuses: Statuses) -> set[str]:
    return {place for place, status in statuses.items() if not status.is_absent}


def _uuids(state: State | None, props: Mapping[str, Any], is_fleet: bool) -> dict[str, str]:
    """By place, the hooks that a state has, whose properties are `props` by the names of today."""
    statuses = _statuses(props, is_fleet)
    if not is_fleet:
        return dict.fromkeys(statuses, state.id if state else "")
    uuids = props.get("hooks")
    known = uuids if isinstance(uuids, Mapping) else {}
    return {
        place: str(known[slug]) for place in statuses if (slug := place.partition("/")[2]) in known
    }


def _unchecked(statuses: Statuses) -> dict[str, str]:
    return {place: status.unchecked for place, status in statuses.items() if status.unchecked}


def _steady(before: Statuses, hook: ChangedHook) -> int:
    drifted = {place for one in hook.drift for place in one.places}
    return len(before.keys() - drifted)


def _drift(
    history: History, run: Run, before: Statuses, after: Statuses, is_fleet: bool
) -> tuple[Drift, ...]:
    """What isn't as it was declared, those places together where it is the same."""
    if history.goes:  # however it stands, it goes
        return ()
    places = _drifted(history, before) if is_fleet else _drifted_single(history)
    groups: dict[tuple[SyncStatus, Fate], list[str]] = {}
    for place, status in places.items():
        fate = _fate(history, run, place, after, is_fleet)
        groups.setdefault((status, fate), []).append(place)
    return tuple(Drift(status, tuple(sorted(on)), fate) for (status, fate), on in groups.items())


def _fate(history: History, run: Run, place: str, after: Statuses, is_fleet: bool) -> Fate:
    if run.kind is Kind.REFRESH:
        return Fate.RECORDED
    if place not in after or history.stays:
        return Fate.MOOT
    return Fate.OPEN if place in _undone(history, after, is_fleet) else Fate.REPAIRED


def _drifted(history: History, before: Statuses) -> dict[str, SyncStatus]:
    """A fleet's declared copies that aren't as declared."""
    if history.live is None:
        return {}
    return {
        place: status.last_known
        for place, status in before.items()
        if not status.is_as_declared and not status.is_left
    }


def _drifted_single(history: History) -> dict[str, SyncStatus]:
    """A single hook's difference between what the state had and what a refresh found."""
    was = properties(history.known)
    place = next(iter(_statuses(was, is_fleet=False)), "")
    if history.gone:
        return {place: SyncStatus(Sync.GONE)}
    if not history.looked or history.live is None:
        return {}
    now = properties(history.live)
    parts = [_part(name, now) for name in WATCHED if _differs(name, was, now)]
    status = drifted("; ".join(parts), _secret_drift(was, now))
    return {} if status.is_as_declared else {place: status}


def _differs(name: str, was: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    before = {name: was.get(name)}
    return bool(changes(before, before, {name: now.get(name)}))


def _part(name: str, now: Mapping[str, Any]) -> str:
    """A live value, in words as `model/sync_status.py` has them."""
    if name == "url":
        shown = url_of(now)
        return f"url {shown}" if shown == HIDDEN_URL else f"url {printable_value(shown)}"
    value = now.get(name)
    return f"{name} {printable_value(tuple(value) if isinstance(value, list) else value)}"


def _secret_drift(was: Mapping[str, Any], now: Mapping[str, Any]) -> SecretSync | None:
    had, has = was.get("secretSet"), now.get("secretSet")
    managed = any(was.get(key) is not None for key in ("secret", "secretFingerprint"))
    if not managed or had is None or has is None or had == has:
        return None
    return SecretSync.REMOVED if had else SecretSync.SET_BY_HAND


def _going(hook: ChangedHook, history: History, uuids: Mapping[str, str]) -> ChangedHook:
    """A hook that is no longer declared."""
    hook = evolve(hook, action=Action.FAILED if history.failed else Action.DELETED)
    if history.op == "discard" or (history.live and history.live.retain):
        return evolve(hook, retained=tuple(sorted(uuids)))
    if history.failed:
        return evolve(hook, undone=tuple(sorted(uuids)))
    return evolve(hook, deleted=dict(uuids))


def _replaced(hook: ChangedHook, history: History, after: Statuses, is_fleet: bool) -> ChangedHook:
    """A hook that goes elsewhere: it is made there and deleted here."""
    if history.failed:
        return evolve(hook, action=Action.FAILED, undone=tuple(sorted(after)))
    return evolve(
        hook,
        action=Action.REPLACED,
        created=tuple(sorted(after)),
        replaced=_uuids(history.live, properties(history.live), is_fleet),
        cautions=_cautions(history),
    )


def _changed(
    hook: ChangedHook,
    history: History,
    run: Run,
    findings: Findings,
    before: Statuses,
    after: Statuses,
    is_fleet: bool,
) -> ChangedHook:
    """A hook that is new, or declared otherwise than before."""
    undone = _undone(history, after, is_fleet)
    there = _present(before)
    new = sorted(after.keys() - before.keys() - undone)
    kept = sorted((after.keys() & there) - undone)
    uuids = _uuids(history.live, _renamed(history, _wanted(history)), is_fleet)
    left = {place for place in uuids if place not in after and _is_released(before.get(place))}
    found = {place: findings.get((history.urn, place)) for place in new}
    adopted = {
        **{place: one.matches[0] for place, one in found.items() if one and len(one.matches) == 1},
        **_adopted(history, run),
    }
    ambiguous = {p: one.matches for p, one in found.items() if one and len(one.matches) > 1}
    near = {p: one.near for p, one in found.items() if one and one.near and not one.matches}
    declared = _properties(history) if history.live is not None else ()
    gone = {place for one in hook.drift if one.status.is_absent for place in one.places}
    drifted = {place for one in hook.drift for place in one.places}
    fresh = [place for place in new if place not in gone]
    action = Action.CHANGED if history.known is not None else Action.NEW
    if not (declared or fresh or uuids.keys() - after.keys() or _cautions(history)):
        action = Action.DRIFTED
    return evolve(
        hook,
        action=Action.FAILED if history.failed else action,
        created=tuple(p for p in fresh if p not in adopted and p not in ambiguous),
        looked=_all_told(found.values()) or (run.notes is not None and not run.planned),
        adopted=adopted,
        ambiguous=ambiguous,
        near=near,
        properties=declared,
        updated=tuple(kept) if declared else (),
        deleted={p: uuids[p] for p in uuids if p not in {*after, *undone, *left}},
        retained=tuple(sorted(left)),
        undone=tuple(sorted(undone)),
        unchanged=0 if declared else len([p for p in kept if p not in drifted]),
        cautions=_cautions(history),
    )


def _adopted(history: History, run: Run) -> dict[str, Match]:
    """By place, the hooks that an update adopted for a resource."""
    noted = run.notes_about(NoteKind.ADOPTED, history.urn)
    return {
        one["key"].removeprefix("workspace "): Match(one["uuid"], tuple(one["changes"]))
        for one in noted
    }


def _is_released(status: SyncStatus | None) -> bool:
    return status is not None and status.sync is Sync.RELEASED


def _all_told(found: Iterable[AdoptionFinding | None]) -> bool:
    return all(one is not None for one in found)


def _undone(history: History, after: Statuses, is_fleet: bool) -> set[str]:
    """Places at which an update failed: of a fleet, what it recorded tells which."""
    if not history.failed:
        return set()
    recorded = _statuses(properties(history.wanted), is_fleet)
    if not is_fleet or not (history.wanted and history.wanted.outputs):
        return set(after)
    return {
        place
        for place, status in recorded.items()
        if status.sync in (Sync.MISSING, Sync.NOT_UPDATED) or status.is_left
    }


def _properties(history: History) -> tuple[PropertyChange, ...]:
    was, live = properties(history.known or history.live), properties(history.live)
    want = history.wanted.inputs if history.wanted else {}
    secret = _secret(history, was, want)
    unknown = [PropertyChange("repositories", new=UNKNOWN_VALUE)] if _are_unknown(want) else []
    return (*changes(was, live, want, history.paths), *unknown, *([secret] if secret else []))


def _secret(
    history: History, was: Mapping[str, Any], want: Mapping[str, Any]
) -> PropertyChange | None:
    """What the declaration newly says of the secret; to set a lost one again is no news."""
    paths = dict(history.paths)
    if _secret_drift(was, properties(history.live)):
        paths = {path: how for path, how in paths.items() if path not in _SECRETS}
    change = secret_change(was, want, paths)
    became = properties(history.wanted).get("secretSet")
    if change and change.new and became is False and was.get("secretSet") and not history.planned:
        return evolve(change, new="removed")
    return change


def _cautions(history: History) -> tuple[Caution, ...]:
    """What a declaration newly does, or ceases to do, that has to be looked at first."""
    live, want = properties(history.live), history.wanted.inputs if history.wanted else {}
    was_protected = bool(history.live and history.live.protect)
    protects = bool(history.wanted and history.wanted.protect)
    unchecked = want.get("skipCertVerification") is True
    found = {
        Caution.CERTIFICATE: unchecked and live.get("skipCertVerification") is not True,
        Caution.HTTP: is_http(want) and not is_http(live),
        Caution.UNPROTECTED: was_protected and not protects,
    }
    return tuple(caution for caution, is_so in found.items() if is_so)


def _events(value: Any) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) else ()


def _text(value: Any) -> str | None:
    found = shown_value(value)
    return None if found is None else str(found)
