"""What the providers of all kinds of hooks share: the account, `check`, and who is declared.

A program imports its providers too, but never opens a session: what that takes is imported late.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final

import pulumi
from attrs import evolve
from pulumi.dynamic import CheckFailure, CheckResult, ConfigureRequest, ResourceProvider

from bitbucket_hooks.model.errors import ConflictError
from bitbucket_hooks.model.state_codec import place_of
from bitbucket_hooks.model.subject import Subject
from bitbucket_hooks.model.webhook import HookKey
from bitbucket_hooks.provider import sdk_hooks
from bitbucket_hooks.provider.checking import Checker

if TYPE_CHECKING:
    from bitbucket_hooks.provider.session import Session
    from bitbucket_hooks.reconcile.claims import Owner

sdk_hooks.install()

Props = dict[str, Any]

_WORKERS: Final = 256  # more than the engine asks for at once on any machine


class DeclaringProvider(ResourceProvider):
    """Checks declarations and reserves their keys; holds no state that would be pickled."""

    serialize_as_secret_always = False  # nothing secret is pickled: class and module name
    checker: ClassVar[Checker]
    _session: Session

    def configure(self, req: ConfigureRequest) -> None:
        """Take the account from the configuration. Raises ConfigError."""
        from bitbucket_hooks.provider.session import session_for  # noqa: PLC0415 - see above

        sdk_hooks.widen_server(_WORKERS)
        self._session = session_for(req.config.get)

    @sdk_hooks.provider_method
    def check(self, _olds: Props, news: Props) -> CheckResult:
        """Validate the declaration and give its canonical form."""
        result = self.checker.check(self._session, _olds, news)
        inputs = result.inputs
        _declared.add(_key(inputs))
        problems = list(self._problems(_olds, inputs))
        if not (result.failures or problems or pulumi.contains_unknowns(inputs)):
            problems += self._named_twice(inputs, is_checked=True)
            keys = list(self._session.identities.all_keys(self._keys(inputs)))
            us = owner(inputs)
            self._session.claims.reserve(keys, us)
            if not _olds:
                self._warn_of_other_stacks(keys, us)
        failures = [CheckFailure("", text) for text in problems]
        return CheckResult(inputs, [*result.failures, *failures])

    def _problems(self, olds: Props, inputs: Props) -> Iterable[str]:  # noqa: ARG002  # for some kinds
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
        self._session.claims.reserve(keys, owner(news))

    def _warn_of_other_stacks(self, keys: Collection[HookKey], us: Owner) -> None:
        """Warn, in a preview already, when another stack has the hooks of a new resource."""
        from bitbucket_hooks.reconcile.registry import shared_notice  # noqa: PLC0415 - see above

        if others := self._session.registry.declared_in_other_stacks(keys, us):
            first, *more = sorted({str(key.subject) for key in others})
            where = f"{first} and {len(more):,} more" if more else first
            sdk_hooks.warn(shared_notice(where, others.values()))

    def _claim(self, uuids: Collection[str], props: Props) -> Collection[str]:
        """Hold the hooks that a resource is declared with; gives those that are its own still.

        Raises ConflictError when another one is declared with the same.
        """
        claims, us = self._session.claims, owner(props)
        try:
            claims.declare(uuids, us)
        except ConflictError:
            lost = claims.taken_over(uuids, us)
            if not lost:
                raise
            for uuid, successor in lost.items():
                sdk_hooks.inform(
                    f"the hook {uuid} belongs to {successor} now; another one is made here"
                )
            uuids = [uuid for uuid in uuids if uuid not in lost]
            claims.declare(uuids, us)
        return uuids

    def _named_twice(self, props: Props, *, is_checked: bool = False) -> Iterator[str]:
        """What is wrong with a list that has one repository by its slug and by its uuid."""
        doubles = self._session.identities.doubles(self._subjects(props), is_checked=is_checked)
        for subject, same in doubles.items():
            yield (
                f'repositories: "{subject.repository}" and "{same.repository}" are the same '
                "repository; remove one of the two"
            )


_declared: set[str] = set()  # what was checked: a diff of it is a declaration, else a refresh


def is_declared(props: Mapping[str, Any]) -> bool:
    """Whether a diff is about a declaration, rather than a refresh."""
    return _key(props) in _declared


def owner(props: Mapping[str, Any]) -> Owner:
    """The resource that the engine's call is about."""
    from bitbucket_hooks.reconcile.claims import Owner  # noqa: PLC0415 - see above

    urn = sdk_hooks.current_urn()
    if urn is None:
        return Owner(f"unnamed {_key(props)}", "another resource")
    kind, _, name = urn.rpartition("::")
    return Owner(urn, f"{kind.rpartition(':')[2]} {name!r}")


def _key(props: Mapping[str, Any]) -> str:
    """What distinguishes one declaration from another within a process."""
    urn = sdk_hooks.current_urn()
    if urn is not None:
        return urn
    declared = sorted((k, repr(v)) for k, v in props.items() if not k.startswith("__"))
    return hashlib.sha256(repr(declared).encode()).hexdigest()


def warn_of_kept_secret(whose: str) -> None:
    """Say that a secret which is no longer declared stays: an unset variable disarms no hook."""
    sdk_hooks.warn(
        f'{whose} keeps its secret, which is no longer declared; to remove it, declare secret=""'
    )
