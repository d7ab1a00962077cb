"""The engine killed at random points of creates, updates and destroys, over many hooks."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from support.engine import Project, finish, wait_until
from support.scale import scaled

pytestmark = [pytest.mark.engine, pytest.mark.plain_python]  # whose deaths are real

REPOSITORIES = scaled(4, 20)
HOOKS = 10  # on each of them
TOTAL = REPOSITORIES * HOOKS
SEEDS = scaled([2], list(range(20)))
PHASES = ("create", "destroy", "update", "create", "update")


def declare(project: Project, description: str) -> None:
    """Declare the same hooks on every repository."""
    project.program(
        f"""
for r in range({REPOSITORIES}):
    for i in range({HOOKS}):
        bitbucket.Hook(
            f"h{{r}}-{{i}}",
            repository=f"r{{r}}",
            url=f"https://ci.example.com/{{i}}",
            description="{description}",
        )
"""
    )


def kill(project: Project, command: str, writes: int) -> None:
    """Kill the engine when so many writes were done, and free the stack that it held."""
    project.estate.clear_requests()
    project.estate.configure(latency_ms=100)
    process = project.start(command, "--yes", "--skip-preview")
    wait_until(lambda: len(project.writes()) >= writes or process.poll() is not None, process)
    process.kill()
    finish(process)
    project.estate.configure(latency_ms=0)
    project.free()


def assert_exactly(project: Project, description: str) -> None:
    """The declared hooks are there, each once and as declared."""
    live = project.hooks()
    assert set(Counter((hook.subject, hook.url) for hook in live).values()) == {1}
    assert len(live) == TOTAL
    assert {hook.description for hook in live} == {description}


@pytest.mark.parametrize("seed", SEEDS)
def test_killed_anywhere(project: Project, seed: int) -> None:
    """Whatever was killed, the next run repairs it: no hook is lost, doubled or left behind."""
    point = random.Random(seed).randrange(1, TOTAL)  # noqa: S311  # chooses where to kill
    if seed % 2:
        project.env["PULUMI_SKIP_CHECKPOINTS"] = "true"
    phase = PHASES[seed % len(PHASES)]
    project.estate.add_repositories([f"acme/r{i}" for i in range(REPOSITORIES)])
    declare(project, "one")
    if phase != "create":
        project.up().succeeded()
    if phase == "update":
        declare(project, "two")
    kill(project, "destroy" if phase == "destroy" else "up", point)
    if phase != "destroy":
        project.up().succeeded()
        assert_exactly(project, "two" if phase == "update" else "one")
    project.destroy().succeeded()
    assert not project.hooks()
