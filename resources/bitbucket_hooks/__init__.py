"""Bitbucket Cloud webhooks as infrastructure, on Pulumi.

`import bitbucket_hooks as bitbucket` serves a program written for `pulumi_bitbucket`, as far as
hooks go. Names are loaded when they are used, so that the command line starts without the SDK.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from bitbucket_hooks import config, outputs
    from bitbucket_hooks.deliveries.signing import verify_signature
    from bitbucket_hooks.program.account import Provider, ProviderArgs
    from bitbucket_hooks.program.exclusive import (
        RepositoryHooksExclusive,
        RepositoryHooksExclusiveArgs,
        WorkspaceHooksExclusive,
        WorkspaceHooksExclusiveArgs,
    )
    from bitbucket_hooks.program.hook import Hook, HookArgs
    from bitbucket_hooks.program.hook_fleet import HookFleet, HookFleetArgs
    from bitbucket_hooks.program.hook_types import (
        AwaitableGetHookTypesResult,
        GetHookTypesResult,
        get_hook_types,
        get_hook_types_output,
    )
    from bitbucket_hooks.program.ip_ranges import (
        AwaitableGetIpRangesResult,
        GetIpRangesResult,
        get_ip_ranges,
        get_ip_ranges_output,
    )
    from bitbucket_hooks.program.workspace_hook import WorkspaceHook, WorkspaceHookArgs

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
    "AwaitableGetHookTypesResult": "program.hook_types",
    "AwaitableGetIpRangesResult": "program.ip_ranges",
    "GetHookTypesResult": "program.hook_types",
    "GetIpRangesResult": "program.ip_ranges",
    "Hook": "program.hook",
    "HookArgs": "program.hook",
    "HookFleet": "program.hook_fleet",
    "HookFleetArgs": "program.hook_fleet",
    "Provider": "program.account",
    "ProviderArgs": "program.account",
    "RepositoryHooksExclusive": "program.exclusive",
    "RepositoryHooksExclusiveArgs": "program.exclusive",
    "WorkspaceHook": "program.workspace_hook",
    "WorkspaceHookArgs": "program.workspace_hook",
    "WorkspaceHooksExclusive": "program.exclusive",
    "WorkspaceHooksExclusiveArgs": "program.exclusive",
    "get_hook_types": "program.hook_types",
    "get_hook_types_output": "program.hook_types",
    "get_ip_ranges": "program.ip_ranges",
    "get_ip_ranges_output": "program.ip_ranges",
    "verify_signature": "deliveries.signing",
}


def __getattr__(name: str) -> Any:
    if name in _SUBMODULES:
        return importlib.import_module(f"{__name__}.{name}")
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
