"""Fixtures: a sandbox, an engine that listens, and a provider process between the two."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from support.front_ends import FRONT_ENDS, FrontEnd
from support.provider_server import FakeEngine, ProviderServer, Start, provider_server


@pytest.fixture(
    scope="session", params=FRONT_ENDS, ids=[front_end.name for front_end in FRONT_ENDS]
)
def front_end(request: pytest.FixtureRequest) -> FrontEnd:
    """Both front ends: what a resource does is the same over either."""
    found: FrontEnd = request.param
    return found


@pytest.fixture
def engine() -> Iterator[FakeEngine]:
    """Give an engine that collects messages."""
    engine = FakeEngine()
    yield engine
    engine.stop()


@pytest.fixture
def start(front_end: FrontEnd, engine: FakeEngine, tmp_path: Path, sandbox_path: Path) -> Start:
    """Give what starts a provider process of this run: keywords are its stack config."""

    def start(**config: str) -> AbstractContextManager[ProviderServer]:
        return provider_server(front_end, engine, tmp_path, _keys(sandbox_path, **config))

    return start


@pytest.fixture
def phase(front_end: FrontEnd, tmp_path: Path, sandbox_path: Path) -> Start:
    """Give what starts a process of another phase of this run; keywords are variables."""

    @contextmanager
    def start(**variables: str) -> Iterator[ProviderServer]:
        engine = FakeEngine()
        with provider_server(
            front_end, engine, tmp_path, _keys(sandbox_path), **variables
        ) as server:
            yield server
        engine.stop()

    return start


@pytest.fixture
def later(phase: Start) -> Iterator[ProviderServer]:
    """Give a process of the next phase: the update that follows a preview."""
    with phase() as server:
        yield server


def _keys(sandbox: Path, **config: str) -> dict[str, str]:
    return {"apiUrl": f"sandbox:{sandbox}", "workspace": "acme", **config}


@pytest.fixture
def server(start: Start) -> Iterator[ProviderServer]:
    """Give a provider process."""
    with start() as server:
        yield server
