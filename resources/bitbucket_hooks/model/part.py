"""A part of the work, for one of several runners that share it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TypeVar

from attrs import frozen

Item = TypeVar("Item")


@frozen
class Part:
    """One of `count` parts; `index` counts from 0, as Kubernetes, Bitbucket and GitHub do."""

    index: int = 0
    count: int = 1

    @classmethod
    def parse(cls, text: str) -> Part:
        """Read INDEX/COUNT. Raises ValueError, which says what can be written."""
        written = re.fullmatch(r"([0-9]{1,9})/([0-9]{1,9})", text)
        if written is None:
            raise ValueError("it takes two numbers, as in 0/4, the first of four parts")
        part = cls(int(written[1]), int(written[2]))
        if part.count == 0:
            raise ValueError("there is at least one part, 0/1")
        if part.index >= part.count:
            raise ValueError(
                f"the index counts from 0, so the last of {part.count} parts is "
                f"{part.count - 1}/{part.count}"
            )
        return part

    def take(self, items: Sequence[Item]) -> Sequence[Item]:
        """The items of this part: every item is in exactly one, and parts differ by one at most."""
        return items[self.index :: self.count]

    def __str__(self) -> str:
        return f"{self.index}/{self.count}"
