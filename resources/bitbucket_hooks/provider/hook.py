"""The providers behind `Hook` and `WorkspaceHook`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, ReadResult, UpdateResult

from bitbucket_hooks.api.errors import NotFound
from bitbucket_hooks.filesystem.secret_source import declared_secret
from bitbucket_hooks.model.errors import ConfigError, RemoteError
from bitbucket_hooks.model.exit_codes import REMOTE_FAILED
from bitbucket_hooks.model.state_codec import (
    desired_of,
    differing,
    had_secret,
    inputs_as_read,
    observed_of,
    outputs_as_read,
    outputs_of,
    subject_of,
    without_secret,
)
from bitbucket_hooks.model.subject import Subject, canonical_uuid
from bitbucket_hooks.model.urls import may_be_secret, origin_shown
from bitbucket_hooks.model.webhook import SecretChange
from bitbucket_hooks.provider import sdk_hooks
from bitbucket_hooks.provider.base import (
    DeclaringProvider,
    Props,
    is_declared,
    owner,
    warn_of_kept_secret,
)
from bitbucket_hooks.provider.checking import Checker
from bitbucket_hooks.provider.diffs import diff_of, known_secret
from bitbucket_hooks.reconcile.lifecycle import due


class _HookProvider(DeclaringProvider):
    """Translates between the engine and `reconcile`."""

    id_form: ClassVar[str]

    @sdk_hooks.provider_method
    def diff(self, _id: str, _olds: Props, _news: Props) -> DiffResult:
        """What an update would change; a hook that is declared is claimed."""
        if pulumi.contains_unknowns(_news):
            return DiffResult()
        moved = [key for key in self.checker.subject if _olds.get(key) != _news.get(key)]
        # a repository that was renamed has the hook; another one hasn't
        if moved and not self._session.lifecycle.lives_on(subject_of(_news), _id):
            return DiffResult(replaces=moved)
        if is_declared(_news):
            if not self._claim([_id], _news):
                return DiffResult(changes=True, replaces=["uuid"])
            if (known := subject_of(_olds)) == subject_of(_news):
                self._reserve_by_uuid(_news, [known])
        return diff_of(_olds, _news, [*moved, *differing(_olds, _news)])

    @sdk_hooks.provider_method
    def create(self, props: Props) -> CreateResult:
        """Make the hook, or adopt the one that the declaration means."""
        adopt = props.get("adopt", self._session.settings.adopt)
        secret = declared_secret(props)
        live = self._session.lifecycle.create(desired_of(props, secret), owner(props), adopt)
        return CreateResult(live.uuid, outputs_of(props, secret, live, {}))

    @sdk_hooks.provider_method
    def read(self, id_: str, props: Props) -> ReadResult:
        """Read the live hook; one that is gone is reported as gone.

        One that a refresh checks in another turn is taken to be as the state has it.
        """
        subject, uuid = self._place(id_, props)
        if "uuid" in props and not self._session.refresh_turns.is_due(subject):
            known = observed_of(uuid, props)
            inputs = inputs_as_read(subject, props, known)
            return ReadResult(uuid, outputs_as_read(inputs, known, props), inputs)
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
        if inputs["url"] != props.get("url") and may_be_secret(live.url):
            if "url" in props:
                sdk_hooks.warn(
                    f"{subject}: the url of the hook {uuid} was changed by hand and leads to "
                    f"{origin_shown(live.url)}, of which no more is shown; "
                    "run `pulumi up` to put the declared one back"
                )
            inputs["url"] = sdk_hooks.as_secret(inputs["url"])
        return ReadResult(uuid, outputs_as_read(inputs, live, props), inputs)

    @sdk_hooks.provider_method
    def update(self, _id: str, _olds: Props, _news: Props) -> UpdateResult:
        """Bring the live hook in line, in place."""
        desired = desired_of(_news, declared_secret(_news), _olds)
        if desired.secret is None and _olds.get("secretSet") and had_secret(_olds):
            warn_of_kept_secret(f"{desired.subject}: the hook {_id}")
        known = known_secret(desired.secret, _olds, _news)
        last = observed_of(_id, _olds)
        try:
            live = self._session.lifecycle.update(_id, desired, last, known)
        except RemoteError as error:
            may_be_done = error.exit_code == REMOTE_FAILED
            if may_be_done and due(desired, last, known) in (SecretChange.SET, SecretChange.REMOVE):
                sdk_hooks.keep_partly_done(_id, without_secret(_olds), _news)
            raise
        return UpdateResult(outputs_of(_news, desired.secret, live, _olds))

    @sdk_hooks.provider_method
    def delete(self, _id: str, _props: Props) -> None:
        """Remove the hook, unless it belongs to another resource by now."""
        created_at = _props.get("createdAt")
        self._session.lifecycle.delete(subject_of(_props), _id, owner(_props), created_at)

    def _place(self, id_: str, props: Mapping[str, Any]) -> tuple[Subject, str]:
        *names, uuid = id_.split("/")
        try:
            if not names:
                return subject_of(props), canonical_uuid(uuid)
            if len(names) == len(self.checker.subject):
                return Subject(*names), canonical_uuid(uuid)
        except (KeyError, ValueError):
            pass
        raise ConfigError(
            f'"{id_}" is no id of a {type(self).__name__.removesuffix("Provider")}',
            f"Write it as {self.id_form}.",
        )


class HookProvider(_HookProvider):
    """A webhook of a repository."""

    checker = Checker("repository", ("owner", "repository"))
    id_form = "WORKSPACE/REPOSITORY/{uuid}"


class WorkspaceHookProvider(_HookProvider):
    """A webhook of a workspace."""

    checker = Checker("workspace", ("workspace",))
    id_form = "WORKSPACE/{uuid}"
