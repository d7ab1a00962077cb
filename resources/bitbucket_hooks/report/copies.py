"""What becomes of one declared hook, copy by copy: on each repository, or on its one place."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from attrs import evolve, frozen

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
from bitbucket_hooks.pulumi_cli.run import UNKNOWN, Kind, Run
from bitbucket_hooks.pulumi_cli.values import list_of, mapping_of
from bitbucket_hooks.report.changes import Action, Caution, ChangedHook, Drift, Fate
from bitbucket_hooks.report.findings import Findings, Match
from bitbucket_hooks.report.history import History, properties
from bitbucket_hooks.report.values import (
    HIDDEN_URL,
    NAMES,
    SECRET_REMOVED,
    SECRETS,
    UNKNOWN_VALUE,
    WATCHED,
    PropertyChange,
    changes,
    differs,
    is_http,
    secret_change,
    secret_of,
    shown_value,
    url_of,
)

Statuses = Mapping[str, SyncStatus]
"""By place, the sync status of the copy there."""


def hook_of(history: History, run: Run, findings: Findings, kind: str) -> ChangedHook:
    """Say what a run does to a declared hook."""
    is_fleet = kind == "HookFleet"
    want, live = _wanted(history), _renamed(history)
    before, after = _statuses(live, is_fleet), _statuses(want, is_fleet)
    copies = _Copies(history, run, is_fleet, before, after, _uuids(history, live, is_fleet))
    shown = want or live or properties(history.known)
    description = shown_value(shown.get("description"))
    hook = ChangedHook(
        urn=history.urn,
        name=history.name,
        kind=kind,
        url=url_of(shown),
        description=None if description is None else str(description),
        events=tuple(map(str, list_of(shown.get("events")))),
        active=shown.get("active") is not False,
        secret=secret_of(shown),
        known=len(_present(_statuses(properties(history.known), is_fleet))),
        unchecked={place: copy.unchecked for place, copy in before.items() if copy.unchecked},
        drift=copies.drift(),
    )
    if run.kind is Kind.REFRESH or history.stays:
        action = Action.DRIFTED if hook.drift else Action.UNCHANGED
        return evolve(hook, action=action, unchanged=len(before.keys() - hook.drifted))
    if history.goes:
        return copies.deleted(hook)
    return copies.replaced(hook) if history.replaces else copies.changed(hook, findings)


def _wanted(history: History) -> Mapping[str, Any]:
    """What the declaration says; for a hook that is to go, nothing.

    Repositories that a preview doesn't know are taken to be as they were.
    """
    if history.goes:
        return {}
    if history.stays:
        return properties(history.wanted)
    before = properties(history.live).get("repositories")
    is_unknown = history.inputs.get("repositories") == UNKNOWN
    return {**history.inputs, "repositories": before} if before and is_unknown else history.inputs


def _renamed(history: History) -> Mapping[str, Any]:
    """What lives, by the names of today.

    An update that changes a repository or workspace means that it was renamed: to move a hook to
    another one would be a replacement.
    """
    live, want = properties(history.live), history.inputs
    if history.op != "update":
        return live
    return {**live, **{key: want[key] for key in NAMES if key in live and key in want}}


def _statuses(props: Mapping[str, Any], is_fleet: bool) -> dict[str, SyncStatus]:
    if not props:
        return {}
    workspace = str(shown_value(props.get("workspace") or props.get("owner")) or "?")
    if not is_fleet:
        slug = props.get("repository")
        return {f"{workspace}/{shown_value(slug)}" if slug else workspace: AS_DECLARED}
    found = props.get("repositories")
    if isinstance(found, Mapping):
        return {
            f"{workspace}/{shown_value(slug)}": sync_status(veiled(str(words)))
            for slug, words in found.items()
        }
    slugs = found if isinstance(found, list) else [shown_value(found)] if found else []
    return {f"{workspace}/{slug}": AS_DECLARED for slug in slugs}


def _present(statuses: Statuses) -> set[str]:
    return {place for place, status in statuses.items() if not status.is_absent}


def _uuids(history: History, live: Mapping[str, Any], is_fleet: bool) -> dict[str, str]:
    """By place, the hooks that live, whose properties are `live` by the names of today."""
    places = _statuses(live, is_fleet)
    if not is_fleet:
        return dict.fromkeys(places, history.live.id if history.live else "")
    uuids = mapping_of(live.get("hooks"))
    slugs = {place: place.partition("/")[2] for place in places}
    return {place: str(uuids[slug]) for place, slug in slugs.items() if slug in uuids}


@frozen
class _Copies:
    """The copies of one declared hook in a run."""

    history: History
    run: Run
    is_fleet: bool
    before: Statuses
    after: Statuses
    """As declared; none of a hook that is to go."""
    uuids: Mapping[str, str]
    """By place, the hooks that live."""

    def drift(self) -> tuple[Drift, ...]:
        """What isn't as it was declared, those places together where it is the same."""
        if self.history.goes:  # however it stands, it goes
            return ()
        places = {
            place: status.last_known
            for place, status in self.before.items()
            if not status.is_as_declared and not status.is_left
        }
        if not self.is_fleet:
            places = _drifted_hook(self.history)
        undone = self._undone()
        groups: dict[tuple[SyncStatus, Fate], list[str]] = defaultdict(list)
        for place, status in places.items():
            groups[status, self._fate(place, undone)].append(place)
        return tuple(
            Drift(status, tuple(sorted(group)), fate) for (status, fate), group in groups.items()
        )

    def _fate(self, place: str, undone: set[str]) -> Fate:
        if self.run.kind is Kind.REFRESH:
            return Fate.RECORDED
        if place not in self.after or self.history.stays:
            return Fate.MOOT
        return Fate.OPEN if place in undone else Fate.REPAIRED

    def _undone(self) -> set[str]:
        """Places at which an update failed: of a fleet, what it recorded tells which."""
        if not self.history.failed:
            return set()
        if not self.is_fleet or not (self.history.wanted and self.history.wanted.outputs):
            return set(self.after)
        recorded = _statuses(self.history.wanted.outputs, is_fleet=True)
        undone = (Sync.MISSING, Sync.NOT_UPDATED)
        return {
            place for place, status in recorded.items() if status.sync in undone or status.is_left
        }

    def deleted(self, hook: ChangedHook) -> ChangedHook:
        """A hook that is no longer declared."""
        history = self.history
        hook = evolve(hook, action=Action.FAILED if history.failed else Action.DELETED)
        if history.op == "discard" or (history.live and history.live.retain):
            return evolve(hook, retained=tuple(sorted(self.uuids)))
        if history.failed:
            return evolve(hook, failed=tuple(sorted(self.uuids)))
        return evolve(hook, deleted=self.uuids)

    def replaced(self, hook: ChangedHook) -> ChangedHook:
        """A hook that goes elsewhere: it is made there and deleted here."""
        places = tuple(sorted(self.after))
        if self.history.failed:
            return evolve(hook, action=Action.FAILED, failed=places)
        return evolve(
            hook,
            action=Action.REPLACED,
            created=places,
            replaced=self.uuids,
            cautions=_cautions(self.history),
        )

    def changed(self, hook: ChangedHook, findings: Findings) -> ChangedHook:
        """A hook that is new, or declared otherwise than before."""
        history, run, uuids = self.history, self.run, self.uuids
        undone = self._undone()
        new = sorted(self.after.keys() - self.before.keys() - undone)
        kept = sorted((self.after.keys() & _present(self.before)) - undone)
        gone = uuids.keys() - self.after.keys()
        left = {place for place in gone if self.before[place].sync is Sync.RELEASED}
        deleted = gone - undone - left
        found = {p: findings[hook.urn, p] for p in new if (hook.urn, p) in findings}
        adopted = {p: live.matches[0] for p, live in found.items() if len(live.matches) == 1}
        ambiguous = {p: live.matches for p, live in found.items() if len(live.matches) > 1}
        near = {p: live.near for p, live in found.items() if live.near and not live.matches}
        for note in run.notes_about(NoteKind.ADOPTED, hook.urn):
            match = Match(note["uuid"], tuple(note["changes"]))
            adopted[note["key"].removeprefix("workspace ")] = match
        declared = _property_changes(history) if history.live is not None else ()
        absent = {p for drift in hook.drift if drift.status.is_absent for p in drift.places}
        fresh = [place for place in new if place not in absent]
        cautions = _cautions(history)
        action = Action.CHANGED if history.known is not None else Action.NEW
        if not (declared or fresh or gone or cautions):
            action = Action.DRIFTED
        return evolve(
            hook,
            action=Action.FAILED if history.failed else action,
            created=tuple(p for p in fresh if p not in adopted and p not in ambiguous),
            looked=len(found) == len(new) or (run.notes is not None and not run.planned),
            adopted=adopted,
            ambiguous=ambiguous,
            near=near,
            properties=declared,
            updated=tuple(kept) if declared else (),
            deleted={place: uuid for place, uuid in uuids.items() if place in deleted},
            retained=tuple(sorted(left)),
            failed=tuple(sorted(undone)),
            unchanged=0 if declared else len(set(kept) - hook.drifted),
            cautions=cautions,
        )


def _drifted_hook(history: History) -> dict[str, SyncStatus]:
    """A single hook's difference between what the state had and what a refresh found."""
    was, now = properties(history.known), properties(history.live)
    place = next(iter(_statuses(was, is_fleet=False)), "")
    if history.gone:
        return {place: SyncStatus(Sync.GONE)}
    if not history.refreshed or history.live is None:
        return {}
    parts = [_live_value(name, now) for name in WATCHED if differs(name, was, now)]
    status = drifted("; ".join(parts), _secret_drift(was, now))
    return {} if status.is_as_declared else {place: status}


def _live_value(name: str, now: Mapping[str, Any]) -> str:
    """A live value, in words as `model/sync_status.py` has them."""
    if name == "url":
        shown = url_of(now)
        return f"url {shown}" if shown == HIDDEN_URL else f"url {printable_value(shown)}"
    value = now.get(name)
    return f"{name} {printable_value(tuple(value) if isinstance(value, list) else value)}"


def _secret_drift(was: Mapping[str, Any], now: Mapping[str, Any]) -> SecretSync | None:
    had, has = was.get("secretSet"), now.get("secretSet")
    is_managed = any(was.get(key) is not None for key in SECRETS)
    if not is_managed or had is None or has is None or had == has:
        return None
    return SecretSync.REMOVED if had else SecretSync.SET_BY_HAND


def _property_changes(history: History) -> tuple[PropertyChange, ...]:
    was, live = properties(history.known or history.live), properties(history.live)
    found = changes(was, live, history.inputs, history.paths)
    if history.inputs.get("repositories") == UNKNOWN:
        found.append(PropertyChange("repositories", new=UNKNOWN_VALUE))
    secret = _secret(history, was)
    return (*found, secret) if secret else tuple(found)


def _secret(history: History, was: Mapping[str, Any]) -> PropertyChange | None:
    """What the declaration newly says of the secret; to set a lost one again is no news."""
    paths = history.paths
    if _secret_drift(was, properties(history.live)):
        paths = {path: how for path, how in paths.items() if path not in SECRETS}
    change = secret_change(was, history.inputs, paths)
    became = properties(history.wanted).get("secretSet")
    if change and change.new and became is False and was.get("secretSet") and not history.planned:
        return evolve(change, new=SECRET_REMOVED)
    return change


def _cautions(history: History) -> tuple[Caution, ...]:
    """What a declaration newly does, or ceases to do, that has to be looked at first."""
    live, want = properties(history.live), history.inputs
    was_protected = bool(history.live and history.live.protect)
    protects = bool(history.wanted and history.wanted.protect)
    unchecked = want.get("skipCertVerification") is True
    found = {
        Caution.CERTIFICATE: unchecked and live.get("skipCertVerification") is not True,
        Caution.HTTP: is_http(want) and not is_http(live),
        Caution.UNPROTECTED: was_protected and not protects,
    }
    return tuple(caution for caution, is_so in found.items() if is_so)
