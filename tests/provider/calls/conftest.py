"""One provider process for all tests of a module, each with an account of its own in it.

The account's sandbox, its project and so its URNs are new for each test; what else a process
remembers (claims, listings, declarations) hangs on one of these.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import attrs
import pytest

from support.front_ends import FrontEnd
from support.provider_server import FakeEngine, ProviderServer, Start, provider_server

_NUMBERS = itertools.count()


@attrs.frozen
class Shared:
    """The module's engine and process."""

    engine: FakeEngine
    server: ProviderServer


@pytest.fixture(scope="module")
def shared(front_end: FrontEnd, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shared]:
    """Give the module's engine and process."""
    engine = FakeEngine()
    with provider_server(front_end, engine, tmp_path_factory.mktemp("shared"), {}) as server:
        yield Shared(engine, server)
    engine.stop()


@pytest.fixture
def engine(shared: Shared) -> FakeEngine:
    """Give the engine, which has heard nothing yet."""
    shared.engine.logged.clear()
    return shared.engine


@pytest.fixture
def start(shared: Shared, sandbox_path: Path) -> Start:
    """Give what opens an account in the process: keywords are its stack config."""

    @contextmanager
    def start(**config: str) -> Iterator[ProviderServer]:
        server = attrs.evolve(shared.server, project=f"hooks-{next(_NUMBERS)}")
        server.configure({"apiUrl": f"sandbox:{sandbox_path}", "workspace": "acme", **config})
        yield server

    return start
