"""Fixtures: a sandbox, an engine that listens, and a provider process between the two."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from support.provider_server import FakeEngine, ProviderServer, Start, provider_server


@pytest.fixture
def engine() -> Iterator[FakeEngine]:
    """Give an engine that collects messages."""
    engine = FakeEngine()
    yield engine
    engine.stop()


@pytest.fixture
def start(engine: FakeEngine, tmp_path: Path, sandbox_path: Path) -> Start:
    """Give what starts a provider process of this run: keywords are its stack config."""

    def start(**config: str) -> AbstractContextManager[ProviderServer]:
        keys: dict[str, Any] = {"apiUrl": f"sandbox:{sandbox_path}", "workspace": "acme", **config}
        return provider_server(
            engine, tmp_path, {f"bitbucket:{key}": value for key, value in keys.items()}
        )

    return start


@pytest.fixture
def server(start: Start) -> Iterator[ProviderServer]:
    """Give a provider process."""
    with start() as server:
        yield server
