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
from pulumi.dynamic import DiffResult
from pulumi.runtime.proto import provider_pb2 as proto

from bitbucket_hooks.api.errors import EngineGone
from bitbucket_hooks.model.errors import HooksError
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
    assert vars(main) == before
    assert not sdk_hooks.in_provider_process()
    assert sdk_hooks.engine_address() is None
    engine_process.ensure_engine_lives()


def test_messages_go_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    """Where there is no engine."""
    sdk_hooks.inform("one")
    sdk_hooks.warn("two")
    assert capsys.readouterr().err == "one\ntwo\n"


def test_messages_go_to_stderr_when_the_engine_is_gone(
    inside: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    """They are not lost."""
    assert sdk_hooks.in_provider_process()
    assert inside.__name__ == "__main__"
    sdk_hooks.warn("late")
    assert capsys.readouterr().err == "late\n"


def test_a_dead_engine_forbids_writes(inside: ModuleType) -> None:
    """With what to do."""
    assert inside.__name__ == "__main__"
    with pytest.raises(EngineGone, match="pulumi cancel"):
        engine_process.ensure_engine_lives()


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


def test_errors_as_the_sdk_answers_them(inside: ModuleType) -> None:
    """Ours are their message, others keep their traceback; nobody else's `traceback` changes."""
    before = traceback.format_exc
    inside.traceback = traceback  # type: ignore[attr-defined]
    sdk_hooks.install()
    assert inside.traceback.print_exc is traceback.print_exc
    assert _formatted(inside, HooksError("what", "do")) == "what\ndo"
    assert _formatted(inside, KeyError("x")).startswith("Traceback")
    assert traceback.format_exc is before


def _formatted(main: ModuleType, error: Exception) -> str:
    try:
        raise error
    except type(error):
        return str(main.traceback.format_exc())


def test_a_cancellation_is_watched_for(inside: ModuleType) -> None:
    """By the module that the SDK answers one with; every other use of it is let be."""
    heard: list[int] = []
    inside.empty_pb2 = empty_pb2  # type: ignore[attr-defined]
    sdk_hooks.on_cancel(lambda: heard.append(1))
    assert inside.empty_pb2.Empty() == empty_pb2.Empty()
    assert heard == []

    def Cancel() -> object:  # noqa: N802  # the SDK's own name
        return inside.empty_pb2.Empty()

    assert Cancel() == empty_pb2.Empty()
    assert heard == [1]


def test_details_of_a_diff_are_sent(inside: ModuleType) -> None:
    """In the message that the SDK answers with; its other messages and diffs are let be."""
    sdk_hooks.install()  # there is nothing of the kind: the SDK has changed
    inside.proto = proto  # type: ignore[attr-defined]
    sdk_hooks.install()
    once = inside.proto
    sdk_hooks.install()
    assert inside.proto is once
    assert inside.proto.CheckResponse is proto.CheckResponse
    some = inside.proto.DiffResponse.DIFF_SOME

    def answered(result: DiffResult) -> proto.DiffResponse:
        response = inside.proto.DiffResponse(changes=some, replaces=result.replaces)
        assert isinstance(response, proto.DiffResponse)
        return response

    plain = proto.DiffResponse(changes=some, replaces=["x"])
    assert answered(DiffResult(changes=True, replaces=["x"])) == plain
    detailed = answered(sdk_hooks.DetailedDiff({"hooks[1]": sdk_hooks.Change.REMOVED}))
    assert detailed.hasDetailedDiff
    assert detailed.detailedDiff["hooks[1]"].kind == proto.PropertyDiff.DELETE


@sdk_hooks.provider_method
def _method() -> str | None:
    return sdk_hooks.current_urn()


@sdk_hooks.provider_method
def _method_of_a_subclass() -> tuple[str | None, str | None]:
    return _method(), copy_context().run(sdk_hooks.current_urn)


def test_without_a_request_there_is_no_urn() -> None:
    """Then the caller's own key tells declarations apart."""
    assert _method() is None
    assert base.owner({"url": "x"}).name == "another resource"


def test_a_method_knows_the_urn_of_the_request() -> None:
    """So do the methods that it calls and copies of its context; nobody does after it."""
    request = SimpleNamespace(urn="urn:pulumi:dev::p::pulumi-python:dynamic/bitbucket:Hook::ci")
    assert _method_of_a_subclass() == (request.urn, request.urn)
    assert sdk_hooks.provider_method(base.owner)({}).name == "Hook 'ci'"
    assert sdk_hooks.current_urn() is None


def test_a_request_without_an_urn() -> None:
    """Should the SDK's message lose it one day."""
    for request in (SimpleNamespace(urn=""), SimpleNamespace()):
        assert _method() is None, request


def test_what_was_done_can_only_be_kept_inside_a_call() -> None:
    """Outside the state stays as it was; so it does without the message that tells it."""
    sdk_hooks.keep_partly_done("id", {"a": 1}, {"__provider": "x"})


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

    def look() -> None:
        if not next(lives):
            raise EngineGone("gone")

    monkeypatch.setattr(engine_process, "ensure_engine_lives", look)
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
