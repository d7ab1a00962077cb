"""The command lines of the pods in `deploy/kubernetes`, with a real engine."""

from __future__ import annotations

import pytest

from support.engine import Project
from support.kubernetes import pod_template, rendered

pytestmark = pytest.mark.engine

CI = {"name": "ci", "url": "https://ci.example.com/", "repositories": ["api"]}


def _arguments(name: str) -> list[str]:
    arguments: list[str] = pod_template(rendered(name))["spec"]["containers"][0]["args"]
    return arguments


def test_jobs(stacks: Project) -> None:
    """An Indexed Job's pods apply each stack once; at night all is well, or the Job fails."""
    stacks.config({"bitbucket-hooks:hooks": [CI]})
    for index in range(4):
        part = [
            item.replace("$(JOB_COMPLETION_INDEX)", str(index))
            for item in _arguments("up-in-parts")
        ]
        run = stacks.command(*part)
        assert run.code == 0, run.text
    (hook,) = stacks.hooks()
    assert stacks.command(*_arguments("drift")).code == 0
    stacks.estate.delete_hook(hook.uuid)
    assert stacks.command(*_arguments("drift")).code == 3
    assert stacks.command(*_arguments("up")).code == 0
    assert len(stacks.hooks()) == 1
