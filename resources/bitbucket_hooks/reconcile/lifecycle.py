"""Create, read, update and delete one hook, so that none is lost, doubled or taken from another."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
    near_miss_warning,
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

_LOOKS: Final = (0.3, 0.7, 1.0, 2.0, 3.0, 3.0)
"""Seconds between looks for what a lost answer or a lagging read hides: 10 in all."""

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
        looked_at = self.listings.looked_at(desired.subject)
        found = self._adoptable(desired, owner, adopt)
        if found is None:
            self._warn_of_near_misses(desired, owner)
        while found is None:
            try:
                return self._make(desired, owner, adopt, looked_at)
            except _MadeElsewhere as error:
                self.listings.again(desired.subject)
                looked_at = self.listings.looked_at(desired.subject)
                found = self._adoptable(desired, owner, adopt)
                if found is None:
                    self._wait_for(error.entry)
        try:
            self.claims.take(found.uuid, owner)
        except ConflictError:  # another resource has claimed it a moment ago: it is no match now
            return self.create(desired, owner, adopt)
        self._warn_of_other_stack(desired.subject, found.uuid, owner)
        self.registry.record(_place(desired), owner, found.uuid)
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
            whole = desired if desired.description is not None else self._with_title(desired, uuid)
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

    def names_of(self, subject: Subject) -> list[Subject]:
        """A subject as declarations may call it: as it is known, and as answers tell."""
        now = self.listings.subject(subject) or subject
        return list(dict.fromkeys((subject.named, now.named, now.by_uuid)))

    def _refuse_other_names(self, desired: Desired, declared: Subject, owner: Owner) -> None:
        """Refuse what another resource declares under another name of the same place."""
        self.listings.of(desired.subject)
        for subject in self.names_of(desired.subject):
            if subject != declared:  # of which the check has made sure
                place = evolve(_place(desired), subject=subject)
                self.claims.refuse_reserved_by_other(place, owner)

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

    def _make(self, desired: Desired, owner: Owner, adopt: str, looked_at: float) -> Observed:
        """Make a hook that a listing of `looked_at`, or a later one, doesn't have."""
        place = _place(desired)
        for _ in range(_POSTS):
            before = self.listings.of(desired.subject)
            try:
                made = self.api.create(
                    desired, lambda: self._reserve(place, owner, adopt, looked_at)
                )
            except AnswerLost as error:
                lost = error
                found = self._find_made(desired, before, owner)
                if found is None:
                    continue
                made = found
            except ApiError:
                self.registry.release(place)
                raise
            self.registry.record(place, owner, made.uuid)
            self._warn_of_changed_text(desired, made)
            self.claims.take(made.uuid, owner)
            self.listings.note(desired.subject, made.uuid, made)
            return made
        raise lost

    def warn_of_new_name(self, subject: Subject, now: Subject | None) -> None:
        """Warn once that a subject is called otherwise `now`, as an answer told."""
        if now is None or now == subject or not subject.is_named:
            return
        if self.claims.is_first(f"renamed {subject}"):
            self.warn(
                f"{subject}: was renamed to {now}; its hooks are still managed: declare them with "
                "the new name"
            )

    def _warn_of_near_misses(self, desired: Desired, owner: Owner) -> None:
        live = self.listings.of(desired.subject).values()
        near = near_misses(desired, live, lambda uuid: self.claims.held_by_other(uuid, owner))
        for uuid, why in near.items():
            self.warn(near_miss_warning(desired.subject, uuid, why))

    def _warn_of_changed_text(self, desired: Desired, live: Observed) -> None:
        if (warning := changed_text_warning(desired, live)) is not None:
            self.warn(warning)

    def _reserve(self, place: HookKey, owner: Owner, adopt: str, looked_at: float) -> None:
        """Keep a POST from being sent when another run may have made the hook a moment ago."""
        entry = self.registry.reserve(place, owner, looked_at)
        if entry is not None and adopt != NEVER:
            raise _MadeElsewhere(entry)

    def _wait_for(self, entry: RegisteredHook) -> None:
        """Wait as long as another run's entry has been there, until reads must show its hook."""
        age = self.clock.wall().timestamp() - entry.at
        self.clock.sleep(max(0, min(LAG - age, max(_LOOKS[0], age))))

    def _warn_of_other_stack(self, subject: Subject, uuid: str, owner: Owner) -> None:
        if others := self.registry.in_other_stacks([uuid], owner):
            self.warn(shared_notice(f"{subject}: the hook {uuid}", others.values()))

    def _find_made(
        self, desired: Desired, before: Mapping[str, Observed], owner: Owner
    ) -> Observed | None:
        """Look for what a POST without an answer made; it is ours, whatever `adopt` says."""
        unreadable = self.listings.unreadable(desired.subject).keys()

        def look() -> Observed | None:
            now = self.listings.again(desired.subject)
            for uuid in self.listings.unreadable(desired.subject).keys() - unreadable:
                self._refuse_unreadable(desired.subject, uuid)  # it may be the one: make no second
            new = ours_after_lost_answer(desired, before, now)
            free = [hook for hook in new if not self.claims.held_by_other(hook.uuid, owner)]
            return free[0].completed(desired) if free else None

        return self._look(look)

    def _take_over(self, desired: Desired, found: Observed, owner: Owner) -> Observed:
        change = secret_change(desired.secret, known=None, is_set=found.secret_set)
        changed = differences(desired, found)
        words = changes_by_adoption(desired, found, changed, change)
        self.notify(adoption_notice(desired.subject, found.uuid, words))
        key = str(desired.subject)
        note(NoteKind.ADOPTED, owner.key, key=key, uuid=found.uuid, changes=words)
        if change is SecretChange.KEEP and not changed:
            return found.completed(desired)
        return self.put(found.uuid, desired, change)

    def _with_title(self, desired: Desired, uuid: str) -> Desired:
        """PUT replaces the description: one that isn't managed has to be sent as it is."""
        found = self._in(self.listings.of(desired.subject), desired.subject, uuid)
        return desired if found is None else evolve(desired, description=found.description)

    def _make_sure_it_is_gone(self, subject: Subject, uuid: str, created_at: str | None) -> None:
        for pause in _LOOKS:
            live = self.presence.listing(subject, again=True)
            if self._in(live, subject, uuid, created_at) is None:
                return
            self.clock.sleep(pause)
        self.api.delete(subject, uuid)

    def _patiently(
        self, subject: Subject, uuid: str, act: Callable[[], T], created_at: str | None = None
    ) -> T:
        """Repeat what answers 404 although the hook was made a moment ago."""
        for pause in _LOOKS:
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

    def _look(self, look: Callable[[], Observed | None]) -> Observed | None:
        for pause in _LOOKS:
            self.clock.sit_out(pause)
            if (found := look()) is not None:
                return found
        return None


def _place(desired: Desired) -> HookKey:
    return HookKey(desired.subject, desired.url, desired.description)


def due(desired: Desired, last: Observed, known_secret: str | None) -> SecretChange | None:
    """What a write would say of the secret; None: there is nothing to write."""
    change = secret_change(desired.secret, known=known_secret, is_set=last.secret_set)
    same = not differences(desired, last) and not _newly_managed(desired, last)
    return None if change is SecretChange.KEEP and same else change


def _newly_managed(desired: Desired, last: Observed) -> bool:
    """Whether something is declared that the state tells nothing of: the live hook may differ."""
    return any(
        getattr(desired, name) is not None and getattr(last, name) is None
        for name in MANAGED_WHEN_GIVEN
        if name != "secret"  # of which `secret_set` tells
    )
