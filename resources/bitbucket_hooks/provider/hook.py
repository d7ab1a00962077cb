"""The providers behind `Hook` and `WorkspaceHook`."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, ClassVar, Final

import pulumi
from pulumi.dynamic import (
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    ResourceProvider,
    UpdateResult,
)

from bitbucket_hooks.api.errors import NotFound
from bitbucket_hooks.errors import ConfigError
from bitbucket_hooks.model.subject import Subject, canonical_uuid
from bitbucket_hooks.provider import seam
from bitbucket_hooks.provider.checking import Checker
from bitbucket_hooks.provider.properties import (
    changed,
    desired_of,
    had_secret,
    inputs_as_read,
    observed_of,
    outputs_of,
    place_of,
    subject_of,
)
from bitbucket_hooks.provider.session import Session, owner_of, session_for

seam.print_errors_without_traceback()

Props = dict[str, Any]

_WORKERS: Final = 256  # more than the engine asks for at once on any machine


class _HookProvider(ResourceProvider):
    """Translates between the engine and `reconcile`; holds no state that would be pickled."""

    serialize_as_secret_always = False  # nothing secret is pickled: class and module name
    checker: ClassVar[Checker]
    id_form: ClassVar[str]
    _session: Session

    def configure(self, req: ConfigureRequest) -> None:
        """Take the account from the configuration. Raises ConfigError."""
        seam.widen_server(_WORKERS)
        self._session = session_for(req.config.get)

    def check(self, _olds: Props, news: Props) -> CheckResult:
        """Validate the declaration and give its canonical form."""
        result = self.checker.check(self._session, _olds, news)
        key = _key(result.inputs)
        _declared.add(key)
        if not result.failures and not pulumi.contains_unknowns(result.inputs):
            self._session.claims.intend(place_of(result.inputs), owner_of(key))
        return result

    def diff(self, _id: str, _olds: Props, _news: Props) -> DiffResult:
        """Tell what an update would change; a hook that is declared is claimed."""
        if pulumi.contains_unknowns(_news):
            return DiffResult()
        moved = [key for key in self.checker.subject if _olds.get(key) != _news.get(key)]
        replaces = moved if moved and not self._lives_on(subject_of(_news), _id) else []
        if _key(_news) in _declared and not replaces:
            self._session.claims.declare(_id, owner_of(_key(_news)))
        # None lets the engine compare the inputs itself: it then names just what changed
        is_same = not moved and not changed(_olds, _news)
        return DiffResult(changes=False if is_same else None, replaces=replaces)

    def create(self, props: Props) -> CreateResult:
        """Make the hook, or take over the one that the declaration means."""
        adopt = props.get("adopt", self._session.settings.adopt)
        live = self._session.lifecycle.create(desired_of(props), owner_of(_key(props)), adopt)
        return CreateResult(live.uuid, outputs_of(props, live))

    def read(self, id_: str, props: Props) -> ReadResult:
        """Read the live hook; one that is gone is reported as gone."""
        subject, uuid = self._place(id_, props)
        live = self._session.lifecycle.read(subject, uuid, props.get("createdAt"))
        if live is None and "uuid" not in props:  # a look-up: there is no state to correct
            raise NotFound(
                f"{subject}: there is no hook {uuid}",
                "Correct the id of the look-up, or take it out of the program.",
                status=404,
            )
        if live is None:
            return ReadResult("", {})
        inputs = inputs_as_read(subject, props, live)
        return ReadResult(uuid, outputs_of(inputs, live), inputs)

    def update(self, _id: str, _olds: Props, _news: Props) -> UpdateResult:
        """Bring the live hook in line, in place."""
        desired = desired_of(_news)
        if desired.secret is None and _olds.get("secretSet") and had_secret(_olds):
            seam.warn(
                f"{desired.subject}: the hook {_id} keeps its secret, which is no longer declared; "
                'to remove it, declare secret=""'
            )
        known = desired.secret if _same_secret(_olds, _news) else None
        last = observed_of(_id, _olds)
        live = self._session.lifecycle.update(_id, desired, last, known)
        return UpdateResult(outputs_of(_news, live))

    def delete(self, _id: str, _props: Props) -> None:
        """Remove the hook, unless it belongs to another resource by now."""
        self._session.lifecycle.delete(subject_of(_props), _id, owner_of(_key(_props)))

    def _lives_on(self, subject: Subject, uuid: str) -> bool:
        """Tell a repository that was renamed from another one: the hook moved along or not."""
        return self._session.lifecycle.read(subject, uuid) is not None

    def _place(self, id_: str, props: Mapping[str, Any]) -> tuple[Subject, str]:
        *names, uuid = id_.split("/")
        try:
            if not names:
                return subject_of(props), canonical_uuid(uuid)
            if len(names) == len(self.checker.subject):
                return Subject(*names), canonical_uuid(uuid)
        except (KeyError, ValueError):
            pass
        raise ConfigError(f'"{id_}" is no id of this resource', f"Write it as {self.id_form}.")


class HookProvider(_HookProvider):
    """A webhook of a repository."""

    checker = Checker("repository", ("owner", "repository"))
    id_form = "WORKSPACE/REPOSITORY/{uuid}"


class WorkspaceHookProvider(_HookProvider):
    """A webhook of a workspace."""

    checker = Checker("workspace", ("workspace",))
    id_form = "WORKSPACE/{uuid}"


_declared: set[str] = set()  # what was checked: a diff of it is a declaration, else a refresh


def _key(props: Mapping[str, Any]) -> str:
    """Tell one declaration from another within a process."""
    urn = seam.current_urn()
    if urn is not None:
        return urn
    told = sorted((k, repr(v)) for k, v in props.items() if not k.startswith("__"))
    return hashlib.sha256(repr(told).encode()).hexdigest()


def _same_secret(olds: Mapping[str, Any], news: Mapping[str, Any]) -> bool:
    return all(olds.get(key) == news.get(key) for key in ("secret", "secretFingerprint"))
