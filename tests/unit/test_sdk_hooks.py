"""The fallbacks of the SDK hooks: outside a provider process, and the day the SDK changes."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator
from contextvars import copy_context
from types import ModuleType, SimpleNamespace

import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2 as proto

from bitbucket_hooks.operations import engine
from bitbucket_hooks.operations.resource import owner
from bitbucket_hooks.provider import sdk_hooks


@pytest.fixture
def inside(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """Look like the SDK's provider process, whose engine can't be reached."""
    main = ModuleType("__main__")
    main.__spec__ = SimpleNamespace(name=sdk_hooks.PROVIDER_MODULE)  # type: ignore[assignment]
    monkeypatch.setitem(sys.modules, "__main__", main)
    monkeypatch.setattr(sys, "argv", ["x", "127.0.0.1:1"])
    yield main
    engine.connect(None)


def test_outside_nothing_is_touched() -> None:
    """A program or a command is no provider process."""
    main = sys.modules["__main__"]
    before = dict(vars(main))
    sdk_hooks.install()
    sdk_hooks.widen_server(8)
    sdk_hooks.keep_partly_done("id", {"a": 1}, "half")
    assert vars(main) == before
    assert not sdk_hooks.in_provider_process()
    assert engine.engine_address() is None


def test_a_process_of_another_sdk_is_left_as_it_is(inside: ModuleType) -> None:
    """It has none of the names that are replaced; the engine's address is known all the same."""
    before = dict(vars(inside))
    sdk_hooks.install()
    assert vars(inside) == before
    assert engine.engine_address() == "127.0.0.1:1"


def test_an_engine_without_an_address(inside: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """Should the command line change: nothing is known."""
    assert inside.__name__ == "__main__"
    monkeypatch.setattr(sys, "argv", ["x", "--engine", "somewhere"])
    sdk_hooks.install()
    assert engine.engine_address() is None


def test_other_uses_of_what_is_replaced_are_let_be(inside: ModuleType) -> None:
    """Of a module's other names, of a message that answers no cancellation, and of a plain diff."""
    inside.traceback = traceback  # type: ignore[attr-defined]
    inside.empty_pb2 = empty_pb2  # type: ignore[attr-defined]
    inside.proto = proto  # type: ignore[attr-defined]
    before = traceback.format_exc
    for _ in range(2):  # once is enough
        sdk_hooks.install()
    assert inside.traceback.print_exc is traceback.print_exc
    assert traceback.format_exc is before
    assert inside.empty_pb2.Empty() == empty_pb2.Empty()
    assert inside.proto.CheckResponse is proto.CheckResponse
    some = inside.proto.DiffResponse.DIFF_SOME
    plain = proto.DiffResponse(changes=some, replaces=["x"])
    assert inside.proto.DiffResponse(changes=some, replaces=["x"]) == plain


@sdk_hooks.provider_method
def _method() -> tuple[str | None, str | None]:
    return engine.current_urn(), copy_context().run(engine.current_urn)


def test_without_a_request_there_is_no_urn() -> None:
    """Nor with one that lost it."""
    assert _method() == (None, None)
    for request in (SimpleNamespace(urn=""), SimpleNamespace()):
        assert _method() == (None, None), request


def test_a_method_knows_the_urn_of_the_request() -> None:
    """So do copies of its context; nobody does after it."""
    request = SimpleNamespace(urn="urn:pulumi:dev::p::pulumi-python:dynamic/bitbucket:Hook::ci")
    assert _method() == (request.urn, request.urn)
    assert sdk_hooks.provider_method(owner)({}).name == "Hook 'ci'"
    assert engine.current_urn() is None
