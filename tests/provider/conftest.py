"""Fixtures: a sandbox, an engine that listens, and a provider process between the two."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from bitbucket_hooks.sandbox.estate import Sandbox
from support.provider_server import FakeEngine, ProviderServer, Start, provider_server


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a freshly seeded file to copy."""
    path = tmp_path_factory.mktemp("sandbox") / "template.db"
    Sandbox(path).close()
    return path


@pytest.fixture
def sandbox_path(tmp_path: Path, template: Path) -> Path:
    """Give a new sandbox's file."""
    return Path(shutil.copy(template, tmp_path / "sandbox.db"))


@pytest.fixture
def sandbox(sandbox_path: Path) -> Iterator[Sandbox]:
    """Give the sandbox from behind the scenes."""
    with Sandbox(sandbox_path) as opened:
        yield opened


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
