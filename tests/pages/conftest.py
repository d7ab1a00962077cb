"""`browser`: a running Chromium, for all tests of a module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from support.chromium import chromium


# Playwright runs an event loop meanwhile, which tests of other folders would stumble over.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Give Chromium; without it these tests fail, and say how to get it."""
    with chromium() as started:
        yield started
