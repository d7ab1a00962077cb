"""Patterns over names: `*` any characters, `?` one, `[abc]` one of these, in any case."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import translate
from typing import Final

_SPECIAL: Final = frozenset("*?[")


def is_glob(text: str) -> bool:
    """Tell a pattern from a literal name."""
    return not _SPECIAL.isdisjoint(text)


def matching(pattern: str, names: Iterable[str]) -> list[str]:
    """Give the names that a pattern matches as a whole, in their order."""
    matches = re.compile(translate(pattern.lower())).match
    return [name for name in names if matches(name.lower())]
