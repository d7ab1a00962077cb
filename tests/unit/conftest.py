"""Fixtures: a sandbox, a clock on which hours pass at once, and the rooms over the two."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from support.clocks import FakeClock
from support.rooms import Rooms, open_rooms
from support.stack_program import Stack

hypothesis.settings.register_profile(
    "ours",
    deadline=None,
    database=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("ours")


@pytest.fixture
def clock() -> FakeClock:
    """Give a clock on which sleeping costs no time."""
    return FakeClock()


@pytest.fixture
def rooms(sandbox_path: Path, tmp_path: Path, clock: FakeClock) -> Iterator[Rooms]:
    """Give the rooms of a process over the sandbox."""
    opened = open_rooms(f"sandbox:{sandbox_path}", tmp_path / "claims", clock=clock)
    yield opened
    opened.close()


@pytest.fixture
def stack(sandbox_path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Stack:
    """Give the program of `stacks/` over a new sandbox."""
    (tmp_path / "Pulumi.yaml").write_text("name: hooks\n")
    monkeypatch.chdir(tmp_path)
    return Stack(sandbox_path, monkeypatch)


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith(("BITBUCKET_", "XDG_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("BITBUCKET_HOOKS_CACHE", str(tmp_path / "cache"))
