"""Declares hooks with this project's resources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import bitbucket_hooks as bitbucket


def single(name: str, slug: str, hook: Mapping[str, Any]) -> None:
    """Declare one hook."""
    bitbucket.Hook(name, repository=slug, **hook)


def fleet(name: str, slugs: Sequence[str], hook: Mapping[str, Any]) -> None:
    """Declare one hook of many repositories."""
    bitbucket.HookFleet(name, repositories=slugs, **hook)
