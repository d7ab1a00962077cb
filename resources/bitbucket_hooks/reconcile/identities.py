"""One subject under two names: a uuid where a slug may stand means the same repository."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

from attrs import define, evolve, field

from bitbucket_hooks.api.errors import ApiError, NotFound, PermissionRefused, ScopeMissing
from bitbucket_hooks.model.subject import Subject, path_of
from bitbucket_hooks.model.webhook import HookKey
from bitbucket_hooks.reconcile.claims import Claims

if TYPE_CHECKING:
    from bitbucket_hooks.api.hooks import HookApi  # it brings requests along

_PATIENCE: Final = 5.0  # seconds: a preview without a network shall not hang
_OF_ONE: Final = (NotFound, PermissionRefused)  # any other failure would meet the next one too


@define
class Identities:
    """Finds the names of repositories and workspaces that are declared by their uuid."""

    api: HookApi
    claims: Claims
    _unknown: set[Subject] = field(factory=set, init=False)
    _is_hopeless: bool = field(default=False, init=False)
    """Whether a check would ask in vain."""
    _lock: threading.Lock = field(factory=threading.Lock, init=False, repr=False)

    def resolved(self, subject: Subject) -> Subject:
        """A subject by its names, and with its uuid where it was declared by that.

        One that is declared by names is given as it is; any other takes one request a run. Raises
        ApiError.
        """
        if subject.is_named:
            return subject
        with self._lock:  # two threads would ask twice
            return self._found(subject)

    def resolved_if_known(self, subject: Subject) -> Subject:
        """The same without an error: what can't be found out now stays as it is declared.

        Without a network that is found out once, however many there are.
        """
        if subject.is_named:
            return subject
        with self._lock:
            if self._is_hopeless or subject in self._unknown:
                return subject
            try:
                return self._found(subject)
            except ApiError as error:
                self._is_hopeless = not isinstance(error, _OF_ONE)
                self._unknown.add(subject)
                return subject

    def all_keys(self, keys: Iterable[HookKey]) -> Iterator[HookKey]:
        """Keys of declarations, each under all names that are known of its subject."""
        for key in keys:
            subject = self.resolved_if_known(key.subject)
            yield evolve(key, subject=subject.named)
            if subject.uuid is not None:
                yield evolve(key, subject=subject.by_uuid)

    def doubles(
        self, subjects: Iterable[Subject], *, is_checked: bool = False
    ) -> dict[Subject, Subject]:
        """Of subjects, those that are another one of them under another name, with that one.

        Those that can't be read are let pass: a copy that is made there asks for itself. When
        others can't be found out, `is_checked` ones are let pass too; else that raises ApiError.
        """
        resolve = self.resolved_if_known if is_checked else self._resolved_if_readable
        first: dict[Subject, Subject] = {}
        same = {subject: first.setdefault(resolve(subject).named, subject) for subject in subjects}
        return {subject: other for subject, other in same.items() if subject != other}

    def _resolved_if_readable(self, subject: Subject) -> Subject:
        try:
            return self.resolved(subject)
        except (*_OF_ONE, ScopeMissing):
            return subject

    def _found(self, subject: Subject) -> Subject:
        def ask() -> str:
            found = self.api.subject(subject, _PATIENCE)
            return json.dumps([found.workspace, found.repository, found.uuid])

        return Subject(*json.loads(self.claims.agreed(f"names of {path_of(subject)}", ask)))
