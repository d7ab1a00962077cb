"""The operations of `Hook` and `WorkspaceHook`: one webhook each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Final

import pulumi

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
from bitbucket_hooks.operations import engine
from bitbucket_hooks.operations.checking import Checker
from bitbucket_hooks.operations.diffs import diff_of, known_secret
from bitbucket_hooks.operations.resource import (
    ResourceOperations,
    is_declared,
    owner,
    warn_of_kept_secret,
)
from bitbucket_hooks.operations.results import (
    Diff,
    InputProblem,
    PartlyDoneError,
    Props,
    ReadState,
)
from bitbucket_hooks.operations.wire import as_secret
from bitbucket_hooks.reconcile.claims import Owner
from bitbucket_hooks.reconcile.lifecycle import due

_BRIDGED: Final = "__defaults"
"""An input that Pulumi's bridge to Terraform providers keeps, and ours never."""
_bridged: Final[dict[Owner, Subject]] = {}
"""What hooks of `pulumi-bitbucket` that become ours hang on."""


class _SingleHookOperations(ResourceOperations):
    """Translates between the engine's values and `reconcile`."""

    id_form: ClassVar[str]

    def _problems(self, olds: Props, inputs: Props) -> Iterable[InputProblem]:
        """Refuse the replacement of a hook of `pulumi-bitbucket`, whose plugin would delete it.

        Older engines replace where the explicit provider is another one: they check anew, without
        the old inputs.
        """
        if pulumi.contains_unknowns(inputs) or "url" not in inputs:
            return
        us = owner(inputs)
        if _BRIDGED in olds and self.checker.subject[0] in olds:
            _bridged[us] = subject_of(olds)
        elif not olds and us in _bridged and _bridged[us] == subject_of(inputs):
            yield InputProblem(
                "",
                "would be replaced, and pulumi-bitbucket would then delete the hook that is "
                "adopted here; take it out of the state first (`pulumi state delete`)",
            )

    def diff(self, id_: str, olds: Props, news: Props) -> Diff:
        """What an update would change; a hook that is declared is claimed."""
        if pulumi.contains_unknowns(news):
            return Diff()
        moved = [key for key in self.checker.subject if olds.get(key) != news.get(key)]
        # a repository that was renamed has the hook; another one hasn't
        if moved and not self.session.lifecycle.lives_on(subject_of(news), id_):
            return Diff(replaces=moved)
        if is_declared(news):
            if not self._claim([id_], news):
                return Diff(changes=True, replaces=["uuid"])
            if (known := subject_of(olds)) == subject_of(news):
                self._reserve_by_uuid(news, [known])
        return diff_of(olds, news, [*moved, *differing(olds, news)])

    def create(self, props: Props) -> tuple[str, Props]:
        """Make the hook, or adopt the one that the declaration means."""
        adopt = props.get("adopt", self.session.settings.adopt)
        secret = declared_secret(props)
        live = self.session.lifecycle.create(desired_of(props, secret), owner(props), adopt)
        return live.uuid, outputs_of(props, secret, live, {})

    def read(self, id_: str, props: Props) -> ReadState:
        """Read the live hook; one that is gone is reported as gone.

        One that a refresh checks in another turn is taken to be as the state has it.
        """
        subject, uuid = self._place(id_, props)
        if "uuid" in props and not self.session.refresh_turns.is_due(subject):
            known = observed_of(uuid, props)
            inputs = inputs_as_read(subject, props, known)
            return ReadState(uuid, outputs_as_read(inputs, known, props), inputs)
        if "uuid" in props:
            live = self.session.lifecycle.read(subject, uuid, props.get("createdAt"))
        else:
            live = self.session.lifecycle.look_up(subject, uuid)
        if live is None:
            return ReadState("")
        inputs = inputs_as_read(subject, props, live)
        if inputs["url"] != props.get("url") and may_be_secret(live.url):
            if "url" in props:
                engine.warn(
                    f"{subject}: the url of the hook {uuid} was changed by hand and leads to "
                    f"{origin_shown(live.url)}, of which no more is shown; "
                    "run `pulumi up` to put the declared one back"
                )
            inputs["url"] = as_secret(inputs["url"])
        return ReadState(uuid, outputs_as_read(inputs, live, props), inputs)

    def update(self, id_: str, olds: Props, news: Props) -> Props:
        """Bring the live hook in line, in place."""
        desired = desired_of(news, declared_secret(news), olds)
        if desired.secret is None and olds.get("secretSet") and had_secret(olds):
            warn_of_kept_secret(f"{desired.subject}: the hook {id_}")
        known = known_secret(desired.secret, olds, news)
        last = observed_of(id_, olds)
        try:
            live = self.session.lifecycle.update(id_, desired, last, known)
        except RemoteError as error:
            may_be_done = error.exit_code == REMOTE_FAILED
            if may_be_done and due(desired, last, known) in (SecretChange.SET, SecretChange.REMOVE):
                raise PartlyDoneError(id_, without_secret(olds), error) from error
            raise
        return outputs_of(news, desired.secret, live, olds)

    def delete(self, id_: str, props: Props) -> None:
        """Remove the hook, unless it belongs to another resource by now."""
        created_at = props.get("createdAt")
        self.session.lifecycle.delete(subject_of(props), id_, owner(props), created_at)

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
            f'"{id_}" is no id of a {type(self).__name__.removesuffix("Operations")}',
            f"Write it as {self.id_form}.",
        )


class HookOperations(_SingleHookOperations):
    """A webhook of a repository."""

    checker = Checker("repository", ("owner", "repository"))
    id_form = "WORKSPACE/REPOSITORY/{uuid}"


class WorkspaceHookOperations(_SingleHookOperations):
    """A webhook of a workspace."""

    checker = Checker("workspace", ("workspace",))
    id_form = "WORKSPACE/{uuid}"
