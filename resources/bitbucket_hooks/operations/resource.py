"""What the operations of all kinds of resources share: the account, `check`, who is declared."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import pulumi
from attrs import evolve, frozen

from bitbucket_hooks.model.errors import ConflictError
from bitbucket_hooks.model.state_codec import place_of
from bitbucket_hooks.model.subject import Subject
from bitbucket_hooks.model.webhook import HookKey
from bitbucket_hooks.operations import engine
from bitbucket_hooks.operations.checking import Checker
from bitbucket_hooks.operations.results import CheckedInputs, Diff, InputProblem, Props, ReadState

if TYPE_CHECKING:
    from bitbucket_hooks.operations.session import Session
    from bitbucket_hooks.reconcile.claims import Owner


@frozen
class ResourceOperations(ABC):
    """The operations of one kind of resource with one account."""

    checker: ClassVar[Checker]
    session: Session

    def check(self, olds: Props, news: Props) -> CheckedInputs:
        """Validate the declaration, give its canonical form, and reserve its keys."""
        checked = self.checker.check(self.session, olds, news)
        inputs = checked.inputs
        _declared.add(_key(inputs))
        problems = [*checked.problems, *self._problems(olds, inputs)]
        if not (problems or pulumi.contains_unknowns(inputs)):
            problems += self._named_twice(inputs, is_checked=True)
            keys = list(self.session.identities.all_keys(self._keys(inputs)))
            us = owner(inputs)
            self.session.claims.reserve(keys, us)
            if not olds:
                self._warn_of_other_stacks(keys, us)
        return CheckedInputs(inputs, problems)

    @abstractmethod
    def diff(self, id_: str, olds: Props, news: Props) -> Diff:
        """What an update would change; `olds` are outputs. A declared resource is claimed."""

    @abstractmethod
    def create(self, props: Props) -> tuple[str, Props]:
        """Make the resource; gives its id and outputs. Raises PartlyDoneError."""

    @abstractmethod
    def read(self, id_: str, props: Props) -> ReadState:
        """Read what is live; without a state (`props`), the id says where."""

    @abstractmethod
    def update(self, id_: str, olds: Props, news: Props) -> Props:
        """Bring what is live in line; gives the outputs. Raises PartlyDoneError."""

    @abstractmethod
    def delete(self, id_: str, props: Props) -> None:
        """Remove the resource, unless what is live belongs to another resource by now."""

    def _problems(self, olds: Props, inputs: Props) -> Iterable[InputProblem]:  # noqa: ARG002  # for some kinds
        """What is wrong with inputs that no rule of a single property sees."""
        return ()

    def _subjects(self, props: Props) -> list[Subject]:
        """What the hooks of a declaration hang on."""
        workspace, *rest = self.checker.subject
        if not rest:
            return [Subject(props[workspace])]
        slugs = props.get(rest[0], ())
        slugs = [slugs] if isinstance(slugs, str) else slugs
        return [Subject(props[workspace], slug) for slug in slugs]

    def _keys(self, inputs: Props) -> Iterable[HookKey]:
        """Which hooks a declaration means."""
        key = place_of(inputs)
        return [evolve(key, subject=subject) for subject in self._subjects(inputs)]

    def _reserve_by_uuid(self, news: Props, subjects: Iterable[Subject]) -> None:
        """Hold what is declared under the uuids that are known, too: names may have changed."""
        key = place_of(news)
        keys = [evolve(key, subject=subject.by_uuid) for subject in subjects if subject.uuid]
        self.session.claims.reserve(keys, owner(news))

    def _warn_of_other_stacks(self, keys: Collection[HookKey], us: Owner) -> None:
        """Warn, in a preview already, when another stack has the hooks of a new resource."""
        # A program imports this too, but opens no session: what that takes is imported late.
        from bitbucket_hooks.reconcile.registry import shared_notice  # noqa: PLC0415

        if others := self.session.registry.declared_in_other_stacks(keys, us):
            first, *more = sorted({str(key.subject) for key in others})
            where = f"{first} and {len(more):,} more" if more else first
            engine.warn(shared_notice(where, others.values()))

    def _claim(self, uuids: Collection[str], props: Props) -> Collection[str]:
        """Hold the hooks that a resource is declared with; gives those that are its own still.

        Raises ConflictError when another one is declared with the same.
        """
        claims, us = self.session.claims, owner(props)
        try:
            claims.declare(uuids, us)
        except ConflictError:
            lost = claims.taken_over(uuids, us)
            if not lost:
                raise
            for uuid, successor in lost.items():
                engine.inform(
                    f"the hook {uuid} belongs to {successor} now; another one is made here"
                )
            uuids = [uuid for uuid in uuids if uuid not in lost]
            claims.declare(uuids, us)
        return uuids

    def _named_twice(self, props: Props, *, is_checked: bool = False) -> Iterator[InputProblem]:
        """What is wrong with a list that has one repository by its slug and by its uuid."""
        doubles = self.session.identities.doubles(self._subjects(props), is_checked=is_checked)
        for subject, same in doubles.items():
            yield InputProblem(
                "repositories",
                f'"{subject.repository}" and "{same.repository}" are the same '
                "repository; remove one of the two",
            )


_declared: set[str] = set()  # what was checked: a diff of it is a declaration, else a refresh


def is_declared(props: Mapping[str, Any]) -> bool:
    """Whether a diff is about a declaration, rather than a refresh."""
    return _key(props) in _declared


def owner(props: Mapping[str, Any]) -> Owner:
    """The resource that the engine's call is about."""
    from bitbucket_hooks.reconcile.claims import Owner  # noqa: PLC0415 - see above

    urn = engine.current_urn()
    if urn is None:
        return Owner(f"unnamed {_key(props)}", "another resource")
    kind, _, name = urn.rpartition("::")
    return Owner(urn, f"{kind.rpartition(':')[2]} {name!r}")


def _key(props: Mapping[str, Any]) -> str:
    """What distinguishes one declaration from another within a process."""
    urn = engine.current_urn()
    if urn is not None:
        return urn
    return hashlib.sha256(repr(sorted((k, repr(v)) for k, v in props.items())).encode()).hexdigest()


def warn_of_kept_secret(whose: str) -> None:
    """Say that a secret which is no longer declared stays: an unset variable disarms no hook."""
    engine.warn(
        f'{whose} keeps its secret, which is no longer declared; to remove it, declare secret=""'
    )
