"""The dynamic providers behind both exclusives; users' state has their names."""

from __future__ import annotations

from bitbucket_hooks.operations.exclusive import (
    RepositoryHooksExclusiveOperations,
    WorkspaceHooksExclusiveOperations,
)
from bitbucket_hooks.provider.base import DynamicProvider


class RepositoryHooksExclusiveProvider(DynamicProvider):
    """Of repositories."""

    kind = RepositoryHooksExclusiveOperations


class WorkspaceHooksExclusiveProvider(DynamicProvider):
    """Of a workspace itself."""

    kind = WorkspaceHooksExclusiveOperations
