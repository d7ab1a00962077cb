"""`served`: a project for the real engine whose API is its sandbox over HTTP."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.engine import Project
from support.sandbox import serve


@pytest.fixture
def served(project: Project) -> Iterator[Project]:
    """Give a project whose API is its sandbox over HTTP, with nobody's credentials."""
    with serve(project.database) as base:
        yield project.config({"bitbucket:apiUrl": base})
