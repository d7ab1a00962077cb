"""Cached engines are whole ones, made once, whatever happens meanwhile."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from setup.conftest import Machine

PROGRAMS = {
    "pulumi",
    "pulumi-language-python",
    "pulumi-language-python-exec",
    "pulumi-resource-pulumi-python",
    "pulumi-analyzer-policy-python",
}


FATAL = (signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT)


def wait_for(condition: Callable[[], object]) -> None:
    """Wait until something holds, for a minute at most."""
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_what_is_built_is_complete_and_executable(gopher: "Machine") -> None:
    """The folder holds the CLI, its language host and the scripts that they start."""
    folder = gopher.ask()
    assert {file.name for file in folder.iterdir()} == PROGRAMS
    assert all(os.access(file, os.X_OK) for file in folder.iterdir())
    assert folder.parent.parent == gopher.engines
    assert folder.parent.name.startswith("3.250.0-build-")


def test_a_second_call_builds_nothing(gopher: "Machine") -> None:
    """It doesn't even need Go."""
    folder = gopher.ask()
    (gopher.home / "bin" / "go").unlink()
    assert gopher.ask() == folder
    assert gopher.builds() == 1


@pytest.mark.parametrize("lost", ["pulumi", "pulumi-language-python"])
def test_a_half_folder_is_not_used_but_replaced(gopher: "Machine", lost: str) -> None:
    """Someone who cleans up leaves parts of an engine."""
    (gopher.ask() / lost).unlink()
    assert {file.name for file in gopher.ask().iterdir()} == PROGRAMS
    assert gopher.builds() == 2


@pytest.mark.parametrize("number", FATAL)
def test_a_build_that_is_killed_leaves_nothing_that_counts(gopher: "Machine", number: int) -> None:
    """The next call builds again and clears away what was left."""
    gate = gopher.home / "gate"
    gopher.env["GO_WAITS_FOR"] = str(gate)
    process = gopher.start()
    wait_for(gopher.builds)
    process.send_signal(number)
    process.communicate(timeout=60)
    assert process.returncode
    assert not list(gopher.engines.glob("3*"))
    gate.touch()
    assert gopher.ask().is_dir()
    assert not list(gopher.engines.glob(".unfinished*"))


def test_two_at_once_build_once(gopher: "Machine") -> None:
    """The second waits, says so, and takes what the first made."""
    gate = gopher.home / "gate"
    gopher.env["GO_WAITS_FOR"] = str(gate)
    first = gopher.start()
    wait_for(gopher.builds)
    second = gopher.start()
    assert second.stderr
    assert "another process is making the engine; waiting for it" in second.stderr.readline()
    gate.touch()
    answers = [process.communicate(timeout=60) for process in (first, second)]
    assert [first.returncode, second.returncode] == [0, 0]
    assert answers[0][0] == answers[1][0]
    assert gopher.builds() == 1


def test_an_engine_that_does_not_run_is_not_kept(gopher: "Machine") -> None:
    """What was made is proven before it counts."""
    gopher.env["GO_BUILDS"] = "exit 5"
    assert "pulumi is broken: exit code 5" in gopher.refusal()
    assert [file.name for file in gopher.engines.iterdir()] == ["lock"]


def test_a_cache_folder_that_cannot_be_made_is_named(gopher: "Machine") -> None:
    """With what to do about it."""
    (gopher.home / "cache").write_text("a file in the way")
    message = gopher.refusal()
    assert f"the cache folder {gopher.engines} can't be written" in message
    assert "set BITBUCKET_HOOKS_CACHE to a folder that is" in message


@pytest.mark.parametrize(
    ("platform", "env", "expected"),
    [
        ("linux", {}, "/home/me/.cache/bitbucket-hooks"),
        ("darwin", {}, "/home/me/Library/Caches/bitbucket-hooks"),
        ("linux", {"XDG_CACHE_HOME": "/xdg"}, "/xdg/bitbucket-hooks"),
        ("darwin", {"BITBUCKET_HOOKS_CACHE": "/own", "XDG_CACHE_HOME": "/xdg"}, "/own"),
    ],
)
def test_the_cache_is_where_the_platform_keeps_caches(
    monkeypatch: pytest.MonkeyPatch, platform: str, env: dict[str, str], expected: str
) -> None:
    """Unless a variable says otherwise."""
    from engine import cache

    for name in ("BITBUCKET_HOOKS_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"HOME": "/home/me", **env}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.platform", platform)
    assert cache.root() == Path(expected)


def test_other_pins_are_another_engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A changed go.sum or go.mod never finds the engine of the old one."""
    from engine import build

    monkeypatch.setattr(build, "MODULES", tmp_path)
    (tmp_path / "cli").mkdir()
    (tmp_path / "cli" / "go.mod").write_text("require github.com/pulumi/pulumi/pkg/v3 v3.251.0\n")
    name = build.name()
    (tmp_path / "cli" / "go.sum").write_text("changed")
    assert name.startswith("3.251.0-build-")
    assert build.name() != name
