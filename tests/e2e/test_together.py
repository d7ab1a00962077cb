"""`bitbucket-hooks stacks preview` and `up`: several stacks of a project, side by side."""

from __future__ import annotations

import shutil

import pytest

from support.engine import Project

pytestmark = pytest.mark.engine

KEY = "bitbucket-hooks:hooks"


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

    assert stacks.command("stacks", "up").code == 1  # nobody said that it is meant
    run = stacks.command("stacks", "up", "--yes", "--at-once", "2")
    assert run.code == 0, run.text
    assert [line.split() for line in run.stdout.splitlines()[-2:]] == [
        ["other", "0"],
        ["test", "0"],
    ]
    assert {hook.url for hook in stacks.hooks()} == {
        "https://ci.example.com/",
        "https://other.example.com/",
    }

    stacks.config({KEY: [{**ci, "events": ["repo:psh"]}]})
    other.write_text(other.read_text().replace("other.example.com", "new.example.com"))
    run = stacks.command("stacks", "up", "--yes", "--refresh")
    assert run.code == 1
    assert "repo:psh" in run.stderr + run.stdout
    assert [line.split() for line in run.stdout.splitlines()[-2:]] == [
        ["other", "0"],
        ["test", "1"],
    ]
    assert "https://new.example.com/" in {hook.url for hook in stacks.hooks()}
    assert stacks.command("stacks", "preview", "o*").code == 0
