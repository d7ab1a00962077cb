"""`WorkspaceHooksExclusive`: only declared hooks may be on the workspace itself."""

from __future__ import annotations

from collections.abc import Collection

import pulumi
from attrs import define

from bitbucket_hooks.exclusive_args import (
    ExclusiveArgs,
    ExclusiveResource,
    Uuids,
    exclusive,
)
from bitbucket_hooks.provider.exclusive import WorkspaceHooksExclusiveProvider


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
        props, opts = exclusive(WorkspaceHooksExclusiveArgs, resource_name, args, opts, keywords)
        super().__init__(WorkspaceHooksExclusiveProvider(), resource_name, props, opts)
