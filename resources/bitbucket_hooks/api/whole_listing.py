"""Reading a listing that other people change meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

_TRIES: Final = 3

T = TypeVar("T")


def read_whole(read: Callable[[], tuple[T, bool]]) -> T:
    """Read a listing again until it has the size it says; `read` gives it, and whether it has.

    What is deleted while pages are read moves the rest up, and one of these can slip through
    between two pages. A listing that comes out the same twice is believed, whatever its size says.
    """
    before: T | None = None
    for _ in range(_TRIES):
        found, is_whole = read()
        if is_whole or found == before:
            break
        before = found
    return found
