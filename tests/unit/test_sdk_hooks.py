"""The fallbacks of the SDK hooks: outside a provider process, and the day the SDK changes."""

from __future__ import annotations

import math
import os
import socket
import sys
import traceback
from contextvars import copy_context
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2 as proto

from bitbucket_hooks.api.errors import EngineGone
from bitbucket_hooks.provider import base, engine_process, sdk_hooks
from bitbucket_hooks.provider.engine_process import _Process, _process


@pytest.fixture
def inside(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Look like the SDK's provider process, whose engine can't be reached."""
    main = ModuleType("__main__")
    main.__spec__ = SimpleNamespace(name=sdk_hooks.PROVIDER_MODULE)  # type: ignore[assignment]
    monkeypatch.setitem(sys.modules, "__main__", main)
    monkeypatch.setattr(sys, "argv", ["x", "127.0.0.1:1"])
    return main


def test_outside_nothing_is_touched() -> None:
    """A program or a command is no provider process."""
    main = sys.modules["__main__"]
    before = dict(vars(main))
    sdk_hooks.install()
    sdk_hooks.on_cancel(lambda: None)
    sdk_hooks.widen_server(8)
    sdk_hooks.keep_partly_done("id", {"a": 1}, {"__provider": "x"})
    assert vars(main) == before
    assert not sdk_hooks.in_provider_process()
    assert sdk_hooks.engine_address() is None
    engine_process.ensure_engine_lives()


def test_a_process_of_another_sdk_is_left_as_it_is(inside: ModuleType) -> None:
    """It has none of the names that are replaced."""
    before = dict(vars(inside))
    sdk_hooks.install()
    sdk_hooks.on_cancel(lambda: None)
    assert vars(inside) == before


def test_other_uses_of_what_is_replaced_are_let_be(inside: ModuleType) -> None:
    """Of a module's other names, of a message that answers no cancellation, and of a plain diff."""
    inside.traceback = traceback  # type: ignore[attr-defined]
    inside.empty_pb2 = empty_pb2  # type: ignore[attr-defined]
    inside.proto = proto  # type: ignore[attr-defined]
    heard: list[int] = []
    before = traceback.format_exc
    for _ in range(2):  # once is enough
        sdk_hooks.install()
    sdk_hooks.on_cancel(lambda: heard.append(1))
    assert inside.traceback.print_exc is traceback.print_exc
    assert traceback.format_exc is before
    assert inside.empty_pb2.Empty() == empty_pb2.Empty()
    assert heard == []
    assert inside.proto.CheckResponse is proto.CheckResponse
    some = inside.proto.DiffResponse.DIFF_SOME
    plain = proto.DiffResponse(changes=some, replaces=["x"])
    assert inside.proto.DiffResponse(changes=some, replaces=["x"]) == plain


def test_messages_go_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    """Where there is no engine."""
    sdk_hooks.inform("one")
    sdk_hooks.warn("two")
    assert capsys.readouterr().err == "one\ntwo\n"


def test_an_engine_is_not_asked_before_each_of_many_writes(
    inside: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That it lives holds for a moment, and no longer."""
    assert inside.__name__ == "__main__"
    with socket.create_server(("127.0.0.1", 0)) as engine:
        engine.settimeout(0)
        address = f"127.0.0.1:{engine.getsockname()[1]}"
        monkeypatch.setattr(sys, "argv", ["x", address])
        monkeypatch.setattr(engine_process, "_HOLDS", math.inf)
        engine_process.ensure_engine_lives()
        engine_process.ensure_engine_lives()
        engine.accept()[0].close()
        with pytest.raises(BlockingIOError):
            engine.accept()
    engine_process.ensure_engine_lives()
    monkeypatch.setattr(engine_process, "_HOLDS", 0)
    with pytest.raises(EngineGone):
        engine_process.ensure_engine_lives()


def test_an_engine_without_an_address(inside: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """Should the command line change: nothing is known, and nothing forbidden."""
    assert inside.__name__ == "__main__"
    monkeypatch.setattr(sys, "argv", ["x", "--engine", "somewhere"])
    assert sdk_hooks.engine_address() is None
    engine_process.ensure_engine_lives()


@sdk_hooks.provider_method
def _method() -> str | None:
    return sdk_hooks.current_urn()


@sdk_hooks.provider_method
def _method_of_a_subclass() -> tuple[str | None, str | None]:
    return _method(), copy_context().run(sdk_hooks.current_urn)


def test_without_a_request_there_is_no_urn() -> None:
    """Nor with one that lost it; then the caller's own key tells declarations apart."""
    assert _method() is None
    for request in (SimpleNamespace(urn=""), SimpleNamespace()):
        assert _method() is None, request
    assert base.owner({"url": "x"}).name == "another resource"


def test_a_method_knows_the_urn_of_the_request() -> None:
    """So do the methods that it calls and copies of its context; nobody does after it."""
    request = SimpleNamespace(urn="urn:pulumi:dev::p::pulumi-python:dynamic/bitbucket:Hook::ci")
    assert _method_of_a_subclass() == (request.urn, request.urn)
    assert sdk_hooks.provider_method(base.owner)({}).name == "Hook 'ci'"
    assert sdk_hooks.current_urn() is None


def test_declarations_without_an_urn_are_told_apart_by_what_they_say() -> None:
    """Should the SDK hide the request one day."""
    declared = {"url": "https://x", "__provider": "y"}
    assert base.owner(declared) == base.owner({"url": "https://x"})
    assert base.owner(declared) != base.owner({"url": "https://z"})
    assert not base.is_declared(declared)


# The engine run


def test_a_process_ends_after_its_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """When it is missed twice in a row: once may be an engine that is just too busy."""
    lives = iter([False, True, True, False, False])
    ended: list[int] = []

    def ensure() -> None:
        if not next(lives):
            raise EngineGone("gone")

    monkeypatch.setattr(engine_process, "ensure_engine_lives", ensure)
    monkeypatch.setattr(engine_process, "_WATCH_EVERY", 0)
    monkeypatch.setattr(os, "_exit", ended.append)
    engine_process._watch()
    assert ended == [1]
    assert list(lives) == []


def test_processes_of_one_engine_have_one_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Straight below it, or through the script that it starts."""
    script = "sh\0/x/pulumi-resource-pulumi-python\x00127.0.0.1:1"
    table = {50: _Process(1, "b", "pulumi\0up"), 60: _Process(50, "c", script)}
    monkeypatch.setattr(engine_process, "_process", table.__getitem__)
    names = []
    for parent in (50, 60):
        monkeypatch.setattr(os, "getppid", lambda pid=parent: pid)
        names.append(engine_process.run_name())
    assert names == ["50 b", "50 b"]


def test_a_process_with_and_without_proc(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no /proc, `ps` is asked; of a process that is gone nothing is known."""
    here = _process(os.getpid())
    assert here.parent == os.getppid()

    def nothing(_: Path) -> _Process:
        raise FileNotFoundError

    monkeypatch.setattr(engine_process, "_in_proc", nothing)
    by_ps = _process(os.getpid())
    assert by_ps.parent == here.parent
    assert by_ps.started
    assert by_ps.command == here.command.rstrip("\0").replace("\0", " ")
    assert _process(2**22 + 1) == _Process()
