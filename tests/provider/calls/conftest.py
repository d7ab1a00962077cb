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
from pulumi.runtime.proto import provider_pb2

from bitbucket_hooks.provider.hook import HookProvider
from support.provider_server import (
    FakeEngine,
    ProviderServer,
    Start,
    marked,
    provider_server,
    struct,
)

_NUMBERS = itertools.count()


@attrs.frozen
class Shared:
    """The module's engine and process."""

    engine: FakeEngine
    server: ProviderServer


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shared]:
    """Give the module's engine and process."""
    engine = FakeEngine()
    with provider_server(engine, tmp_path_factory.mktemp("shared"), {}) as server:
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
        project = f"hooks-{next(_NUMBERS)}"
        keys = {"apiUrl": f"sandbox:{sandbox_path}", "workspace": "acme", **config}
        args = struct({f"bitbucket:{key}": value for key, value in keys.items()})
        shared.server.stub.Configure(provider_pb2.ConfigureRequest(args=args), timeout=30)
        yield ProviderServer(shared.server.stub, marked(HookProvider(), project), project)

    return start
