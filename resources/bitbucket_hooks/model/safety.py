"""How much one step may take away unless it is forced, and what a refusal says."""

from __future__ import annotations

import os
from typing import Final

FORCE: Final = "BITBUCKET_HOOKS_FORCE"
REMEDY: Final = (
    f"If that is meant, run `bitbucket-hooks up --force`, or set {FORCE}=1 for this one run."
)

NAMED: Final = 5
"""How many of those that would go a refusal names."""

_FEW: Final = 5  # removals that are never too many
_SHARE: Final = 0.3  # of what there is that may go in one step


def is_forced() -> bool:
    """Whether the limits are off for this run."""
    return os.environ.get(FORCE) == "1"


def too_many(removed: int, total: int) -> bool:
    """Whether to refuse a step that removes so much, as long as it isn't forced."""
    return not is_forced() and removed >= _FEW and removed > _SHARE * total


def share(removed: int, total: int, what: str) -> str:
    """How much it is, as in `9 of 12 repositories (75%)`."""
    return f"{removed:,} of {total:,} {what} ({100 * removed / total:.3g}%)"
