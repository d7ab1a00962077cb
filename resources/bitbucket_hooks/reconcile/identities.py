"""One place under two names: a uuid where a slug may stand means the same repository."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

from attrs import define, evolve, field

from bitbucket_hooks.api.errors import ApiError
from bitbucket_hooks.api.paths import path_of
from bitbucket_hooks.model.subject import Subject
from bitbucket_hooks.model.webhook import Place
from bitbucket_hooks.reconcile.claims import Claims

if TYPE_CHECKING:
    from bitbucket_hooks.api.hooks import HookApi  # it brings requests along

_PATIENCE: Final = 5.0  # seconds: a preview without a network shall not hang


@define
class Identities:
    """Finds the names of repositories and workspaces that are declared by their uuid."""

    api: HookApi
    claims: Claims
    _unknown: set[Subject] = field(factory=set, init=False)
    _lock: threading.Lock = field(factory=threading.Lock, init=False, repr=False)

    def resolved(self, subject: Subject) -> Subject:
        """A subject by its names, and with its uuid where it was declared by that.

        One that is declared by names is given as it is; any other takes one request a run. Raises
        ApiError.
        """
        if subject.is_named:
            return subject
        path = path_of(subject)
        with self._lock:  # two threads would ask twice
            told = self.claims.agreed(f"names of {path}", lambda: self._ask(subject))
        workspace, repository, uuid = json.loads(told)
        return Subject(workspace, repository, uuid)

    def resolved_if_known(self, subject: Subject) -> Subject:
        """The same without an error: what can't be found out now stays as it is declared."""
        if subject in self._unknown:
            return subject
        try:
            return self.resolved(subject)
        except ApiError:
            self._unknown.add(subject)
            return subject

    def places(self, places: Iterable[Place]) -> Iterator[Place]:
        """Places of declarations, each under all names that are known of it."""
        for place in places:
            subject = self.resolved_if_known(place.subject)
            yield evolve(place, subject=subject.named)
            if subject.uuid is not None:
                yield evolve(place, subject=subject.by_uuid)

    def doubles(
        self, subjects: Iterable[Subject], *, is_checked: bool = False
    ) -> dict[Subject, Subject]:
        """Of subjects, those that are another one of them under another name, with that one.

        `is_checked` ones that can't be found out are let pass; else that raises ApiError.
        """
        resolve = self.resolved_if_known if is_checked else self.resolved
        first: dict[Subject, Subject] = {}
        pairs = [(one, first.setdefault(resolve(one).named, one)) for one in subjects]
        return {one: same for one, same in pairs if one != same}

    def _ask(self, subject: Subject) -> str:
        found = self.api.subject(subject, _PATIENCE)
        return json.dumps([found.workspace, found.repository, found.uuid])
