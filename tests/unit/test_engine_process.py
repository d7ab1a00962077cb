"""The engine of a provider process: whether it lives, what it is called, and messages to it."""

from __future__ import annotations

import math
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from bitbucket_hooks.api.errors import EngineGone
from bitbucket_hooks.operations import engine, engine_process
from bitbucket_hooks.operations.engine_process import _Process, _process
from bitbucket_hooks.operations.resource import is_declared, owner


@pytest.fixture(autouse=True)
def _no_engine_after_it() -> Iterator[None]:
    yield
    engine.connect(None)


def test_messages_go_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    """Where there is no engine."""
    engine.inform("one")
    engine.warn("two")
    assert capsys.readouterr().err == "one\ntwo\n"
    engine_process.ensure_engine_lives()


def test_messages_name_keys_as_users_write_them(capsys: pytest.CaptureFixture[str]) -> None:
    """Those of another front end have another namespace; what only looks like a key stays."""
    engine.use_namespace("bitbucket-hooks")
    try:
        engine.warn("set bitbucket:workspace, bitbucket-hooks:adopt or bitbucket:index/hook:Hook")
    finally:
        engine.use_namespace("bitbucket")
    assert capsys.readouterr().err == (
        "set bitbucket-hooks:workspace, bitbucket-hooks:adopt or bitbucket:index/hook:Hook\n"
    )


def test_an_engine_is_not_asked_before_each_of_many_writes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """That it lives holds for a moment, and no longer."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        engine.connect(f"127.0.0.1:{server.getsockname()[1]}")
        monkeypatch.setattr(engine_process, "_HOLDS", math.inf)
        engine_process.ensure_engine_lives()
        engine_process.ensure_engine_lives()
        server.accept()[0].close()
        with pytest.raises(BlockingIOError):
            server.accept()
    engine_process.ensure_engine_lives()
    monkeypatch.setattr(engine_process, "_HOLDS", 0)
    with pytest.raises(EngineGone):
        engine_process.ensure_engine_lives()


def test_declarations_without_an_urn_are_told_apart_by_what_they_say() -> None:
    """Should the SDK hide the request one day."""
    assert owner({"url": "https://x"}).name == "another resource"
    assert owner({"url": "https://x"}) == owner({"url": "https://x"})
    assert owner({"url": "https://x"}) != owner({"url": "https://z"})
    assert not is_declared({"url": "https://x"})


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
