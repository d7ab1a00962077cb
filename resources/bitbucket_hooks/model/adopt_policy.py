"""Whether a create adopts a hook that exists: `match`, `never`, or one hook's uuid."""

from __future__ import annotations

from typing import Final

from bitbucket_hooks.model.subject import canonical_uuid

MATCH: Final = "match"
"""Adopt the one hook with the same url and, when declared, description."""

NEVER: Final = "never"
"""Always make a new hook."""


def canonical_policy(value: str) -> str:
    """Check a policy; a uuid comes back as the API writes it. Raises ValueError."""
    return value if value in (MATCH, NEVER) else canonical_uuid(value)
