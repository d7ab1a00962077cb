"""Reads that lag behind writes, and runs that meet: no hook is lost, and none is made twice."""

from __future__ import annotations

import shutil
from collections import Counter

import pytest

from support.engine import Project, finish, wait_until

pytestmark = pytest.mark.engine

PROGRAM = """
for i in range(3):
    bitbucket.Hook(f"ci-{i}", repository="web", url=f"https://ci.example.com/{i}")
bitbucket.HookFleet("all", repositories=["api", "web"], url="https://fleet.example.com/")
"""


def test_listings_that_lack_hooks(project: Project) -> None:
    """A refresh asks for those that the state knows; a destroy leaves none behind."""
    project.program(PROGRAM).up().succeeded()
    for hook in project.hooks():  # of new ones another look would be taken anyway
        project.estate.change_hook(hook.uuid, created_at="2020-01-01T00:00:00+00:00")
    before = project.hooks()
    assert len(before) == 5
    project.estate.plan_fault("empty-list", "GET", "*/hooks", times=100_000)
    project.up("--refresh").succeeded()
    assert project.hooks() == before
    project.destroy("--refresh").succeeded()
    assert project.hooks() == []


COUNT = 40
MANY = f"""
for i in range({COUNT}):
    bitbucket.Hook(
        f"ci-{{i}}", repository="api" if i % 2 else "web", url=f"https://ci.example.com/{{i}}"
    )
"""
ONCE = {f"https://ci.example.com/{i}": 1 for i in range(COUNT)}


def _urls(project: Project) -> Counter[str]:
    return Counter(hook.url for hook in project.hooks())


@pytest.mark.plain_python
def test_a_kill_and_a_lag(project: Project) -> None:
    """No read shows yet what the killed run made: the next one looks again, and doubles none."""
    project.program(MANY)
    project.estate.configure(latency_ms=100, read_lag_ms=8000)
    process = project.start("up", "--yes", "--skip-preview")
    wait_until(lambda: len(project.writes()) >= 17, process)
    process.kill()
    finish(process)
    assert 0 < len(project.hooks()) < COUNT
    project.free()
    project.up("--skip-preview").succeeded()
    assert _urls(project) == ONCE


def test_two_stacks_that_declare_the_same(project: Project) -> None:
    """Started at once: each hook is made once, and who comes second hears of the other."""
    project.program(MANY)
    project.run("stack", "init", "--stack", "other").succeeded()
    shutil.copy(project.config_file, project.config_file.with_name("Pulumi.other.yaml"))
    project.estate.configure(latency_ms=100, read_lag_ms=3000)
    started = [
        project.start("up", "--yes", "--skip-preview", "--stack", stack)
        for stack in ("test", "other")
    ]
    printed = "\n".join(finish(process).succeeded().text for process in started)
    assert _urls(project) == ONCE
    assert "of the project e2e may declare it too" in printed
