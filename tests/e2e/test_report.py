"""The report of real runs, piped from the engine as people do."""

from __future__ import annotations

import json
import re
import subprocess

import pytest

from support.engine import ROOT, STACK, Project

pytestmark = pytest.mark.engine

CANARY = "canary-of-a-secret"
PROGRAM = """
bitbucket.HookFleet(
    "ci",
    repositories={repositories},
    url="https://ci.example.com/hook?token=canary-of-a-secret-in-a-query",
    events={events},
    secret="canary-of-a-secret",
)
bitbucket.RepositoryHooksExclusive("only", repositories=["mobile"], hooks=[])
bitbucket.Hook(
    "hidden", repository="api", url=pulumi.Output.secret("https://h.example.com/canary-of-a-secret-{n}")
)
"""
SHELL = re.compile(r"^```shell\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def _piped(project: Project, command: str) -> tuple[str, int]:
    """Run a command line in a shell; gives what it printed and the last program's exit code."""
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=project.folder,
        env={**project.env, "PULUMI_STACK": STACK},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.stdout, done.returncode


def test_a_life(project: Project) -> None:
    """What is new, adopted, changed, drifted and gone is told as it is, and no secret."""
    url = "https://ci.example.com/hook?token=canary-of-a-secret-in-a-query"
    project.estate.plant_hook("acme/web", url)
    project.program(PROGRAM.format(repositories=["api", "web"], events=["repo:push"], n=1))
    said, code = _piped(project, "pulumi preview --json | bitbucket-hooks report")
    assert (code, "3 hooks to create or adopt." in said) == (3, True), said
    said, code = _piped(
        project, "pulumi up --yes --json | bitbucket-hooks report --json-file up.json"
    )
    assert (code, "3 hooks created or adopted." in said) == (3, True), said
    said, code = _piped(project, "pulumi preview --json --refresh | bitbucket-hooks report")
    assert (code, "Nothing changes: all 3 hooks are as declared." in said) == (0, True), said

    for hook in project.hooks("acme/api"):
        project.estate.change_hook(hook.uuid, active=False)
    project.estate.plant_hook("acme/mobile", "https://by-hand.example.com/?canary-of-a-secret")
    program = PROGRAM.format(repositories=["api", "docs"], events=["repo:push", "repo:fork"], n=2)
    project.program(program)
    command = (
        "pulumi preview --json --refresh | bitbucket-hooks report --html a.html --markdown a.md"
    )
    said, code = _piped(project, command)
    assert code == 3
    for line in (
        "1 hook to delete, 2 to change, 1 to create or adopt, 2 not as declared.",
        "acme/mobile without description https://by-hand.example.com/?… {",
        "- will be deleted on acme/web {",
        "+ to be created or adopted on acme/docs",
        "~ gains repo:fork on acme/api",
        "~ the secret url changes on acme/api",
        "≠ changed by hand to active false on acme/api; will be repaired",
    ):
        assert line in said, said
    created = json.loads((project.folder / "up.json").read_text())["hooks"]
    assert {item["name"]: len(item["created"]) for item in created} == {"ci": 2, "hidden": 1}
    for name in ("up.json", "a.html", "a.md"):
        assert CANARY not in (project.folder / name).read_text()
    assert CANARY not in said


def test_the_commands_of_the_page(project: Project) -> None:
    """Every command of docs/reports.md runs as it stands and ends with a code of its table.

    Those of history name stacks that aren't here.
    """
    project.program('bitbucket.Hook("ci", repository="api", url="https://ci.example.com/")')
    blocks = SHELL.findall((ROOT / "docs" / "reports.md").read_text("utf-8"))
    lines = [line for block in blocks for line in block.splitlines()]
    commands = [line for line in lines if " history " not in line]
    assert len(commands) == 8
    codes = {command: _piped(project, command)[1] for command in commands}
    assert set(codes.values()) <= {0, 3}, [item for item in codes.items() if item[1] not in (0, 3)]
    assert codes["pulumi up --yes --json | bitbucket-hooks report"] == 3
    assert (project.folder / "report.html").read_text().startswith("<!doctype html>")
