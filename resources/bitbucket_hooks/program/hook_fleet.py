"""`HookFleet`: one webhook on many repositories."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import pulumi
from attrs import define

from bitbucket_hooks.program.args import (
    FLEET_COMPUTED,
    CommonArgs,
    DeclaredHook,
    arguments,
)
from bitbucket_hooks.program.listed import copies
from bitbucket_hooks.provider.fleet import HookFleetProvider


@define(kw_only=True)
class HookFleetArgs(CommonArgs):
    """The arguments of a `HookFleet`."""

    owner: pulumi.Input[str] | None = None
    """The workspace's slug; default `bitbucket:workspace`."""
    repositories: pulumi.Input[Collection[pulumi.Input[str]]] | None = None
    """The repositories' slugs, in any order."""


class HookFleet(DeclaredHook, module="bitbucket", name="HookFleet"):
    """A webhook of many repositories, as one resource of the engine.

    A repository that fails doesn't keep the others: they are recorded, it is named, and the next
    `pulumi up` does just what is left. To take more than 30 % and at least 5 of the repositories
    away in one step is refused, unless it is forced with `BITBUCKET_HOOKS_FORCE=1`.

    Mistakes in the arguments, and everything that Bitbucket refuses, are reported by the engine
    beside the resource's name; the constructor itself raises only TypeError, for a wrong args
    object, or one beside keywords, and pulumi.RunError, for a resource option that can't serve.
    """

    owner: pulumi.Output[str]
    """The workspace's slug."""
    repositories: pulumi.Output[Mapping[str, str]]
    """The repositories' slugs, each with how its hook stands: `as declared`, or what differs."""
    hooks: pulumi.Output[Mapping[str, str]]
    """The hooks' uuids in braces, by repository."""
    created_at: pulumi.Output[str | None]
    """When the newest of the hooks was made, ISO 8601."""

    def __init__(
        self,
        resource_name: str,
        args: HookFleetArgs | pulumi.ResourceOptions | None = None,
        opts: pulumi.ResourceOptions | None = None,
        *,
        active: pulumi.Input[bool] | None = None,
        adopt: pulumi.Input[str] | None = None,
        description: pulumi.Input[str] | None = None,
        events: pulumi.Input[Collection[pulumi.Input[str]]] | None = None,
        history_enabled: pulumi.Input[bool] | None = None,
        owner: pulumi.Input[str] | None = None,
        repositories: pulumi.Input[Collection[pulumi.Input[str]]] | None = None,
        secret: pulumi.Input[str] | None = None,
        secret_from: pulumi.Input[str] | None = None,
        skip_cert_verification: pulumi.Input[bool] | None = None,
        url: pulumi.Input[str] | None = None,
    ) -> None:
        """Declare the webhook; see `HookFleetArgs` for the arguments."""
        keywords = {
            "active": active,
            "adopt": adopt,
            "description": description,
            "events": events,
            "history_enabled": history_enabled,
            "owner": owner,
            "repositories": repositories,
            "secret": secret,
            "secret_from": secret_from,
            "skip_cert_verification": skip_cert_verification,
            "url": url,
        }
        props, opts = arguments(HookFleetArgs, resource_name, args, opts, keywords, FLEET_COMPUTED)
        if props["url"] is not None:
            # what drift tells of a live url must not show more than the declared one may
            props["url_is_secret"] = pulumi.Output.from_input(props["url"]).is_secret()
        names = {"owner": None, "repositories": None}
        props["repositories"] = copies(props["repositories"])
        super().__init__(HookFleetProvider(), resource_name, {**names, **props}, opts)
