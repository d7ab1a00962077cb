"""One hook on many repositories: which copies have work to do, and what became of each."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Final

from attrs import define, evolve, frozen

from bitbucket_hooks.api.errors import Interrupted
from bitbucket_hooks.api.worker_pool import PoolResult, WorkerPool
from bitbucket_hooks.model.subject import Subject
from bitbucket_hooks.model.sync_status import (
    AS_DECLARED,
    Sync,
    SyncStatus,
    compare,
    not_updated,
    unchecked,
)
from bitbucket_hooks.model.webhook import (
    Desired,
    HookKey,
    Observed,
    SecretChange,
    secret_change,
)
from bitbucket_hooks.reconcile.claims import Owner
from bitbucket_hooks.reconcile.fold_messages import folding
from bitbucket_hooks.reconcile.incomplete import Copies, lost_sight, report, unchecked_told
from bitbucket_hooks.reconcile.lifecycle import Lifecycle, due

_GRACE: Final = 1.0  # seconds for declarations of the same run to be heard of before a removal
_HEIR_WAITS: Final = (0.2, 0.3, 0.5, 1.0, 2.0, 2.0, 4.0)
"""Seconds between looks whether another resource has adopted a copy: 10 in all."""


@frozen
class Fleet:
    """A fleet as declared; the subject of `template` is the workspace."""

    template: Desired
    repositories: Collection[str]
    owner: Owner
    adopt: str

    def copy(self, repository: str, known: Copies) -> Desired:
        """The declaration of one copy."""
        return evolve(self.template, subject=known.subject(self.workspace, repository))

    @property
    def workspace(self) -> str:
        """Where the repositories are."""
        return self.template.subject.workspace


@define
class Fleets:
    """Create, read, update and delete all copies of a hook."""

    lifecycle: Lifecycle
    pool: WorkerPool
    notify: Callable[[str], None]
    warn: Callable[[str], None]

    def bring_in_line(
        self,
        fleet: Fleet,
        before: Copies,
        last: Observed | None = None,
        known_secret: str | None = None,
    ) -> Copies:
        """Make, write and delete what has to be; copies that are as declared cost nothing.

        `last` is how every copy was declared before, as if it were one live hook, and
        `known_secret` the secret that was sent then. Raises FleetIncomplete when some fail.
        """
        before = self._without_lost(fleet, before)
        with self._folding() as quiet:
            return quiet._bring_in_line(fleet, before, last, known_secret)  # noqa: SLF001  # our own

    def _bring_in_line(
        self, fleet: Fleet, before: Copies, last: Observed | None, known_secret: str | None
    ) -> Copies:
        change = due(fleet.template, last, known_secret) if last else None
        changes = _changes(fleet, before, change)
        leaving = {s: uuid for s, uuid in before.hooks.items() if s not in fleet.repositories}
        new = [slug for slug in fleet.repositories if slug not in before.hooks]
        written = self.pool.run(
            "fleet",
            {
                **{slug: partial(self._create, fleet, slug, before, leaving) for slug in new},
                **{
                    slug: partial(
                        self.lifecycle.put, before.hooks[slug], fleet.copy(slug, before), change
                    )
                    for slug, change in changes.items()
                },
            },
        )
        before, again = self._make_where_names_were_taken(fleet, before, written)
        # only now: a hook that came along with its renamed repository is claimed by this time
        is_stopped = written.stopped or again.stopped
        removed = PoolResult(0) if is_stopped else self._let_go_all(fleet, before, last)
        kept = {s: live for s, live in written.done.items() if s in before.hooks or s in new}
        done = evolve(written, done={**kept, **again.done})
        copies = _after(fleet, before, changes, done, removed)
        report(copies, written, again, removed)
        return copies

    def _make_where_names_were_taken(
        self, fleet: Fleet, before: Copies, written: PoolResult[Observed]
    ) -> tuple[Copies, PoolResult[Observed]]:
        """Make the copies of repositories whose old names are declared beside the new ones.

        The copy in a repository that was renamed is that of its new name; whatever has the old one
        now has none. Gives what is known without these, too.
        """
        came = {live.uuid for s, live in written.done.items() if s not in before.hooks}
        left = [s for s, u in before.hooks.items() if u in came and s in fleet.repositories]
        if not left:
            return before, PoolResult(0)
        before = evolve(before, hooks={s: u for s, u in before.hooks.items() if s not in left})
        if written.stopped:
            return before, PoolResult(len(left))
        make = {slug: partial(self._create, fleet, slug, before, {}) for slug in left}
        return before, self.pool.run("fleet", make)

    def _without_lost(self, fleet: Fleet, before: Copies) -> Copies:
        """What is known of the copies, but for those that another resource adopted meanwhile."""
        uuids = [uuid for slug, uuid in before.hooks.items() if slug in fleet.repositories]
        lost = self.lifecycle.claims.taken_over(uuids, fleet.owner)
        return evolve(before, hooks={s: u for s, u in before.hooks.items() if u not in lost})

    def look(
        self,
        declared: Desired,
        before: Copies,
        *,
        is_due: Callable[[Subject], bool] = lambda _: True,
        hide_url: bool,
    ) -> Copies:
        """What lives now, from one listing per repository.

        A repository that can't be looked at keeps what is known of it, with a warning; one that
        isn't due keeps it without a word. Raises ApiError for what concerns all, and
        FleetIncomplete when no repository can be looked at.
        """
        subjects = {s: before.subject(declared.subject.workspace, s) for s in before.hooks}
        due = {slug: subject for slug, subject in subjects.items() if is_due(subject)}
        seen = self.pool.run(
            "fleet",
            {
                slug: partial(self.lifecycle.read, subject, before.hooks[slug], before.created_at)
                for slug, subject in due.items()
            },
        )
        if seen.stopped:
            raise seen.stopped
        self._tell_unchecked(seen, before)
        live = {slug: hook for slug, hook in seen.done.items() if hook is not None}
        hooks = {s: uuid for s, uuid in before.hooks.items() if s in live or s not in seen.done}
        statuses = dict(before.statuses)
        for slug in due:
            known = statuses.get(slug, AS_DECLARED).last_known
            if slug in seen.failed:
                statuses[slug] = unchecked(known, seen.failed[slug].message)
            elif known.is_left:
                statuses[slug] = known
            elif slug in live:
                statuses[slug] = compare(declared, live[slug], known, hide_url=hide_url)
            else:
                statuses[slug] = SyncStatus(Sync.GONE)
        there = {s: status for s, status in statuses.items() if s in hooks or not status.is_left}
        return Copies(hooks, there, before.created_at, before.uuids_with(live))

    def delete(self, workspace: str, copies: Copies, owner: Owner) -> None:
        """Remove all copies but those that another resource holds. Raises FleetIncomplete."""
        with self._folding() as quiet:
            delete = quiet.lifecycle.delete
            pieces = {
                slug: partial(
                    delete, copies.subject(workspace, slug), uuid, owner, copies.created_at
                )
                for slug, uuid in copies.hooks.items()
            }
            report(copies, self.pool.run("fleet", pieces))

    @contextmanager
    def _folding(self) -> Iterator[Fleets]:
        """The same fleets, whose messages of each copy are shown together at the end."""
        with folding(self.warn) as warn, folding(self.notify) as notify:
            yield evolve(self, lifecycle=evolve(self.lifecycle, notify=notify, warn=warn))

    def _create(
        self, fleet: Fleet, slug: str, before: Copies, leaving: Mapping[str, str]
    ) -> Observed:
        """Make a copy; one that left another repository and is found here came with a rename."""
        desired = fleet.copy(slug, before)
        here = self.lifecycle.listings.of(desired.subject)
        moved = [uuid for uuid in leaving.values() if uuid in here]
        return self.lifecycle.create(desired, fleet.owner, moved[0] if moved else fleet.adopt)

    def _let_go_all(
        self, fleet: Fleet, before: Copies, last: Observed | None
    ) -> PoolResult[str | None]:
        leaving = {s: uuid for s, uuid in before.hooks.items() if s not in fleet.repositories}
        if not leaving:
            return PoolResult(0)
        try:
            self.lifecycle.clock.sleep(_GRACE)
        except Interrupted as error:  # what was written before has to be recorded all the same
            return PoolResult(len(leaving), stopped=error)
        return self.pool.run(
            "fleet, removing",
            {
                # one that was left before had its heir's whole run to be adopted
                slug: partial(
                    self._let_go,
                    fleet,
                    slug,
                    before,
                    None if before.statuses.get(slug, AS_DECLARED).is_left else last,
                )
                for slug in leaving
            },
        )

    def _let_go(self, fleet: Fleet, slug: str, before: Copies, last: Observed | None) -> str | None:
        """Delete a copy, or name the resource that is about to adopt it."""
        subject, uuid = before.subject(fleet.workspace, slug), before.hooks[slug]
        successor = self._successor(fleet, subject, uuid, last) if last else None
        if successor is None:
            self.lifecycle.delete(subject, uuid, fleet.owner, before.created_at)
        return successor

    def _successor(self, fleet: Fleet, subject: Subject, uuid: str, last: Observed) -> str | None:
        """Who declares the same hook in this run and hasn't taken it yet.

        It is waited for, as two resources are updated in any order; when it doesn't come, the next
        run decides.
        """
        claims = self.lifecycle.claims
        titles = (last.description or None, None)
        places = [
            HookKey(one, last.url, title, it)
            for one in self.lifecycle.names_of(subject)
            for title in titles
            for it in (None, uuid)
        ]
        for pause in _HEIR_WAITS:
            if claims.handed_over(uuid, fleet.owner):
                return None
            successors = [claims.reserved_by_other(place, fleet.owner) for place in places]
            successor = next((one for one in successors if one), None)
            if successor is None:
                return None
            self.lifecycle.clock.sleep(pause)
        return successor

    def _tell_unchecked(self, seen: PoolResult[Observed | None], before: Copies) -> None:
        if not seen.failed:
            return
        if lost_sight(seen, len(before.hooks)):
            report(before, seen)
        self.warn(unchecked_told("fleet", seen))


def _changes(fleet: Fleet, before: Copies, change: SecretChange | None) -> dict[str, SecretChange]:
    """The copies to write, each with what is said of the secret; `change` is due for all."""
    resend = secret_change(fleet.template.secret, known=None, is_set=True)
    changes: dict[str, SecretChange] = {}
    for slug in fleet.repositories:
        status = before.statuses.get(slug, AS_DECLARED)
        if slug not in before.hooks:
            continue
        if status.secret:
            changes[slug] = resend
        elif change is not None or not status.is_as_declared:
            changes[slug] = change or SecretChange.KEEP
    return changes


def _after(
    fleet: Fleet,
    before: Copies,
    changes: Mapping[str, SecretChange],
    written: PoolResult[Observed],
    removed: PoolResult[str | None],
) -> Copies:
    """What the state has to know after a write, whatever came of it."""
    made = {slug: live for slug, live in written.done.items() if slug not in before.hooks}
    hooks = {**before.hooks, **{slug: live.uuid for slug, live in made.items()}}
    statuses = dict.fromkeys(fleet.repositories, AS_DECLARED)
    for slug in fleet.repositories:
        if slug not in hooks:
            statuses[slug] = SyncStatus(Sync.MISSING)
        elif slug in changes and slug not in written.done:
            statuses[slug] = not_updated(changes[slug])
    for slug in [slug for slug in hooks if slug not in fleet.repositories]:
        if slug in removed.done and removed.done[slug] is None:
            del hooks[slug]
        elif successor := removed.done.get(slug):
            statuses[slug] = SyncStatus(Sync.RELEASED, successor=successor)
        else:
            statuses[slug] = SyncStatus(Sync.LEFT_OVER)
    times = [live.created_at for live in made.values() if live.created_at]
    newest = max(times, default=before.created_at)
    stay = {s: uuid for s, uuid in before.repository_uuids.items() if s not in made}
    uuids = evolve(before, repository_uuids=stay).uuids_with(written.done)
    return Copies(hooks, statuses, newest, uuids)
