"""The dynamic providers behind `Hook` and `WorkspaceHook`; users' state has their names."""

from __future__ import annotations

from bitbucket_hooks.operations.hook import HookOperations, WorkspaceHookOperations
from bitbucket_hooks.provider.base import DynamicProvider


class HookProvider(DynamicProvider):
    """A webhook of a repository."""

    kind = HookOperations


class WorkspaceHookProvider(DynamicProvider):
    """A webhook of a workspace."""

    kind = WorkspaceHookOperations
