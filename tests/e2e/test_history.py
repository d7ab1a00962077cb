"""`bitbucket-hooks history`: what the real engine's backend remembers of a stack."""

from __future__ import annotations

import json
from typing import Any

import pytest

from support.engine import Project

pytestmark = pytest.mark.engine

PROGRAM = """
import bitbucket_hooks as bitbucket
bitbucket.HookFleet("ci", repositories=["api", "web"], url="https://ci.example.com/")
"""


def test_the_runs_of_a_stack(project: Project) -> None:
    """What was made, and what a refresh found; as a table, as JSON, and as a page of its own."""
    project.program(PROGRAM).up().succeeded()
    (hook,) = project.hooks("acme/api")
    project.estate.change_hook(hook.uuid, active=False)
    project.refresh().succeeded()
    printed = project.command("history", "test", "--html", "history.html").succeeded()
    head, newest, oldest = printed.stdout.splitlines()
    assert head.split() == ["BEGAN", "RUN", "RESULT", "CREATED", "UPDATED", "DELETED"]
    assert newest.split()[1:] == ["refresh", "succeeded", "0", "1", "0"]
    assert oldest.split()[1:] == ["update", "succeeded", "2", "0", "0"]
    found = json.loads(project.command("history", "test", "--json").stdout)
    assert [_figures(run) for run in found["runs"]] == [
        ("update", 2, 0, 0),
        ("refresh", 0, 1, 0),
    ]
    page = (project.folder / "history.html").read_text()
    assert page.count("<rect ") == 2
    assert found["runs"][0]["began"] in page
    assert "http-equiv" in page
    assert "src=" not in page.replace("script-src", "").replace("style-src", "")


def test_a_stack_that_is_not_there(project: Project) -> None:
    """Is named, with the remedy."""
    done = project.command("history", "nosuch").failed()
    assert "nosuch" in done.stderr
    assert "pulumi stack init" in done.stderr


def _figures(run: dict[str, Any]) -> tuple[Any, ...]:
    return run["kind"], run["created"], run["updated"], run["deleted"]
