"""Fixtures that several rooms share: a freshly seeded sandbox for each test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from bitbucket_hooks.sandbox.estate import Sandbox


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a freshly seeded file to copy, which is quicker than to seed one for each test."""
    path = tmp_path_factory.mktemp("sandbox") / "template.db"
    Sandbox(path).close()
    return path


@pytest.fixture
def sandbox_path(tmp_path: Path, template: Path) -> Path:
    """Give a new sandbox's file."""
    return Path(shutil.copy(template, tmp_path / "sandbox.db"))


@pytest.fixture
def sandbox(sandbox_path: Path) -> Iterator[Sandbox]:
    """Give the sandbox from behind the scenes."""
    with Sandbox(sandbox_path) as opened:
        yield opened
