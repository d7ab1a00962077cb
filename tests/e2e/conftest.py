"""`served`: a project for the real engine whose API is its sandbox over HTTP."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bitbucket_hooks.sandbox.server import serve
from support.engine import Project


@pytest.fixture
def served(project: Project) -> Iterator[Project]:
    """Give a project whose API is its sandbox over HTTP, with nobody's credentials."""
    with serve(project.database) as base:
        yield project.config({"bitbucket:apiUrl": base})
