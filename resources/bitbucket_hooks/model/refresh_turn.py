"""The turns of refreshes: each repository and workspace is checked in one of them."""

from __future__ import annotations

import hashlib
from typing import Final

from attrs import field, frozen

NOTICE: Final = "refresh in turns:"
"""How the message of a refresh that checks only a part begins."""


@frozen
class RefreshTurn:
    """Which part of everything a refresh checks."""

    number: int = field(kw_only=True)
    """From 1 to `turns`."""
    turns: int = field(kw_only=True)
    """The runs in which everything is checked."""

    def includes(self, subject: str) -> bool:
        """Whether a repository or workspace is checked; `subject` is its name in messages."""
        digest = hashlib.sha256(subject.encode()).digest()
        return int.from_bytes(digest[:8], "big") % self.turns == self.number - 1

    def __str__(self) -> str:
        return (
            f"{NOTICE} turn {self.number:,} of {self.turns:,}; "
            "what is not checked stays as the state has it"
        )
