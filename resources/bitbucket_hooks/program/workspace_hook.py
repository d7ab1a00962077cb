"""`WorkspaceHook`: a webhook of a workspace, which covers all its repositories."""

from __future__ import annotations

from collections.abc import Collection

import pulumi
from attrs import define

from bitbucket_hooks.program.args import CommonArgs, HookResource, arguments
from bitbucket_hooks.provider.hook import WorkspaceHookProvider


@define(kw_only=True)
class WorkspaceHookArgs(CommonArgs):
    """The arguments of a `WorkspaceHook`."""

    workspace: pulumi.Input[str] | None = None
    """The workspace's slug; default `bitbucket:workspace`."""


class WorkspaceHook(HookResource, module="bitbucket", name="WorkspaceHook"):
    """A webhook of a workspace, which covers all its repositories.

    Only owners may manage one, and only through the API; the web page just shows it.

    Mistakes in the arguments, and everything that Bitbucket refuses, are reported by the engine
    beside the resource's name; the constructor itself raises only TypeError, for a wrong args
    object, or one beside keywords, and pulumi.RunError, for a resource option that can't serve.
    """

    workspace: pulumi.Output[str]
    """The workspace's slug."""

    def __init__(
        self,
        resource_name: str,
        args: WorkspaceHookArgs | pulumi.ResourceOptions | None = None,
        opts: pulumi.ResourceOptions | None = None,
        *,
        active: pulumi.Input[bool] | None = None,
        adopt: pulumi.Input[str] | None = None,
        description: pulumi.Input[str] | None = None,
        events: pulumi.Input[Collection[pulumi.Input[str]]] | None = None,
        history_enabled: pulumi.Input[bool] | None = None,
        secret: pulumi.Input[str] | None = None,
        secret_from: pulumi.Input[str] | None = None,
        skip_cert_verification: pulumi.Input[bool] | None = None,
        url: pulumi.Input[str] | None = None,
        workspace: pulumi.Input[str] | None = None,
    ) -> None:
        """Declare the webhook; see `WorkspaceHookArgs` for the arguments."""
        keywords = {
            "active": active,
            "adopt": adopt,
            "description": description,
            "events": events,
            "history_enabled": history_enabled,
            "secret": secret,
            "secret_from": secret_from,
            "skip_cert_verification": skip_cert_verification,
            "url": url,
            "workspace": workspace,
        }
        props, opts = arguments(WorkspaceHookArgs, resource_name, args, opts, keywords)
        props = {"workspace": None, **props}
        super().__init__(WorkspaceHookProvider(), resource_name, props, opts)

    @staticmethod
    def get(
        resource_name: str,
        id: pulumi.Input[str],  # noqa: A002  # Pulumi's own name for it
        opts: pulumi.ResourceOptions | None = None,
        active: pulumi.Input[bool] | None = None,
        description: pulumi.Input[str] | None = None,
        events: pulumi.Input[Collection[pulumi.Input[str]]] | None = None,
        history_enabled: pulumi.Input[bool] | None = None,
        secret: pulumi.Input[str] | None = None,
        secret_set: pulumi.Input[bool] | None = None,
        skip_cert_verification: pulumi.Input[bool] | None = None,
        url: pulumi.Input[str] | None = None,
        uuid: pulumi.Input[str] | None = None,
        workspace: pulumi.Input[str] | None = None,
    ) -> WorkspaceHook:
        """Look up a hook that is not managed here; the engine reports it when there is none.

        `id` is `WORKSPACE/{uuid}`, or the uuid alone beside `workspace`.
        The other arguments are taken and not needed: what the hook is like, Bitbucket tells.
        """
        del (
            active,
            description,
            events,
            history_enabled,
            secret,
            secret_set,
            skip_cert_verification,
            url,
            uuid,
        )
        found = pulumi.ResourceOptions(id=id)
        return WorkspaceHook(
            resource_name, pulumi.ResourceOptions.merge(opts, found), workspace=workspace
        )
