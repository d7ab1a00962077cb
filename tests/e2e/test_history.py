"""`bitbucket-hooks history`: what the real engine's backend and kept reports know of stacks."""

from __future__ import annotations

import json

import pytest

from support.engine import Project

pytestmark = pytest.mark.engine

PROGRAM = """
import bitbucket_hooks as bitbucket
import pulumi
ci = bitbucket.HookFleet(
    "ci",
    repositories=["api", "web"],
    url=pulumi.Output.secret("https://ci.example.com/?key=canary"),
    secret="canary",
)
chat = bitbucket.HookFleet("chat", repositories=["api"], url="https://chat.example.com/?key=canary")
"""
WATCH = """
bitbucket.RepositoryHooksExclusive("only", repositories=["api"], hooks=[ci.hooks, chat.hooks])
"""


def test_runs_and_hooks_over_time(project: Project) -> None:
    """The backend counts resources, reports count hooks; what neither knows is said."""
    project.program(PROGRAM).up().succeeded()
    for hook in project.hooks():
        project.estate.change_hook(hook.uuid, active=hook.url.startswith("https://chat"))
    project.command("drift", "test", "--json-file", "drift.json")
    project.program(PROGRAM + WATCH).up().succeeded()
    project.estate.plant_hook("acme/api", "https://old.example.com/?key=canary", description="Old")
    kept = project.folder / "kept" / "1"
    kept.mkdir(parents=True)
    project.command("drift", "test", "--json-file", str(kept / "drift.json"))
    project.command("preview", "test", "--json-file", str(kept / "preview.json"))
    repaired = project.command("up", "test", "--refresh", "--yes", "--json-file", "kept/up.json")
    repaired.succeeded()
    (kept / "other.json").write_text("{}")

    arguments = ("history", "test", "--reports", "kept", "--reports", "drif?.json")
    printed = project.command(*arguments, "--html", "history.html").succeeded()
    assert "no report with a stack and a time in kept/1/other.json" in printed.stderr
    runs, reports = (_cells(table) for table in printed.stdout.split("\n\n"))
    assert runs == [
        ["update", "succeeded", "0", "1", "0"],
        ["update", "succeeded", "1", "0", "0"],
        ["update", "succeeded", "3", "0", "0"],
    ]
    assert reports == [
        ["update", "3", "+0", "~0", "-0", "2", "1"],
        ["preview", "3", "-", "-", "-"],
        ["drift", "3", "-", "2", "1"],
        ["drift", "3", "-", "2", "-"],
    ]
    found = json.loads(project.command(*arguments, "--json").stdout)
    (stack,) = found["stacks"]
    assert stack["stack"] == "test"
    assert [(report["drifted"], report["unmanaged"]) for report in stack["reports"]] == [
        (2, None),
        (2, 1),
        (None, None),
        (2, 1),
    ]
    page = (project.folder / "history.html").read_text()
    assert page.count("<svg ") == 2
    assert page.count("<circle ") == 5
    for text in (page, printed.text, json.dumps(found)):
        assert "canary" not in text


def test_several_stacks(project: Project) -> None:
    """By name and glob, a section each; one whose runs can't be read is said and stops none."""
    project.program(PROGRAM).up().succeeded()
    (project.config_file.parent / "Pulumi.test-2.yaml").write_text("config: {}\n")
    done = project.command("history", "test*", "test", "--json", "--html", "history.html").failed()
    assert 'Warning: the backend has no stack "test-2"; make it' in done.stderr
    second, first = json.loads(done.stdout)["stacks"]
    assert (first["stack"], len(first["runs"]), first["reports"]) == ("test", 1, None)
    assert (second["stack"], second["runs"], second["reports"]) == ("test-2", None, None)
    page = (project.folder / "history.html").read_text()
    assert page.count("<section ") == 2
    assert "The runs couldn't be read from the backend." in page
    assert page.count("Of drift and of unmanaged hooks nothing is known here") == 2
    assert "http-equiv" in page
    assert "src=" not in page.replace("script-src", "").replace("style-src", "")


def test_a_stack_that_is_not_there(project: Project) -> None:
    """Is named, with the remedy."""
    done = project.command("history", "nosuch").failed()
    assert "nosuch" in done.stderr
    assert "pulumi stack init" in done.stderr


def _cells(table: str) -> list[list[str]]:
    """The rows of a table, without their times."""
    return [line.split()[1:] for line in table.splitlines()[1:]]
