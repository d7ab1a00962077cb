"""Runs that are killed or interrupted: the next one finishes, and nothing is doubled or lost."""

import os
import re
import signal
import subprocess
from collections import Counter

import pytest

from support.engine import Project, finish, settled_writes, wait_until
from support.plugged import in_yaml, plugged
from support.processes import ends_by_itself, providers_of

pytestmark = [pytest.mark.engine, pytest.mark.plain_python]  # whose deaths are real

COUNT = 12
PROGRAM = f"""
for i in range({COUNT}):
    bitbucket.Hook(
        f"ci-{{i}}", repository="api" if i % 2 else "web", url=f"https://ci.example.com/{{i}}"
    )
"""
IN_YAML = {
    f"ci-{i}": (
        "Hook",
        {
            "owner": "acme",
            "repository": "api" if i % 2 else "web",
            "url": f"https://ci.example.com/{i}",
        },
    )
    for i in range(COUNT)
}
DECLARED = {f"https://ci.example.com/{i}": 1 for i in range(COUNT)}


def _urls(project: Project) -> Counter[str]:
    return Counter(hook.url for hook in project.hooks())


def _start(project: Project, *args: str) -> subprocess.Popen[str]:
    return project.start(*args, "--yes", "--skip-preview", "--parallel", "4")


def _kill_midway(project: Project, *args: str) -> None:
    """Kill the engine alone, as the system's memory guard would, when some writes are done."""
    project.estate.clear_requests()
    process = _start(project, *args)
    wait_until(lambda: len(project.writes()) >= 4, process)
    providers = providers_of(process.pid)
    assert providers
    process.kill()
    finish(process)
    assert settled_writes(project) < COUNT
    assert all(list(map(ends_by_itself, providers)))


def _declare(project: Project, front_end: str) -> None:
    if front_end == "plugin":
        in_yaml(plugged(project), IN_YAML)
    else:
        project.program(PROGRAM)


@pytest.mark.parametrize(
    ("front_end", "checkpoints"),
    [
        ("dynamic providers", "checkpoints"),
        ("dynamic providers", "no checkpoints"),
        ("plugin", "no checkpoints"),
    ],
)
def test_killed_while_creating(project: Project, front_end: str, checkpoints: str) -> None:
    """After `kill -9` the next run has exactly the declared hooks, and destroy leaves none."""
    if checkpoints == "no checkpoints":
        project.env["PULUMI_SKIP_CHECKPOINTS"] = "true"
    _declare(project, front_end)
    project.estate.configure(latency_ms=1000)
    _kill_midway(project, "up")
    assert 0 < len(project.hooks()) < COUNT
    project.estate.configure(latency_ms=0)
    project.free()
    project.up().succeeded()
    assert _urls(project) == DECLARED
    project.preview("--refresh", "--expect-no-changes").succeeded()

    project.estate.configure(latency_ms=1000)
    _kill_midway(project, "destroy")
    project.estate.configure(latency_ms=0)
    project.free()
    project.destroy().succeeded()
    assert not project.hooks()


@pytest.mark.parametrize("front_end", ["dynamic providers", "plugin"])
def test_interrupted_once(project: Project, front_end: str) -> None:
    """One Ctrl-C stops at the next safe point with the state true; the next run completes."""
    _declare(project, front_end)
    project.estate.configure(latency_ms=1000)
    process = _start(project, "up")
    wait_until(lambda: len(project.writes()) >= 4, process)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to everyone in the foreground
    run = finish(process)
    assert run.code != 0
    assert not re.search(r"Traceback|KeyboardInterrupt", run.text), run.text
    project.estate.configure(latency_ms=0)
    live = {hook.uuid for hook in project.hooks()}
    known = {resource["id"] for resource in project.state().values()}
    assert 0 < len(live) < COUNT
    assert known == live
    project.preview_and_up().succeeded()
    assert _urls(project) == DECLARED
    assert live <= {hook.uuid for hook in project.hooks()}
