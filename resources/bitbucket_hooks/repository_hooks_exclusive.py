"""`RepositoryHooksExclusive`: only declared hooks may be on these repositories."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import pulumi
from attrs import define

from bitbucket_hooks.exclusive_args import (
    ExclusiveArgs,
    ExclusiveResource,
    Uuids,
    exclusive,
)
from bitbucket_hooks.provider.exclusive import RepositoryHooksExclusiveProvider


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
        props, opts = exclusive(RepositoryHooksExclusiveArgs, resource_name, args, opts, keywords)
        super().__init__(RepositoryHooksExclusiveProvider(), resource_name, props, opts)
