"""Hooks that nobody declares, where only declared ones may be: finding and removing them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from collections.abc import Set as AbstractSet
from functools import partial
from typing import Final

from attrs import define, field, frozen

from bitbucket_hooks.api.worker_pool import PoolResult
from bitbucket_hooks.model import wording
from bitbucket_hooks.model.errors import printable
from bitbucket_hooks.model.subject import Subject
from bitbucket_hooks.model.urls import shown, veiled
from bitbucket_hooks.model.webhook import Desired, Observed
from bitbucket_hooks.reconcile.adoption import described
from bitbucket_hooks.reconcile.bulk import BulkWork, raise_failures
from bitbucket_hooks.reconcile.claims import Owner

_UNREADABLE: Final = "unreadable"  # begins a record; of any other hook the title comes first
_LISTED: Final = 50  # hooks that one message names


@frozen
class ExclusiveScope:
    """Where only certain hooks may be, and which."""

    subjects: Collection[Subject]
    hooks: Collection[str]
    """The uuids of those that may be there."""
    owner: Owner

    @property
    def names(self) -> dict[str, Subject]:
        """The subjects by what messages call them."""
        return {str(subject): subject for subject in self.subjects}

    def remaining(self, unmanaged: Mapping[str, str]) -> dict[str, str]:
        """Of the records of unmanaged hooks, those that still are."""
        names = self.names
        return {
            uuid: record
            for uuid, record in unmanaged.items()
            if uuid not in self.hooks and _place(record) in names
        }


@frozen
class Records:
    """What the state knows of the hooks that live there."""

    unmanaged: Mapping[str, str] = field(factory=dict)
    """By uuid, where it hangs, its description and its url."""
    existing: int = 0
    """How many hooks there are in all, as far as the repositories could be listed."""
    listed: AbstractSet[str] = frozenset()
    """The repositories that were."""
    uuids: Mapping[str, str] = field(factory=dict)
    """The uuids of those that have hooks, as far as answers had one."""


@define
class Exclusives(BulkWork):
    """Finds and removes unmanaged hooks, side by side over their repositories.

    A hook may be deleted when a preview could show it: the state knew of it before the run, or the
    preview of this same run found it too. Processes of a run share this through its claims.
    """

    what = "unmanaged hooks"

    def refresh(
        self,
        scope: ExclusiveScope,
        before: Records,
        is_due: Callable[[Subject], bool] = lambda _: True,
    ) -> Records:
        """What lives now, from one listing per repository.

        A repository that can't be read keeps what is known of it, with a warning; one that isn't
        due keeps it without a word. Raises ApiError for what concerns all, and Incomplete when none
        can be read.
        """
        names = scope.names
        known = _by_place(scope.remaining(before.unmanaged))
        listed = partial(self._listed, names, scope.hooks, self.lifecycle.presence.listing)
        reads = {
            name: partial(listed, subject, known.get(name, ()))
            for name, subject in names.items()
            if is_due(subject)
        }
        seen = self.read(reads, len(names), before)
        records = _merged([_unseen(before, seen), *seen.done.values()])
        news = records.unmanaged.keys() - before.unmanaged.keys()
        self.lifecycle.claims.note(map(self._found, news))
        return records

    def bring_in_line(
        self,
        scope: ExclusiveScope,
        before: Records,
        leaving: Collection[str],
        doomed: Collection[str],
    ) -> Records:
        """List repositories that never were, and remove `doomed` hooks where they are still there.

        Hooks that are `leaving` were declared until now; whoever declared them removes them. A hook
        that another resource declares is kept. Raises Incomplete when some fail.
        """
        remaining, names = scope.remaining(before.unmanaged), scope.names
        hooks = self.lifecycle.listings.hooks
        listed = partial(self._listed, names, {*scope.hooks, *leaving}, hooks)
        removals = _by_place({uuid: remaining[uuid] for uuid in sorted(doomed)})
        gone: dict[str, bool] = {}
        with self.folded() as quiet:
            remove = partial(quiet._remove, scope, gone)  # noqa: SLF001  # our own
            pieces = {
                **{name: partial(listed, names[name]) for name in names.keys() - before.listed},
                **{name: partial(remove, names[name], uuids) for name, uuids in removals.items()},
            }
            result = self.pool.run(self.what, pieces)
        deleted = {uuid: remaining[uuid] for uuid, by_us in gone.items() if by_us}
        if deleted:
            self.lifecycle.notify(f"{counted(deleted)} deleted:\n{listed_hooks(deleted)}")
        rest = {uuid: record for uuid, record in remaining.items() if uuid not in gone}
        uuids = {name: uuid for name, uuid in before.uuids.items() if name in names}
        left = Records(rest, before.existing - len(gone), before.listed & names.keys(), uuids)
        records = _merged([left, *result.done.values()])
        raise_failures(self.what, records, result)
        return records

    def note_shown(self, uuids: Iterable[str]) -> None:
        """Note hooks whose deletion this phase has shown to the user."""
        self.lifecycle.claims.note(map(_shown, uuids))

    def is_news(self, uuid: str) -> bool:
        """Whether this phase found the hook, and no phase before it has shown its deletion."""
        is_found = self.lifecycle.claims.noted_in(self._found(uuid)) is not None
        return is_found and not self.all_shown_before([uuid])

    def all_shown_before(self, uuids: Iterable[str]) -> bool:
        """Whether an earlier phase of the run, the preview, has shown the deletion of all."""
        claims = self.lifecycle.claims
        return not {claims.noted_in(_shown(uuid)) for uuid in uuids} & {None, claims.phase}

    def _found(self, uuid: str) -> str:
        return f"found {self.lifecycle.claims.phase} {uuid}"

    def _listed(
        self,
        names: Collection[str],
        declared: Collection[str],
        listing: Callable[[Subject], Mapping[str, Observed] | None],
        subject: Subject,
        known: Collection[str] = (),
    ) -> Records:
        """What lives on one subject; `known` hooks that the listing lacks are asked for.

        Hooks of installed apps are none of our business.
        """
        listings = self.lifecycle.listings
        listed = listing(subject) or {}
        now = listings.current_subject(subject)
        if now not in (None, subject) and str(now) in names:  # whatever has the old name is meant
            return self._listed(names, declared, listing, subject.named, known)
        odd = listings.unreadable(subject)
        missing = [uuid for uuid in known if uuid not in listed and uuid not in odd]
        late = [self.lifecycle.read(subject, uuid) for uuid in missing]
        live = [hook for hook in (*listed.values(), *late) if hook and not hook.read_only]
        titles = {
            **{hook.uuid: _titled(hook) for hook in live},
            **{uuid: f"{_UNREADABLE}: {problem}" for uuid, problem in odd.items()},
        }
        unmanaged = {u: f"{subject} {title}" for u, title in titles.items() if u not in declared}
        now = listings.current_subject(subject)
        self.lifecycle.warn_of_new_name(subject, now)
        uuids = {str(subject): now.uuid} if now and now.uuid else {}
        return Records(unmanaged, len(titles), {str(subject)}, uuids)

    def _remove(
        self, scope: ExclusiveScope, gone: dict[str, bool], subject: Subject, uuids: Iterable[str]
    ) -> Records:
        """Delete hooks one by one; `gone` gets each at once, as the next one may fail.

        It says of each whether it was there to be deleted.
        """
        live = self.lifecycle.presence.listing(subject) or {}
        unreadable = self.lifecycle.listings.unreadable(subject)
        for uuid in uuids:
            if uuid in unreadable:
                continue  # the listing warned of it
            if self.lifecycle.claims.handed_over(uuid, scope.owner):
                continue  # the diff has said who declares it
            hook = self.lifecycle.read(subject, uuid)
            is_there = hook is not None and not hook.read_only
            if hook is not None and is_there:
                successor = self._successor(scope, subject, hook, live)
                if successor is not None:
                    self.lifecycle.notify(
                        f"{subject}: kept the hook {uuid}: {successor} declares its like"
                    )
                    continue
                self.lifecycle.delete(subject, uuid, scope.owner)
            gone[uuid] = is_there
        return Records()

    def _successor(
        self, scope: ExclusiveScope, subject: Subject, hook: Observed, live: Mapping[str, Observed]
    ) -> str | None:
        """Who declares the like of a hook in this run and has none yet."""
        managed = [live[uuid] for uuid in live if uuid in scope.hooks]
        for key in self.lifecycle.keys_of(subject, hook.url, hook.description, hook.uuid):
            successor = self.lifecycle.claims.reserved_by_other(key, scope.owner)
            like = Desired(subject, hook.url, description=key.description)
            # one that names no hook may have its own already: then this is a double of that
            if successor and (key.hook or not any(map(like.matches, managed))):
                return successor
        return None


def _shown(uuid: str) -> str:
    return f"shown {uuid}"


def _titled(hook: Observed) -> str:
    """A hook's description and url for a message and for the state."""
    return veiled(f"{described(hook)} {printable(shown(hook.url))}")


def counted(unmanaged: Collection[str]) -> str:
    """How many hooks these are."""
    return wording.counted(len(unmanaged), "unmanaged hook")


def listed_hooks(unmanaged: Mapping[str, str], limit: int = _LISTED) -> str:
    """The hooks one by one, those of one repository together, and how many more there are."""
    lines = sorted(f"  {record} {uuid}" for uuid, record in unmanaged.items())
    return wording.first_lines(lines, limit)


def readable(unmanaged: Mapping[str, str]) -> dict[str, str]:
    """Of records of unmanaged hooks, those of hooks that could be read; others are never deleted.

    Of them nobody could say what a deletion would take away.
    """
    return {
        uuid: record
        for uuid, record in unmanaged.items()
        if not record.removeprefix(f"{_place(record)} ").startswith(_UNREADABLE)
    }


def _place(record: str) -> str:
    """Where a hook hangs, from the record of it."""
    first, _, rest = record.partition(" ")
    return first if "/" in first else f"{first} {rest.partition(' ')[0]}"


def _by_place(unmanaged: Mapping[str, str]) -> dict[str, list[str]]:
    """The uuids of records, by where they hang."""
    uuids: dict[str, list[str]] = {}
    for uuid, record in unmanaged.items():
        uuids.setdefault(_place(record), []).append(uuid)
    return uuids


def _unseen(before: Records, seen: PoolResult[Records]) -> Records:
    """What is known of the subjects that were not read now."""
    kept = {u: record for u, record in before.unmanaged.items() if _place(record) not in seen.done}
    # how many hooks each of them has isn't known, just how many there were in all
    again = [records for name, records in seen.done.items() if name in before.listed]
    managed = sum(records.existing - len(records.unmanaged) for records in again)
    rest = before.existing - managed - (len(before.unmanaged) - len(kept))
    existing = max(rest, len(kept)) if before.listed - seen.done.keys() else 0
    uuids = {name: uuid for name, uuid in before.uuids.items() if name not in seen.done}
    return Records(kept, existing, before.listed - seen.done.keys(), uuids)


def _merged(parts: Collection[Records]) -> Records:
    return Records(
        {uuid: record for part in parts for uuid, record in part.unmanaged.items()},
        sum(part.existing for part in parts),
        frozenset().union(*(part.listed for part in parts)),
        {name: uuid for part in parts for name, uuid in part.uuids.items()},
    )
