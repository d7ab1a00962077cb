"""Bitbucket Cloud webhooks as infrastructure, on Pulumi.

`import bitbucket_hooks as bitbucket` serves a program written for `pulumi_bitbucket`, as far as
hooks go. Names are loaded when they are used, so that the command line starts without the SDK.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from bitbucket_hooks import config, outputs
    from bitbucket_hooks.account import Provider, ProviderArgs
    from bitbucket_hooks.address_ranges import (
        AwaitableGetIpRangesResult,
        GetIpRangesResult,
        get_ip_ranges,
        get_ip_ranges_output,
    )
    from bitbucket_hooks.deliveries.signing import verify_signature
    from bitbucket_hooks.hook import Hook, HookArgs
    from bitbucket_hooks.hook_fleet import HookFleet, HookFleetArgs
    from bitbucket_hooks.hook_types import (
        AwaitableGetHookTypesResult,
        GetHookTypesResult,
        get_hook_types,
        get_hook_types_output,
    )
    from bitbucket_hooks.repository_hooks_exclusive import (
        RepositoryHooksExclusive,
        RepositoryHooksExclusiveArgs,
    )
    from bitbucket_hooks.workspace_hook import WorkspaceHook, WorkspaceHookArgs
    from bitbucket_hooks.workspace_hooks_exclusive import (
        WorkspaceHooksExclusive,
        WorkspaceHooksExclusiveArgs,
    )

__all__ = [
    "AwaitableGetHookTypesResult",
    "AwaitableGetIpRangesResult",
    "GetHookTypesResult",
    "GetIpRangesResult",
    "Hook",
    "HookArgs",
    "HookFleet",
    "HookFleetArgs",
    "Provider",
    "ProviderArgs",
    "RepositoryHooksExclusive",
    "RepositoryHooksExclusiveArgs",
    "WorkspaceHook",
    "WorkspaceHookArgs",
    "WorkspaceHooksExclusive",
    "WorkspaceHooksExclusiveArgs",
    "config",
    "get_hook_types",
    "get_hook_types_output",
    "get_ip_ranges",
    "get_ip_ranges_output",
    "outputs",
    "verify_signature",
]

_SUBMODULES: Final = ("config", "outputs")
_MODULES: Final = {
    "AwaitableGetHookTypesResult": "hook_types",
    "AwaitableGetIpRangesResult": "address_ranges",
    "GetHookTypesResult": "hook_types",
    "GetIpRangesResult": "address_ranges",
    "Hook": "hook",
    "HookArgs": "hook",
    "HookFleet": "hook_fleet",
    "HookFleetArgs": "hook_fleet",
    "Provider": "account",
    "ProviderArgs": "account",
    "RepositoryHooksExclusive": "repository_hooks_exclusive",
    "RepositoryHooksExclusiveArgs": "repository_hooks_exclusive",
    "WorkspaceHook": "workspace_hook",
    "WorkspaceHookArgs": "workspace_hook",
    "WorkspaceHooksExclusive": "workspace_hooks_exclusive",
    "WorkspaceHooksExclusiveArgs": "workspace_hooks_exclusive",
    "get_hook_types": "hook_types",
    "get_hook_types_output": "hook_types",
    "get_ip_ranges": "address_ranges",
    "get_ip_ranges_output": "address_ranges",
    "verify_signature": "deliveries.signing",
}


def __getattr__(name: str) -> Any:
    if name in _SUBMODULES:
        return importlib.import_module(f"{__name__}.{name}")
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
