"""How large the tests of endurance are: a short form in every run, a long one with SOAK=1."""

from __future__ import annotations

import os
from typing import Final, TypeVar

T = TypeVar("T")

LONG: Final = os.environ.get("SOAK") == "1"


def scaled(short: T, long: T) -> T:
    """Choose by the form that this run has."""
    return long if LONG else short
