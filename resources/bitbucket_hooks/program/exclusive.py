"""`RepositoryHooksExclusive`, `WorkspaceHooksExclusive`: only declared hooks may be there."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, TypeAlias

import pulumi
from attrs import define

from bitbucket_hooks.program.args import HookResource, PythonNames, arguments
from bitbucket_hooks.program.hook_fleet import HookFleet
from bitbucket_hooks.program.listed import flat
from bitbucket_hooks.provider.exclusive import (
    RepositoryHooksExclusiveProvider,
    WorkspaceHooksExclusiveProvider,
)

Uuids: TypeAlias = (
    HookResource
    | HookFleet
    | pulumi.Input[str]
    | pulumi.Input[Mapping[str, pulumi.Input[str]]]
    | pulumi.Input[Collection[pulumi.Input[str]]]
)
"""What names hooks: resources, uuids, and mappings or lists of uuids."""

_COMPUTED: Final = ("unmanaged", "existing")


@define(kw_only=True)
class ExclusiveArgs:
    """The arguments that both share."""

    hooks: Collection[Uuids] | pulumi.Input[Collection[str]] | None = None
    """The hooks that may be there: resources, uuids, mappings to or lists of uuids."""
    on_unmanaged: pulumi.Input[str] | None = None
    """What becomes of others: `report` (default), a warning, or `delete`.

    To delete more than 30 % and at least 5 of all hooks in one step is refused, unless it is forced
    with `BITBUCKET_HOOKS_FORCE=1`. Hooks of installed apps are left alone.
    """


class ExclusiveResource(PythonNames):
    """What both have in common."""

    hooks: pulumi.Output[Sequence[str]]
    """The uuids of the hooks that may be there, sorted."""
    on_unmanaged: pulumi.Output[str]
    """What becomes of others: `report` or `delete`."""
    unmanaged: pulumi.Output[Mapping[str, str]]
    """The others by uuid, each with where it hangs, its description and its url."""
    existing: pulumi.Output[int]
    """How many hooks there are, these and the others."""


@define(kw_only=True)
class RepositoryHooksExclusiveArgs(ExclusiveArgs):
    """The arguments of a `RepositoryHooksExclusive`."""

    owner: pulumi.Input[str] | None = None
    """The workspace's slug; default `bitbucket:workspace`."""
    repositories: pulumi.Input[Collection[pulumi.Input[str]]] | None = None
    """The repositories' slugs."""


class RepositoryHooksExclusive(
    ExclusiveResource, module="bitbucket", name="RepositoryHooksExclusive"
):
    """Finds hooks that nothing declares on repositories, and removes them when that is said.

    Its first `up` only records them: nothing is deleted that no preview has shown. Taking the
    resource away removes no hook.

    Mistakes in the arguments, and everything that Bitbucket refuses, are reported by the engine
    beside the resource's name; the constructor itself raises only TypeError, for a wrong args
    object, or one beside keywords, and pulumi.RunError, for a resource option that can't serve.
    """

    owner: pulumi.Output[str]
    """The workspace's slug."""
    repositories: pulumi.Output[Sequence[str]]
    """The repositories' slugs, sorted."""

    def __init__(
        self,
        resource_name: str,
        args: RepositoryHooksExclusiveArgs | pulumi.ResourceOptions | None = None,
        opts: pulumi.ResourceOptions | None = None,
        *,
        hooks: Collection[Uuids] | pulumi.Input[Collection[str]] | None = None,
        on_unmanaged: pulumi.Input[str] | None = None,
        owner: pulumi.Input[str] | None = None,
        repositories: pulumi.Input[Collection[pulumi.Input[str]]] | None = None,
    ) -> None:
        """Declare it; see `RepositoryHooksExclusiveArgs` for the arguments."""
        keywords = {
            "hooks": hooks,
            "on_unmanaged": on_unmanaged,
            "owner": owner,
            "repositories": repositories,
        }
        kind = RepositoryHooksExclusiveArgs
        props, opts = arguments(kind, resource_name, args, opts, keywords, _COMPUTED, ())
        props["hooks"] = flat(_named(props["hooks"]))
        super().__init__(RepositoryHooksExclusiveProvider(), resource_name, props, opts)


@define(kw_only=True)
class WorkspaceHooksExclusiveArgs(ExclusiveArgs):
    """The arguments of a `WorkspaceHooksExclusive`."""

    workspace: pulumi.Input[str] | None = None
    """The workspace's slug; default `bitbucket:workspace`."""


class WorkspaceHooksExclusive(
    ExclusiveResource, module="bitbucket", name="WorkspaceHooksExclusive"
):
    """Finds hooks of a workspace that nothing declares, and removes them when that is said.

    The hooks of its repositories are none of them. Its first `up` only records: nothing is deleted
    that no preview has shown. Taking the resource away removes no hook.

    Mistakes in the arguments, and everything that Bitbucket refuses, are reported by the engine
    beside the resource's name; the constructor itself raises only TypeError, for a wrong args
    object, or one beside keywords, and pulumi.RunError, for a resource option that can't serve.
    """

    workspace: pulumi.Output[str]
    """The workspace's slug."""

    def __init__(
        self,
        resource_name: str,
        args: WorkspaceHooksExclusiveArgs | pulumi.ResourceOptions | None = None,
        opts: pulumi.ResourceOptions | None = None,
        *,
        hooks: Collection[Uuids] | pulumi.Input[Collection[str]] | None = None,
        on_unmanaged: pulumi.Input[str] | None = None,
        workspace: pulumi.Input[str] | None = None,
    ) -> None:
        """Declare it; see `WorkspaceHooksExclusiveArgs` for the arguments."""
        keywords = {"hooks": hooks, "on_unmanaged": on_unmanaged, "workspace": workspace}
        kind = WorkspaceHooksExclusiveArgs
        props, opts = arguments(kind, resource_name, args, opts, keywords, _COMPUTED, ())
        props["hooks"] = flat(_named(props["hooks"]))
        super().__init__(WorkspaceHooksExclusiveProvider(), resource_name, props, opts)


def _named(value: Any) -> Any:
    """What names the hooks on the wire; the provider makes one list of uuids of it."""
    if isinstance(value, HookResource):
        return value.id  # unlike `uuid`, a preview knows it of a hook that will be updated
    if isinstance(value, HookFleet):
        return value.hooks
    if isinstance(value, Mapping):
        return {key: _named(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_named(inner) for inner in value]
    return value
