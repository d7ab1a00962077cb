"""The dynamic provider behind `HookFleet`; users' state has its name."""

from __future__ import annotations

from bitbucket_hooks.operations.fleet import HookFleetOperations
from bitbucket_hooks.provider.base import DynamicProvider


class HookFleetProvider(DynamicProvider):
    """A webhook of many repositories."""

    kind = HookFleetOperations
