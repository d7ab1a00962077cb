"""`browser`: a running Chromium, for all tests of a process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.chromium import Browser, chromium


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Give Chromium; without it these tests fail, and say how to get it."""
    with chromium() as started:
        yield started
