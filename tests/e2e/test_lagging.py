"""Reads that lag behind writes, and runs that meet: no hook is lost, and none is made twice."""

from __future__ import annotations

import pytest

from support.engine import Project

pytestmark = pytest.mark.engine

PROGRAM = """
for i in range(3):
    bitbucket.Hook(f"ci-{i}", repository="web", url=f"https://ci.example.com/{i}")
bitbucket.HookFleet("all", repositories=["api", "web"], url="https://fleet.example.com/")
"""


def test_listings_that_lack_hooks(project: Project) -> None:
    """A refresh asks for those that the state knows; a destroy leaves none behind."""
    project.program(PROGRAM).up().succeeded()
    before = project.hooks()
    assert len(before) == 5
    for hook in before:
        project.estate.change_hook(hook.uuid, created_at="2020-01-01T00:00:00+00:00")
    project.estate.plan_fault("empty-list", "GET", "*/hooks", times=100_000)
    project.up("--refresh").succeeded()
    assert project.hooks() == before
    project.destroy("--refresh").succeeded()
    assert project.hooks() == []
