"""What the dynamic providers alone lean on inside the SDK: fails the day it changes."""

from __future__ import annotations

import pytest
from pulumi.runtime.proto import provider_pb2

from support.front_ends import Dynamic, FrontEnd
from support.hooks import URL
from support.provider_server import ProviderServer
from support.sandbox import Sandbox


@pytest.fixture(scope="module")
def front_end() -> FrontEnd:
    """Give the dynamic one alone."""
    return Dynamic()


def test_details_of_a_diff_reach_the_engine(server: ProviderServer, sandbox: Sandbox) -> None:
    """The SDK's own answer has none."""
    other = sandbox.plant_hook("acme/web", URL)
    only = server.resource("RepositoryHooksExclusive")
    declared = {"repositories": ["web"], "hooks": [], "onUnmanaged": "delete"}
    id_, state = only.made(declared)
    inputs, _ = only.check(declared, state)
    assert only.details(id_, state, inputs) == {f'unmanaged["{other.uuid}"]': "DELETE"}


def test_state_holds_classes_by_name(server: ProviderServer) -> None:
    """The pickle in users' state names the class and holds nothing of the process."""
    hook = provider_pb2.ReadRequest(properties=server._struct({}))
    pickled = hook.properties["__provider"]
    assert isinstance(pickled, str)
    assert len(pickled) < 120
