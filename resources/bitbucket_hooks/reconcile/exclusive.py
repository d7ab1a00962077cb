"""Hooks that nobody declares, where only declared ones may be: finding and removing them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from functools import partial
from typing import Final

from attrs import define, evolve, field, frozen

from bitbucket_hooks.api.worker_pool import PoolResult, WorkerPool
from bitbucket_hooks.model import wording
from bitbucket_hooks.model.errors import RemoteError, printable
from bitbucket_hooks.model.subject import Subject
from bitbucket_hooks.model.urls import shown, veiled
from bitbucket_hooks.model.webhook import Desired, HookKey, Observed
from bitbucket_hooks.reconcile.adoption import described
from bitbucket_hooks.reconcile.claims import Owner
from bitbucket_hooks.reconcile.fold_messages import folding
from bitbucket_hooks.reconcile.incomplete import failure, lost_sight, unchecked_told
from bitbucket_hooks.reconcile.lifecycle import Lifecycle

_WHAT: Final = "unmanaged hooks"
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
            uuid: told
            for uuid, told in unmanaged.items()
            if uuid not in self.hooks and place_told(told) in names
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
    """Of those that have hooks, as far as answers told, their own uuid."""


class ExclusiveIncomplete(RemoteError):
    """Some repositories failed; `records` is what the state has to know now."""

    def __init__(self, message: str, remedy: str, records: Records) -> None:
        """Keep what was done beside the message."""
        super().__init__(message, remedy)
        self.records = records


@define
class Exclusives:
    """Finds and removes unmanaged hooks, side by side over their repositories."""

    lifecycle: Lifecycle
    pool: WorkerPool
    notify: Callable[[str], None]
    warn: Callable[[str], None]

    def look(
        self,
        scope: ExclusiveScope,
        before: Records,
        is_due: Callable[[Subject], bool] = lambda _: True,
    ) -> Records:
        """What lives now, from one listing per repository.

        A repository that can't be looked at keeps what is known of it, with a warning; one that
        isn't due keeps it without a word. Raises ApiError for what concerns all, and
        ExclusiveIncomplete when none can be looked at.
        """
        due = {name: subject for name, subject in scope.names.items() if is_due(subject)}
        known = _by_subject(scope.remaining(before.unmanaged))
        look = partial(self._seen, scope.names, scope.hooks, self.lifecycle.presence.listing)
        pieces = {name: partial(look, one, known.get(name, ())) for name, one in due.items()}
        seen = self.pool.run(_WHAT, pieces)
        if seen.stopped:
            raise seen.stopped
        if seen.failed:
            if lost_sight(seen, len(scope.names)):
                _report(before, seen)
            self.warn(unchecked_told(_WHAT, seen))
        return _together([_unseen(before, seen), *seen.done.values()])

    def bring_in_line(
        self,
        scope: ExclusiveScope,
        before: Records,
        leaving: Collection[str],
        doomed: Collection[str],
    ) -> Records:
        """List repositories that never were, and remove `doomed` hooks where they are still there.

        Hooks that are `leaving` were declared until now; whoever declared them removes them. A hook
        that another resource declares is kept. Raises ExclusiveIncomplete when some fail.
        """
        remaining = scope.remaining(before.unmanaged)
        names = scope.names
        look = partial(self._seen, names, {*scope.hooks, *leaving}, self.lifecycle.listings.of)
        first = names.keys() - before.listed
        due = _by_subject({uuid: remaining[uuid] for uuid in sorted(doomed)})
        gone: dict[str, bool] = {}
        with self._folding() as quiet:
            outcome = self.pool.run(
                _WHAT,
                {
                    **{name: partial(look, names[name]) for name in first},
                    **{
                        name: partial(quiet._remove, scope, names[name], uuids, gone)  # noqa: SLF001  # our own
                        for name, uuids in due.items()
                    },
                },
            )
        deleted = {uuid: remaining[uuid] for uuid, by_us in gone.items() if by_us}
        if deleted:
            self.notify(f"{counted(deleted)} deleted:\n{listed_hooks(deleted)}")
        rest = {uuid: told for uuid, told in remaining.items() if uuid not in gone}
        uuids = {name: uuid for name, uuid in before.uuids.items() if name in names}
        left = Records(rest, before.existing - len(gone), before.listed & names.keys(), uuids)
        records = _together([left, *outcome.done.values()])
        _report(records, outcome)
        return records

    def _seen(
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
        listed = listing(subject) or {}
        now = self.lifecycle.listings.subject(subject)
        if now not in (None, subject) and str(now) in names:  # whatever has the old name is meant
            return self._seen(names, declared, listing, subject.named, known)
        odd = self.lifecycle.listings.unreadable(subject)
        missing = [uuid for uuid in known if uuid not in listed and uuid not in odd]
        late = [self.lifecycle.read(subject, uuid) for uuid in missing]
        live = [hook for hook in (*listed.values(), *late) if hook and not hook.read_only]
        told = {hook.uuid: titled(hook) for hook in live}
        told |= {uuid: f"{_UNREADABLE}: {problem}" for uuid, problem in odd.items()}
        unmanaged = {
            uuid: f"{subject} {what}" for uuid, what in told.items() if uuid not in declared
        }
        now = self.lifecycle.listings.subject(subject)
        self.lifecycle.warn_of_new_name(subject, now)
        uuids = {str(subject): now.uuid} if now and now.uuid else {}
        return Records(unmanaged, len(told), {str(subject)}, uuids)

    def _remove(
        self, scope: ExclusiveScope, subject: Subject, uuids: Iterable[str], gone: dict[str, bool]
    ) -> Records:
        """Delete hooks one by one; `gone` hears of each at once, as the next one may fail.

        It says of each whether it was there to be deleted.
        """
        live = self.lifecycle.presence.listing(subject) or {}
        unreadable = self.lifecycle.listings.unreadable(subject)
        for uuid in uuids:
            if uuid in unreadable:
                continue  # the listing warned of it
            if self.lifecycle.claims.handed_over(uuid, scope.owner):
                continue  # the diff told who declares it
            hook = self.lifecycle.read(subject, uuid)
            is_there = hook is not None and not hook.read_only
            if hook is not None and is_there:
                successor = self._successor(scope, subject, hook, live)
                if successor is not None:
                    self.notify(f"{subject}: kept the hook {uuid}: {successor} declares its like")
                    continue
                self.lifecycle.delete(subject, uuid, scope.owner)
            gone[uuid] = is_there
        return Records()

    def _successor(
        self, scope: ExclusiveScope, subject: Subject, hook: Observed, live: Mapping[str, Observed]
    ) -> str | None:
        """Who declares the like of a hook in this run and has none yet."""
        claims = self.lifecycle.claims
        managed = [one for uuid, one in live.items() if uuid in scope.hooks]
        titles = (hook.description or None, None)
        for title, one in itertools.product(titles, self.lifecycle.names_of(subject)):
            named = HookKey(one, hook.url, title, hook.uuid)
            if successor := claims.reserved_by_other(named, scope.owner):
                return successor
            successor = claims.reserved_by_other(evolve(named, hook=None), scope.owner)
            like = Desired(subject, hook.url, description=title)
            if successor and not any(map(like.matches, managed)):
                return successor  # else this is a double of the hook that it has already
        return None

    @contextmanager
    def _folding(self) -> Iterator[Exclusives]:
        """The same, whose notices of each hook are shown together at the end."""
        with folding(self.notify) as notify:
            yield evolve(self, lifecycle=evolve(self.lifecycle, notify=notify), notify=notify)


def titled(hook: Observed) -> str:
    """A hook's description and url for a message and for the state."""
    return veiled(f"{described(hook)} {printable(shown(hook.url))}")


def counted(unmanaged: Collection[str]) -> str:
    """How many hooks these are."""
    return wording.counted(len(unmanaged), "unmanaged hook")


def listed_hooks(unmanaged: Mapping[str, str], limit: int = _LISTED) -> str:
    """The hooks one by one, those of one repository together, and how many more there are."""
    lines = sorted(f"  {told} {uuid}" for uuid, told in unmanaged.items())
    return wording.first_lines(lines, limit)


def readable(unmanaged: Mapping[str, str]) -> dict[str, str]:
    """Of records of unmanaged hooks, those of hooks that could be read; others are never deleted.

    Of them nobody could say what a deletion would take away.
    """
    return {
        uuid: told
        for uuid, told in unmanaged.items()
        if not told.removeprefix(f"{place_told(told)} ").startswith(_UNREADABLE)
    }


def place_told(told: str) -> str:
    """Where a hook hangs, from the record of it."""
    first, _, rest = told.partition(" ")
    return first if "/" in first else f"{first} {rest.partition(' ')[0]}"


def _by_subject(unmanaged: Mapping[str, str]) -> dict[str, list[str]]:
    """The uuids of records, by where they hang."""
    uuids: dict[str, list[str]] = {}
    for uuid, told in unmanaged.items():
        uuids.setdefault(place_told(told), []).append(uuid)
    return uuids


def _unseen(before: Records, seen: PoolResult[Records]) -> Records:
    """What is known of the subjects that were not looked at now."""
    kept = {u: told for u, told in before.unmanaged.items() if place_told(told) not in seen.done}
    # how many hooks each of them has isn't known, just how many there were in all
    again = [one for name, one in seen.done.items() if name in before.listed]
    managed = sum(one.existing - len(one.unmanaged) for one in again)
    rest = before.existing - managed - (len(before.unmanaged) - len(kept))
    existing = max(rest, len(kept)) if before.listed - seen.done.keys() else 0
    uuids = {name: uuid for name, uuid in before.uuids.items() if name not in seen.done}
    return Records(kept, existing, before.listed - seen.done.keys(), uuids)


def _together(parts: Collection[Records]) -> Records:
    return Records(
        {uuid: told for part in parts for uuid, told in part.unmanaged.items()},
        sum(part.existing for part in parts),
        frozenset().union(*(part.listed for part in parts)),
        {name: uuid for part in parts for name, uuid in part.uuids.items()},
    )


def _report(records: Records, outcome: PoolResult[Records]) -> None:
    if (told := failure(_WHAT, outcome)) is not None:
        raise ExclusiveIncomplete(*told, records)
