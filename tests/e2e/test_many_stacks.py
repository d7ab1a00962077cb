"""`bitbucket-hooks stacks preview` and `up`: several stacks of a project, side by side."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys

import pytest

from support.engine import Project, wait_until
from support.sandbox import serve

pytestmark = pytest.mark.engine

KEY = "bitbucket-hooks:hooks"
COMMAND = "from bitbucket_hooks.cli import main; main()"


def test_several_stacks(stacks: Project) -> None:
    """Each as a run of its own; one that fails stops no other, and the worst code is the end's."""
    ci = {"name": "ci", "url": "https://ci.example.com/", "repositories": ["api"]}
    stacks.run("stack", "init", "--stack", "other").succeeded()
    other = stacks.config_file.with_name("Pulumi.other.yaml")
    stacks.config({KEY: [{**ci, "url": "https://other.example.com/"}]})
    shutil.copy(stacks.config_file, other)
    stacks.config({KEY: [ci]})
    run = stacks.command("stacks", "preview", "--at-once", "2")
    assert run.code == 3
    assert "Webhooks of other" in run.stdout
    assert "Webhooks of test" in run.stdout
    assert stacks.hooks() == []
    run = stacks.command("stacks", "preview", "t*", "--json")
    ((stack,), code) = json.loads(run.stdout), run.code
    assert (code, stack["stack"], stack["exitCode"]) == (3, "test", 3)
    assert "https://ci.example.com" in json.dumps(stack["changes"])

    assert stacks.command("stacks", "up").code == 1  # nobody said that it is meant
    run = stacks.command("stacks", "up", "--yes", "--at-once", "2", "--json")
    assert run.code == 0, run.text
    found = {stack["stack"]: stack["changes"] for stack in json.loads(run.stdout)}
    assert {
        name: (stack["run"]["preview"], stack["counts"]["created"]) for name, stack in found.items()
    } == {
        "other": (False, 1),
        "test": (False, 1),
    }
    assert {hook.url for hook in stacks.hooks()} == {
        "https://ci.example.com/",
        "https://other.example.com/",
    }

    stacks.config({KEY: [{**ci, "events": ["repo:psh"]}]})
    other.write_text(other.read_text().replace("other.example.com", "new.example.com"))
    run = stacks.command("stacks", "up", "--yes", "--refresh")
    assert run.code == 1
    assert "repo:psh" in run.stdout
    assert [line.split() for line in run.stdout.splitlines()[-2:]] == [
        ["other", "0"],
        ["test", "1"],
    ]
    assert "https://new.example.com/" in {hook.url for hook in stacks.hooks()}
    assert stacks.command("stacks", "preview", "o*").code == 0


@pytest.mark.plain_python
def test_a_signal_reaches_those_that_run(stacks: Project) -> None:
    """They end what is under way, the others aren't started, and the next run does the rest."""
    ci = {"name": "ci", "url": "https://ci.example.com/", "repositories": ["api"]}
    stacks.run("stack", "init", "--stack", "other").succeeded()
    with serve(stacks.database) as base:
        stacks.config({KEY: [{**ci, "repositories": ["web"]}], "bitbucket:apiUrl": base})
        stacks.secret("bitbucket:oauthToken", stacks.estate.issue_access_token("acme"))
        shutil.copy(stacks.config_file, stacks.config_file.with_name("Pulumi.other.yaml"))
        stacks.config({KEY: [ci]})
        stacks.estate.configure(latency_ms=500)
        run = subprocess.Popen(
            [sys.executable, "-c", COMMAND, "stacks", "up", "--yes"],
            cwd=stacks.folder,
            env=stacks.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        wait_until(lambda: bool(stacks.estate.requests()), run)
        run.send_signal(signal.SIGTERM)
        printed, _ = run.communicate(timeout=60)
        assert run.returncode not in (0, 3)
        assert printed.splitlines()[-1].split() == ["test", "not", "started"]
        stacks.estate.configure(latency_ms=0)
        again = stacks.command("stacks", "up", "--yes")
        assert again.code == 0, again.text
        assert sorted(hook.url for hook in stacks.hooks()) == [ci["url"], ci["url"]]
