"""Fixtures that several rooms share: a freshly seeded sandbox, a project for the real engine."""

from __future__ import annotations

import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest

from support.engine import Project, Templates, environment, own_program, stacks_program
from support.engine import project as new_project
from support.quick_python import quick_python
from support.sandbox import Sandbox


def pytest_configure() -> None:
    """Let engines that are started here hear SIGINT, which a shell's background jobs ignore.

    The engine ends its language host with it, and waits for five seconds otherwise, in each run.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Measure no coverage in random searches.

    Coverage is to come from examples, which reach the same lines in every run; measured, a search
    takes more than twice the CPU.
    """
    for item in items:
        if getattr(getattr(item, "obj", None), "is_hypothesis_test", False):
            item.add_marker("no_cover")


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


@pytest.fixture(scope="session")
def shared_templates(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Templates]:
    """Give the empty stacks that all tests of this process copy, and a quick Python for them."""
    templates = Templates(tmp_path_factory.mktemp("templates"))
    if sys.platform != "linux":
        yield templates
        return
    folder = tmp_path_factory.mktemp("python")
    with quick_python(folder, environment(folder / "home")) as python:
        yield attrs.evolve(templates, python=python)


@pytest.fixture
def templates(request: pytest.FixtureRequest, shared_templates: Templates) -> Templates:
    """Give what projects are copied from; with the mark `plain_python`, without the quick one."""
    plain = request.node.get_closest_marker("plain_python")
    return attrs.evolve(shared_templates, python=None) if plain else shared_templates


@pytest.fixture
def project(templates: Templates, tmp_path: Path) -> Iterator[Project]:
    """Give a project whose program the test writes."""
    yield from new_project(templates, tmp_path / "project", own_program)


@pytest.fixture
def stacks(templates: Templates, tmp_path: Path) -> Iterator[Project]:
    """Give a project with this project's own program, to be configured by the test."""
    yield from new_project(templates, tmp_path / "project", stacks_program)
