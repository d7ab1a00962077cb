"""One hook on many repositories: which copies have work to do, and what became of each."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Final

from attrs import define, evolve, field, frozen

from bitbucket_hooks.api.errors import Interrupted
from bitbucket_hooks.api.worker_pool import PoolResult
from bitbucket_hooks.model.errors import ConflictError, printable
from bitbucket_hooks.model.subject import Subject
from bitbucket_hooks.model.sync_status import (
    AS_DECLARED,
    Sync,
    SyncStatus,
    compare,
    not_updated,
    unchecked,
)
from bitbucket_hooks.model.urls import origin_shown
from bitbucket_hooks.model.webhook import (
    BY_KEY,
    Desired,
    Observed,
    SecretChange,
    canonical_value,
    secret_change,
)
from bitbucket_hooks.reconcile.bulk import BulkWork, not_found, raise_failures
from bitbucket_hooks.reconcile.claims import Owner
from bitbucket_hooks.reconcile.lifecycle import due

_GRACE: Final = 1.0  # seconds for other declarations of the same run to be noted before a removal
_SUCCESSOR_WAITS: Final = (0.2, 0.3, 0.5, 1.0, 2.0, 2.0, 4.0)
"""Seconds between checks whether another resource has adopted a copy: 10 in all."""


@frozen
class Copies:
    """What the state knows of a fleet's copies, by repository."""

    hooks: Mapping[str, str] = field(factory=dict)
    """The uuids of those that exist."""
    statuses: Mapping[str, SyncStatus] = field(factory=dict)
    """The sync status of each, declared or left over."""
    created_at: str | None = None
    """When the newest one was made."""
    repository_uuids: Mapping[str, str] = field(factory=dict)
    """Of the repositories, as far as answers had one."""

    def subject(self, workspace: str, repository: str) -> Subject:
        """What a copy hangs on; one that doesn't exist goes by the name alone."""
        known = self.repository_uuids.get(repository) if repository in self.hooks else None
        return Subject(workspace, repository, known)

    def status(self, repository: str) -> SyncStatus:
        """The sync status of a copy."""
        return self.statuses.get(repository, AS_DECLARED)

    def without(self, uuids: Collection[str]) -> Copies:
        """The same without some hooks."""
        return evolve(self, hooks={s: u for s, u in self.hooks.items() if u not in uuids})

    def uuids_with(self, live: Mapping[str, Observed]) -> dict[str, str]:
        """The uuids of repositories, with those of live copies."""
        subjects = {slug: hook.subject for slug, hook in live.items() if hook.subject}
        found = {slug: subject.uuid for slug, subject in subjects.items() if subject.uuid}
        return {**self.repository_uuids, **found}


@frozen
class FleetMark:
    """What the hooks of an existing fleet have in common: their description, or their url."""

    key: str
    """The property, by its name in the state."""
    value: str = field(repr=False)

    def is_on(self, hook: Observed) -> bool:
        """Whether a hook has it."""
        found = getattr(hook, BY_KEY[self.key].name) or ""
        return bool(canonical_value(self.key, found) == canonical_value(self.key, self.value))

    def __str__(self) -> str:
        text = origin_shown(self.value) if self.key == "url" else printable(self.value, 60)
        return f'the {self.key} "{text}"'


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
class Fleets(BulkWork):
    """Create, read, update and delete all copies of a hook."""

    what = "fleet"

    def bring_in_line(
        self,
        fleet: Fleet,
        before: Copies,
        last: Observed | None = None,
        known_secret: str | None = None,
    ) -> Copies:
        """Make, write and delete what has to be; copies that are as declared cost nothing.

        `last` is how every copy was declared before, as if it were one live hook, and
        `known_secret` the secret that was sent then. Raises Incomplete when some fail.
        """
        stay = [uuid for slug, uuid in before.hooks.items() if slug in fleet.repositories]
        before = before.without(self.lifecycle.claims.taken_over(stay, fleet.owner))
        change = due(fleet.template, last, known_secret) if last else None
        with self.folded() as quiet:
            return quiet._bring_in_line(fleet, before, last, change)  # noqa: SLF001  # our own

    def _bring_in_line(
        self, fleet: Fleet, before: Copies, last: Observed | None, change: SecretChange | None
    ) -> Copies:
        changes = _changes(fleet, before, change)
        leaving = {s: uuid for s, uuid in before.hooks.items() if s not in fleet.repositories}
        left = frozenset(leaving.values())
        new = [slug for slug in fleet.repositories if slug not in before.hooks]
        put = self.lifecycle.put
        written = self.pool.run(
            "fleet",
            {
                **{slug: partial(self._create, fleet, slug, before, left) for slug in new},
                **{
                    slug: partial(put, before.hooks[slug], fleet.copy(slug, before), change)
                    for slug, change in changes.items()
                },
            },
        )
        before, again = self._make_where_names_were_taken(fleet, before, written)
        # only now: a hook that came along with its renamed repository is claimed by this time
        is_stopped = written.stopped or again.stopped
        removed = PoolResult(0) if is_stopped else self._release_all(fleet, before, leaving, last)
        kept = {s: live for s, live in written.done.items() if s in before.hooks or s in new}
        done = evolve(written, done={**kept, **again.done})
        copies = _after(fleet, before, changes, done, removed)
        raise_failures("fleet", copies, written, again, removed)
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
        before = before.without({before.hooks[slug] for slug in left})
        if written.stopped:
            return before, PoolResult(len(left))
        make = {slug: partial(self._create, fleet, slug, before, frozenset()) for slug in left}
        return before, self.pool.run("fleet", make)

    def refresh(
        self,
        declared: Desired,
        before: Copies,
        *,
        is_due: Callable[[Subject], bool] = lambda _: True,
        hide_url: bool,
    ) -> Copies:
        """What lives now, from one listing per repository.

        A repository that can't be read keeps what is known of it, with a warning; one that isn't
        due keeps it without a word. Raises ApiError for what concerns all, and Incomplete when no
        repository can be read.
        """
        subjects = {s: before.subject(declared.subject.workspace, s) for s in before.hooks}
        due = {slug: subject for slug, subject in subjects.items() if is_due(subject)}
        read = self.lifecycle.read
        reads = {
            slug: partial(read, subject, before.hooks[slug], before.created_at)
            for slug, subject in due.items()
        }
        seen = self.read(reads, len(before.hooks), before)
        live = {slug: hook for slug, hook in seen.done.items() if hook is not None}
        hooks = {s: uuid for s, uuid in before.hooks.items() if s in live or s not in seen.done}
        statuses = dict(before.statuses)
        for slug in due:
            known = before.status(slug).last_known
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

    def find(
        self, workspace: str, repositories: Collection[str], mark: FleetMark
    ) -> dict[str, Observed]:
        """The one hook of each repository that has the mark.

        Raises ConflictError, which names the repositories without one or with several.
        """

        def with_mark(repository: str) -> Observed:
            subject = Subject(workspace, repository)
            hooks = self.lifecycle.listings.hooks(subject).values()
            found = [hook for hook in hooks if mark.is_on(hook) and not hook.read_only]
            if len(found) == 1:
                return found[0]
            how_many = f"{len(found)} hooks have" if found else "no hook has"
            uuids = "".join(f"\n    {hook.uuid}" for hook in found)
            raise ConflictError(
                f"{subject}: {how_many} {mark}{uuids}",
                "Correct the id, or leave these repositories out of it.",
            )

        pieces = {slug: partial(with_mark, slug) for slug in repositories}
        result = self.pool.run(self.what, pieces)
        if result.stopped:
            raise result.stopped
        if result.failed:
            raise not_found(self.what, result)
        return {slug: result.done[slug] for slug in repositories}  # in the order that was asked for

    def delete(self, workspace: str, copies: Copies, owner: Owner) -> None:
        """Remove all copies but those that another resource holds. Raises Incomplete."""
        subjects = {slug: copies.subject(workspace, slug) for slug in copies.hooks}
        with self.folded() as quiet:
            delete = quiet.lifecycle.delete
            pieces = {
                slug: partial(delete, subject, copies.hooks[slug], owner, copies.created_at)
                for slug, subject in subjects.items()
            }
            raise_failures("fleet", copies, self.pool.run("fleet", pieces))

    def _create(self, fleet: Fleet, slug: str, before: Copies, leaving: frozenset[str]) -> Observed:
        """Make a copy; one that left another repository and is found here came with a rename.

        `leaving` are the uuids of those that left.
        """
        desired = fleet.copy(slug, before)
        here = self.lifecycle.listings.hooks(desired.subject)
        moved = next((uuid for uuid in here if uuid in leaving), None)
        return self.lifecycle.create(desired, fleet.owner, moved or fleet.adopt)

    def _release_all(
        self, fleet: Fleet, before: Copies, leaving: Mapping[str, str], last: Observed | None
    ) -> PoolResult[str | None]:
        """Delete the copies that are no longer declared, or leave them to their successors."""
        if not leaving:
            return PoolResult(0)
        try:
            self.lifecycle.clock.sleep(_GRACE)
        except Interrupted as error:  # what was written before has to be recorded all the same
            return PoolResult(len(leaving), stopped=error)
        pieces = {
            # for one that was left before, its successor had a whole run to adopt it
            slug: partial(
                self._release, fleet, slug, before, None if before.status(slug).is_left else last
            )
            for slug in leaving
        }
        return self.pool.run("fleet, removing", pieces)

    def _release(
        self, fleet: Fleet, slug: str, before: Copies, last: Observed | None
    ) -> str | None:
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
        successor = None
        for pause in _SUCCESSOR_WAITS:
            if claims.handed_over(uuid, fleet.owner):
                return None
            keys = self.lifecycle.keys_of(subject, last.url, last.description, uuid)
            names = (claims.reserved_by_other(key, fleet.owner) for key in keys)
            successor = next(filter(None, names), None)
            if successor is None:
                return None
            self.lifecycle.clock.sleep(pause)
        return successor


def _changes(fleet: Fleet, before: Copies, change: SecretChange | None) -> dict[str, SecretChange]:
    """The copies to write, each with what is said of the secret; `change` is due for all."""
    resend = secret_change(fleet.template.secret, known=None, is_set=True)
    changes: dict[str, SecretChange] = {}
    for slug in fleet.repositories:
        status = before.status(slug)
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
