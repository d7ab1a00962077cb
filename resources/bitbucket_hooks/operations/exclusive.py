"""The operations of both exclusives: only declared hooks may be there."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from typing import Any, Final
from uuid import uuid4

import pulumi
from attrs import evolve

from bitbucket_hooks.model import rules
from bitbucket_hooks.model.errors import ConfigError
from bitbucket_hooks.model.notes import NoteKind, note
from bitbucket_hooks.model.rules import DELETE, REPORT
from bitbucket_hooks.model.safety import REMEDY, share, too_many
from bitbucket_hooks.model.state_codec import SUBJECT_UUIDS
from bitbucket_hooks.model.subject import canonical_uuid
from bitbucket_hooks.model.urls import veiled
from bitbucket_hooks.model.webhook import HookKey
from bitbucket_hooks.operations import engine
from bitbucket_hooks.operations.checking import Checker
from bitbucket_hooks.operations.diffs import changes
from bitbucket_hooks.operations.resource import ResourceOperations, is_declared, owner
from bitbucket_hooks.operations.results import (
    Change,
    CheckedInputs,
    Diff,
    InputProblem,
    PartlyDoneError,
    Props,
    ReadState,
)
from bitbucket_hooks.reconcile.bulk import Incomplete
from bitbucket_hooks.reconcile.claims import Owner
from bitbucket_hooks.reconcile.exclusive import (
    ExclusiveScope,
    Records,
    counted,
    listed_hooks,
    readable,
)

_REPORTED: Final = 'found; on_unmanaged "delete" would delete them'
_COMPUTED: Final = ("existing", "unlisted", SUBJECT_UUIDS)
_OPEN: Final = "What this run's own changes adopt stays."
_LATER: Final = "The next `pulumi up` deletes what is still there."


def _checker(kind: str, *subject: str) -> Checker:
    rules_: dict[str, rules.Rule] = {"hooks": rules.uuids, "onUnmanaged": rules.on_unmanaged}
    own: dict[str, rules.Rule] = {}
    if "repositories" in subject:
        own["repositories"] = lambda value, context: sorted(set(rules.slugs(value, context)))
    return Checker(kind, subject, own, rules_, {"onUnmanaged": REPORT}, required=())


class _ExclusiveOperations(ResourceOperations):
    """Translates between the engine's values and `reconcile`."""

    def _keys(self, inputs: Props) -> Iterable[HookKey]:  # noqa: ARG002  # it declares no hook itself
        return ()

    def _problems(self, olds: Props, inputs: Props) -> Iterable[InputProblem]:  # noqa: ARG002
        if "hooks" not in inputs and inputs.get("onUnmanaged") == DELETE:
            yield InputProblem(
                "hooks",
                'is required with on_unmanaged "delete"; name the hooks that may be there, '
                "an empty list for none",
            )

    def check(self, olds: Props, news: Props) -> CheckedInputs:
        """Validate the declaration; what is known of unmanaged hooks goes along as an input.

        So the engine's own comparison after a refresh names those that came and went. Hooks that
        are named beside unknown ones are kept for the diff.
        """
        checked = super().check(olds, news)
        inputs = checked.inputs
        inputs.setdefault("hooks", [])
        inputs["unmanaged"] = {} if checked.problems else self._known_unmanaged(inputs, olds)
        if pulumi.contains_unknowns(inputs["hooks"]):
            _known_hooks[owner(inputs)] = _known_uuids(news["hooks"])
        return checked

    def _known_unmanaged(self, inputs: Props, olds: Props) -> Any:
        """Of the unmanaged hooks in the state, those that are so still, as far as is known."""
        known = olds.get("unmanaged")
        if not known or inputs["onUnmanaged"] == DELETE:
            return {}
        if pulumi.contains_unknowns(inputs):
            return pulumi.UNKNOWN
        return self._scope(inputs, olds).remaining(_shown(known))

    def diff(self, _id: str, olds: Props, news: Props) -> Diff:
        """What an update would change and, of a declaration, which hooks it would delete.

        Raises ConfigError when these are too many.
        """
        if not is_declared(news):
            shown = {"unmanaged": _shown(news.get("unmanaged") or {})}
            details = changes(olds, shown, ["unmanaged"])
            return Diff(changes=bool(details), details=details)
        workspace = self.checker.subject[0]
        if pulumi.contains_unknowns(news[workspace]):
            return Diff()
        if olds[workspace] != news[workspace]:
            return Diff(replaces=[workspace])
        scope, records = self._scope(news, olds), self._records(olds)
        unmanaged = scope.remaining(records.unmanaged)
        others = self._deletable(scope, unmanaged)
        doomed = others if news["onUnmanaged"] != REPORT else {}  # a preview may not know it
        # repositories that leave the declaration are still in `existing`
        _refuse_too_many(doomed, min(records.existing, len(scope.hooks) + len(unmanaged)))
        if not (doomed and self.session.exclusives.all_shown_before(doomed)):
            is_open = bool(doomed) and pulumi.contains_unknowns(news["hooks"])
            _warn_of_found(
                others, "to be deleted" if doomed else _REPORTED, _OPEN if is_open else ""
            )
        self.session.exclusives.note_shown(doomed)
        details = {
            **_list_changes("repositories", olds, news),
            **_list_changes("hooks", olds, news),
            **{f'unmanaged["{uuid}"]': Change.REMOVED for uuid in doomed},
        }
        if olds["onUnmanaged"] != news["onUnmanaged"]:
            details["onUnmanaged"] = Change.CHANGED
        if details:
            return Diff(changes=True, details=details, is_hidden=True)
        return Diff(changes=bool(scope.names.keys() - records.listed))

    def create(self, props: Props) -> tuple[str, Props]:
        """Record what lives there; nothing is deleted that no preview has shown."""
        id_ = f"exclusive-{uuid4()}"
        return id_, self._bring_in_line(id_, props, {}, ())

    def read(self, id_: str, props: Props) -> ReadState:
        """List every repository again."""
        if "unmanaged" not in props:
            raise ConfigError(
                f"a {type(self).__name__.removesuffix('Operations')} can't be imported or looked "
                f'up ("{id_}"): Bitbucket has no such thing',
                "Declare it, without an id: `pulumi up` records what lives there.",
            )
        before, scope = self._records(props), self._scope(props, props)
        records = self.session.exclusives.refresh(scope, before, self.session.refresh_turns.is_due)
        outputs = _outputs(props, scope, records)
        inputs = {key: value for key, value in outputs.items() if key not in _COMPUTED}
        return ReadState(id_, outputs, inputs)

    def update(self, id_: str, olds: Props, news: Props) -> Props:
        """Remove what a preview has shown, and list repositories that are new."""
        deletes = news["onUnmanaged"] == DELETE
        remaining = self._scope(news, olds).remaining(_shown(olds["unmanaged"]))
        doomed = readable(remaining) if deletes else {}
        is_news = self.session.exclusives.is_news
        unshown = {uuid: record for uuid, record in doomed.items() if is_news(uuid)}
        _warn(unshown, "left alone: found by this very run, and shown by no preview", _LATER)
        due = doomed.keys() - unshown.keys()
        return self._bring_in_line(id_, news, olds, due)

    def delete(self, id_: str, props: Props) -> None:
        """Forget it; the hooks stay."""

    def _bring_in_line(self, id_: str, news: Props, olds: Props, doomed: Collection[str]) -> Props:
        before, scope = self._records(olds), self._scope(news, olds)
        leaving = set(olds.get("hooks", ())) - set(news["hooks"])
        try:
            records = self.session.exclusives.bring_in_line(scope, before, leaving, doomed)
        except Incomplete as error:
            if error.known.listed:  # else there is nothing to keep
                raise PartlyDoneError(id_, _outputs(news, scope, error.known), error) from error
            raise
        known = before.unmanaged
        found = {u: record for u, record in records.unmanaged.items() if u not in known}
        what = (_REPORTED,) if news["onUnmanaged"] == REPORT else ("found", _LATER)
        _warn_of_found(self._deletable(scope, found), *what)
        return _outputs(news, scope, records)

    def _deletable(self, scope: ExclusiveScope, unmanaged: Mapping[str, str]) -> dict[str, str]:
        """Of unmanaged hooks, those that may be deleted, with a warning of each kind of others.

        These are hooks that a resource of this run declares, and hooks that can't be read.
        """
        holder_of = self.session.claims.handed_over
        holders = {uuid: holder_of(uuid, scope.owner) for uuid in unmanaged}
        held = {u: f"{unmanaged[u]} ({holder})" for u, holder in holders.items() if holder}
        if held:
            engine.warn(
                f"declared, but not named in `hooks`, so they just stay:\n{listed_hooks(held)}\n"
                "Name them in `hooks`."
            )
        others = {uuid: record for uuid, record in unmanaged.items() if uuid not in held}
        fine = readable(others)
        odd = {uuid: record for uuid, record in others.items() if uuid not in fine}
        _warn(
            odd,
            "can't be read and so is never deleted here",
            "Correct or delete it on its page, or name it in `hooks`.",
        )
        return fine

    def _records(self, props: Props) -> Records:
        if not props:
            return Records()
        listed = self._scope(props, props).names.keys() - props.get("unlisted", ())
        uuids = props.get(SUBJECT_UUIDS, {})
        return Records(_shown(props["unmanaged"]), int(props["existing"]), listed, uuids)

    def _scope(self, news: Props, olds: Props) -> ExclusiveScope:
        """Where, and which hooks; what a preview doesn't know yet is taken to be as it was."""
        where = olds if pulumi.contains_unknowns(news.get("repositories")) else news
        us = owner(news)
        if pulumi.contains_unknowns(news["hooks"]):
            hooks = {*_known_hooks.get(us, ()), *olds.get("hooks", ())}
        else:
            hooks = set(news["hooks"])
        uuids = olds.get(SUBJECT_UUIDS, {})
        subjects = [evolve(s, uuid=uuids.get(str(s))) for s in self._subjects(where)]
        return ExclusiveScope(subjects, hooks, us)


class RepositoryHooksExclusiveOperations(_ExclusiveOperations):
    """Of repositories."""

    checker = _checker("repository", "owner", "repositories")


class WorkspaceHooksExclusiveOperations(_ExclusiveOperations):
    """Of a workspace itself."""

    checker = _checker("workspace", "workspace")


_known_hooks: dict[Owner, frozenset[str]] = {}  # named beside unknown ones in what was checked


def _known_uuids(value: Any) -> frozenset[str]:
    """The uuids among what a preview doesn't know; mistakes are for the check that knows all."""
    found: set[str] = set()
    for text in (leaf for _, leaf in rules.leaves(value) if isinstance(leaf, str)):
        with suppress(ValueError):
            found.add(canonical_uuid(text))
    return frozenset(found)


def _shown(unmanaged: Mapping[str, str]) -> dict[str, str]:
    """Records as they are made now; those of version 0.1.0 have urls as a whole."""
    return {uuid: veiled(record) for uuid, record in unmanaged.items()}


def _outputs(declared: Props, scope: ExclusiveScope, records: Records) -> Props:
    """What the state keeps; repositories that couldn't be listed are named as long as there are."""
    kept = {k: v for k, v in declared.items() if k not in _COMPUTED}
    unlisted = sorted(scope.names.keys() - records.listed)
    return {
        **kept,
        "unmanaged": dict(records.unmanaged),
        "existing": records.existing,
        **({"unlisted": unlisted} if unlisted else {}),
        **({SUBJECT_UUIDS: dict(records.uuids)} if records.uuids else {}),
    }


def _list_changes(key: str, olds: Props, news: Props) -> dict[str, Change]:
    """What was added to and removed from a sorted list, by place: the rest only moved along.

    A preview doesn't know the uuids of a fleet that is about to change. They mostly stay, but an
    update plan allows nothing that wasn't announced.
    """
    if pulumi.contains_unknowns(news.get(key)):
        return {key: Change.CHANGED}
    before, after = olds.get(key, []), news.get(key, [])
    there, wanted = set(before), set(after)
    removed = {i for i, item in enumerate(before) if item not in wanted}
    added = {i for i, item in enumerate(after) if item not in there}
    return {
        **{f"{key}[{i}]": Change.REMOVED for i in sorted(removed - added)},
        **{f"{key}[{i}]": Change.ADDED for i in sorted(added - removed)},
        **{f"{key}[{i}]": Change.CHANGED for i in sorted(added & removed)},
    }


def _refuse_too_many(doomed: Mapping[str, str], total: int) -> None:
    if too_many(len(doomed), total):
        raise ConfigError(
            f"unmanaged: this would delete {share(len(doomed), total, 'hooks')}, which `hooks` "
            f"doesn't name:\n{listed_hooks(doomed, 5)}",
            REMEDY,
        )


def _warn_of_found(unmanaged: Mapping[str, str], what: str, remedy: str = "") -> None:
    """Warn of hooks that nothing declares; a report of the run lists them all."""
    if unmanaged:
        message = _warn(unmanaged, what, remedy)
        urn = engine.current_urn()
        note(NoteKind.UNMANAGED, urn, message=message, hooks=dict(unmanaged))


def _warn(unmanaged: Mapping[str, str], what: str, remedy: str = "") -> str:
    message = f"{counted(unmanaged)} {what}:\n{listed_hooks(unmanaged)}"
    message = f"{message}\n{remedy}" if remedy else message
    if unmanaged:
        engine.warn(message)
    return message
