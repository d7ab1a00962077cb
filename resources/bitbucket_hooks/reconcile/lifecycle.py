"""Create, read, update and delete one hook, so that none is lost, doubled or taken from another."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Final, TypeVar

from attrs import define, evolve

from bitbucket_hooks.api.clock import Clock
from bitbucket_hooks.api.errors import AnswerLost, ApiError, NotFound
from bitbucket_hooks.api.hooks import unreadable_hook
from bitbucket_hooks.model.adopt_policy import MATCH, NEVER
from bitbucket_hooks.model.errors import ConflictError
from bitbucket_hooks.model.notes import NoteKind, note
from bitbucket_hooks.model.subject import Subject
from bitbucket_hooks.model.webhook import (
    MANAGED_WHEN_GIVEN,
    Desired,
    HookKey,
    Observed,
    SecretChange,
    differences,
    secret_change,
)
from bitbucket_hooks.reconcile.adoption import (
    adoptable,
    adoption_notice,
    changed_text_warning,
    changes_by_adoption,
    near_misses,
    ours_after_lost_answer,
)
from bitbucket_hooks.reconcile.claims import Claims, Owner
from bitbucket_hooks.reconcile.identities import Identities
from bitbucket_hooks.reconcile.listings import LAG, Listings
from bitbucket_hooks.reconcile.presence import Presence
from bitbucket_hooks.reconcile.registry import RegisteredHook, Registry, shared_notice

if TYPE_CHECKING:
    from bitbucket_hooks.api.hooks import HookApi  # it brings requests along

_PAUSES: Final = (0.3, 0.7, 1.0, 2.0, 3.0, 3.0)
"""Seconds between reads for what a lost answer or a lagging read hides: 10 in all."""

_SKEW: Final = 60.0  # seconds by which this machine's clock may be behind the service's

_POSTS: Final = 8  # times that a hook is made before its lost answers count as a failure

T = TypeVar("T")


class _MadeElsewhere(Exception):
    """Another run has made the hook that a POST would make, or is making it."""

    def __init__(self, entry: RegisteredHook) -> None:
        super().__init__(str(entry))
        self.entry = entry


@define
class Lifecycle:
    """The four operations on a hook, for one account."""

    api: HookApi
    listings: Listings
    presence: Presence
    claims: Claims
    registry: Registry
    identities: Identities
    clock: Clock
    notify: Callable[[str], None]
    warn: Callable[[str], None]

    def create(self, desired: Desired, owner: Owner, adopt: str) -> Observed:
        """Adopt the hook that the declaration means, or make it.

        Raises ApiError, and ConflictError when another resource declares the same hook or several
        live ones match.
        """
        declared = desired.subject
        desired = evolve(desired, subject=self.identities.resolved(declared))
        if adopt in (MATCH, NEVER):  # a declaration that names its hook makes none
            self._refuse_other_names(desired, declared, owner)
        fetched_at = self.listings.fetched_at(desired.subject)
        found = self._adoptable(desired, owner, adopt)
        if found is None:
            self._warn_of_near_misses(desired, owner)
        while found is None:
            try:
                return self._make(desired, owner, adopt, fetched_at)
            except _MadeElsewhere as error:
                self.listings.fetch(desired.subject)
                fetched_at = self.listings.fetched_at(desired.subject)
                found = self._adoptable(desired, owner, adopt)
                if found is None:  # wait as long as the entry is there, until reads must show it
                    age = self.clock.wall().timestamp() - error.entry.at
                    self.clock.sleep(max(0, min(LAG - age, max(_PAUSES[0], age))))
        try:
            self.claims.take(found.uuid, owner)
        except ConflictError:  # another resource has claimed it a moment ago: it is no match now
            return self.create(desired, owner, adopt)
        self._warn_of_other_stack(desired.subject, found.uuid, owner)
        self.registry.record(_key(desired), owner, found.uuid)
        return self._take_over(desired, found, owner)

    def read(self, subject: Subject, uuid: str, created_at: str | None = None) -> Observed | None:
        """The live hook; None when it, or the repository it hung on, is gone. Raises ApiError.

        A listing that lacks it proves nothing, as reads lag behind writes: only a 404 for the hook
        itself does. `created_at` is when it was made: a new one may answer 404 for some seconds.
        """
        live = self.presence.listing(subject)
        if live is not None and uuid not in live:
            self.listings.doubt(subject)
        found = self._in(live, subject, uuid, created_at)
        self.warn_of_new_name(subject, found.subject if found else None)
        return found

    def look_up(self, subject: Subject, uuid: str) -> Observed:
        """A hook that no state has. Raises ApiError, and NotFound when there is none."""
        found = self._in(self.listings.hooks(subject), subject, uuid)
        if found is None:
            raise NotFound(
                f"{subject}: there is no hook {uuid}",
                "Correct the id; a look-up can also be taken out of the program.",
                status=404,
            )
        return found

    def lives_on(self, subject: Subject, uuid: str) -> bool:
        """Whether a hook is found on another subject than it was, which was renamed then."""
        return self._in(self.presence.listing(subject), subject, uuid) is not None

    def update(
        self, uuid: str, desired: Desired, last: Observed, known_secret: str | None
    ) -> Observed:
        """Bring a hook in line. `last` is what the state knows of it. Raises ApiError."""
        change = due(desired, last, known_secret)
        return last if change is None else self.put(uuid, desired, change)

    def put(self, uuid: str, desired: Desired, change: SecretChange) -> Observed:
        """Write a hook as a whole, whatever is known of it. Raises ApiError."""
        subject = desired.subject
        try:
            whole = desired
            if desired.description is None:  # nobody manages it, and a PUT would take it away
                found = self._in(self.listings.hooks(subject), subject, uuid)
                whole = desired if found is None else evolve(desired, description=found.description)
            live = self._patiently(subject, uuid, lambda: self.api.update(uuid, whole, change))
        except NotFound as error:
            raise NotFound(
                f"{subject}: the hook {uuid} can't be updated; it, or the repository, is gone or "
                f"hidden from this identity",
                "Run `pulumi up --refresh`: it finds out, and creates again what is missing.",
                status=error.status,
            ) from None
        self._warn_of_changed_text(desired, live)
        self.listings.note(subject, uuid, live)
        return live

    def delete(
        self, subject: Subject, uuid: str, owner: Owner, created_at: str | None = None
    ) -> None:
        """Remove a hook, unless another resource holds it now; gone already is success.

        `created_at` is when it was made: a new one may answer 404 for some seconds. Raises
        ApiError, also when a 404 may mean that this identity just can't see the repository.
        """
        successor = self.claims.handed_over(uuid, owner)
        if successor is not None:
            self.notify(f"{subject}: kept the hook {uuid}; it belongs to {successor} now")
            return
        self._warn_of_other_stack(subject, uuid, owner)
        self.registry.forget(uuid)
        try:
            self._patiently(subject, uuid, lambda: self.api.delete(subject, uuid), created_at)
        except NotFound:
            self._make_sure_it_is_gone(subject, uuid, created_at)
        self.listings.note(subject, uuid, None)

    def _names_of(self, subject: Subject) -> list[Subject]:
        """A subject under all names that declarations may use: known ones, and those in answers."""
        now = self.listings.current_subject(subject) or subject
        return list(dict.fromkeys((subject.named, now.named, now.by_uuid)))

    def keys_of(
        self, subject: Subject, url: str, description: str | None, uuid: str
    ) -> Iterator[HookKey]:
        """The keys by which another declaration may mean a hook."""
        for title in dict.fromkeys((description or None, None)):
            for name in self._names_of(subject):
                yield HookKey(name, url, title, uuid)
                yield HookKey(name, url, title)

    def _refuse_other_names(self, desired: Desired, declared: Subject, owner: Owner) -> None:
        """Refuse what another resource declares under another name of the same subject."""
        self.listings.hooks(desired.subject)
        for subject in self._names_of(desired.subject):
            if subject != declared:  # of which the check has made sure
                key = evolve(_key(desired), subject=subject)
                self.claims.refuse_reserved_by_other(key, owner)

    def _adoptable(self, desired: Desired, owner: Owner, adopt: str) -> Observed | None:
        subject = desired.subject
        live = self.listings.trusted(subject)
        if adopt not in (MATCH, NEVER) and (named := self._in(live, subject, adopt)):
            live = {**live, adopt: named}
        return adoptable(desired, live, adopt, lambda uuid: self.claims.held_by_other(uuid, owner))

    def _in(
        self,
        live: Mapping[str, Observed] | None,
        subject: Subject,
        uuid: str,
        created_at: str | None = None,
    ) -> Observed | None:
        """A hook of a listing, or asked for by itself where the listing lacks it.

        Raises ApiError, also when the hook is there and can't be read.
        """
        if live is None:
            return None
        self._refuse_unreadable(subject, uuid)
        if uuid in live:
            return live[uuid]
        try:
            found = self._patiently(subject, uuid, lambda: self.api.hook(subject, uuid), created_at)
        except NotFound:
            return None
        self.listings.note(subject, uuid, found)
        return found

    def _refuse_unreadable(self, subject: Subject, uuid: str) -> None:
        if (problem := self.listings.unreadable(subject).get(uuid)) is not None:
            raise unreadable_hook(subject, uuid, problem)

    def _make(self, desired: Desired, owner: Owner, adopt: str, fetched_at: float) -> Observed:
        """Make a hook that a listing of `fetched_at`, or a later one, doesn't have."""
        key = _key(desired)
        for _ in range(_POSTS):
            before = self.listings.hooks(desired.subject)
            try:
                made = self.api.create(
                    desired, lambda: self._reserve(key, owner, adopt, fetched_at)
                )
            except AnswerLost as error:
                lost = error
                found = self._find_made(desired, before, owner)
                if found is None:
                    continue
                made = found
            except ApiError:
                self.registry.release(key)
                raise
            self.registry.record(key, owner, made.uuid)
            self._warn_of_changed_text(desired, made)
            self.claims.take(made.uuid, owner)
            self.listings.note(desired.subject, made.uuid, made)
            return made
        raise lost

    def warn_of_new_name(self, subject: Subject, now: Subject | None) -> None:
        """Warn once that a subject has another name `now`."""
        if now is None or now == subject or not subject.is_named:
            return
        if self.claims.is_first(f"renamed {subject}"):
            self.warn(
                f"{subject}: was renamed to {now}; its hooks are still managed: declare them with "
                "the new name"
            )

    def _warn_of_near_misses(self, desired: Desired, owner: Owner) -> None:
        """Warn that a hook is made beside one that seems to be the same."""
        subject = desired.subject
        live = self.listings.hooks(subject).values()
        near = near_misses(desired, live, lambda uuid: self.claims.held_by_other(uuid, owner))
        for uuid, why in near.items():
            self.warn(
                f"{subject}: a hook is made beside {uuid}, which may be the same: {why}; if it is, "
                "declare its url, or delete it"
            )

    def _warn_of_changed_text(self, desired: Desired, live: Observed) -> None:
        if (warning := changed_text_warning(desired, live)) is not None:
            self.warn(warning)

    def _reserve(self, key: HookKey, owner: Owner, adopt: str, fetched_at: float) -> None:
        """Keep a POST from being sent when another run may have made the hook a moment ago."""
        entry = self.registry.reserve(key, owner, fetched_at)
        if entry is not None and adopt != NEVER:
            raise _MadeElsewhere(entry)

    def _warn_of_other_stack(self, subject: Subject, uuid: str, owner: Owner) -> None:
        if others := self.registry.in_other_stacks([uuid], owner):
            self.warn(shared_notice(f"{subject}: the hook {uuid}", others.values()))

    def _find_made(
        self, desired: Desired, before: Mapping[str, Observed], owner: Owner
    ) -> Observed | None:
        """Look for what a POST without an answer made; it is ours, whatever `adopt` says."""
        subject = desired.subject
        unreadable = self.listings.unreadable(subject).keys()
        for pause in _PAUSES:
            self.clock.sit_out(pause)
            now = self.listings.fetch(subject)
            for uuid in self.listings.unreadable(subject).keys() - unreadable:
                self._refuse_unreadable(subject, uuid)  # it may be that hook: make no second
            for hook in ours_after_lost_answer(desired, before, now):
                if not self.claims.held_by_other(hook.uuid, owner):
                    return hook.completed(desired)
        return None

    def _take_over(self, desired: Desired, found: Observed, owner: Owner) -> Observed:
        change = secret_change(desired.secret, known=None, is_set=found.secret_set)
        changed = differences(desired, found)
        words = changes_by_adoption(desired, found)
        self.notify(adoption_notice(desired.subject, found.uuid, words))
        key = str(desired.subject)
        note(NoteKind.ADOPTED, owner.key, key=key, uuid=found.uuid, changes=words)
        if change is SecretChange.KEEP and not changed:
            return found.completed(desired)
        return self.put(found.uuid, desired, change)

    def _make_sure_it_is_gone(self, subject: Subject, uuid: str, created_at: str | None) -> None:
        for pause in _PAUSES:
            live = self.presence.listing(subject, again=True)
            if self._in(live, subject, uuid, created_at) is None:
                return
            self.clock.sleep(pause)
        self.api.delete(subject, uuid)

    def _patiently(
        self, subject: Subject, uuid: str, act: Callable[[], T], created_at: str | None = None
    ) -> T:
        """Repeat what answers 404 although the hook was made a moment ago."""
        for pause in _PAUSES:
            try:
                return act()
            except NotFound:
                if not (self.listings.just_written(subject, uuid) or self._is_new(created_at)):
                    raise
                self.clock.sleep(pause)
        return act()

    def _is_new(self, created_at: str | None) -> bool:
        """Whether a hook is so new that a read may not show it yet."""
        try:
            made = datetime.fromisoformat((created_at or "").replace("Z", "+00:00"))
            age = (self.clock.wall() - made).total_seconds()
        except (TypeError, ValueError):
            return False
        return -_SKEW < age < LAG


def _key(desired: Desired) -> HookKey:
    return HookKey(desired.subject, desired.url, desired.description)


def due(desired: Desired, last: Observed, known_secret: str | None) -> SecretChange | None:
    """What a write would say of the secret; None: there is nothing to write."""
    change = secret_change(desired.secret, known=known_secret, is_set=last.secret_set)
    newly_managed = any(  # the state doesn't have it, and the live hook may differ
        getattr(desired, name) is not None and getattr(last, name) is None
        for name in MANAGED_WHEN_GIVEN
        if name != "secret"  # `secret_set` is about that
    )
    is_same = not newly_managed and not differences(desired, last)
    return None if change is SecretChange.KEEP and is_same else change
