"""Fixtures: `project` runs a program that the test writes, `stacks` this project's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bitbucket_hooks.sandbox.server import serve
from support.engine import Project, Templates, own_program, stacks_program
from support.engine import project as new_project


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Templates:
    """Give the empty stacks that all tests of this process copy."""
    return Templates(tmp_path_factory.mktemp("templates"))


@pytest.fixture
def project(templates: Templates, tmp_path: Path) -> Iterator[Project]:
    """Give a project whose program the test writes."""
    yield from new_project(templates, tmp_path / "project", own_program)


@pytest.fixture
def stacks(templates: Templates, tmp_path: Path) -> Iterator[Project]:
    """Give a project with this project's own program, to be configured by the test."""
    yield from new_project(templates, tmp_path / "project", stacks_program)


@pytest.fixture
def served(project: Project) -> Iterator[Project]:
    """Give a project whose API is its sandbox over HTTP, with nobody's credentials."""
    with serve(project.database) as base:
        yield project.config({"bitbucket:apiUrl": base})
