"""`bitbucket-hooks stacks`: the listing and the matrix, offline."""

from __future__ import annotations

import json
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import Result

from support.command import run

TOKEN = {"bitbucket:oauthToken": {"secure": "v1:canary"}}
USER = {"bitbucket:username": "a@b.c", "bitbucket:password": "canary"}
HOOKS = {"bitbucket-hooks:hooks": [{"name": "ci"}, {"name": "audit"}]}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the folder of a project with five stacks."""
    shared = {"bitbucket:workspace": "acme"}
    (tmp_path / "Pulumi.yaml").write_text(yaml.safe_dump({"name": "x", "config": shared}))
    monkeypatch.chdir(tmp_path)
    _stack("dev", **{"bitbucket:apiUrl": "sandbox:x.db"})
    _stack("prod-eu", **TOKEN, **HOOKS)
    _stack("prod-us", **TOKEN, **{"bitbucket:rateLimit": "600"})
    _stack("staging", **USER)
    _stack("test", **{"bitbucket:apiUrl": "http://127.0.0.1:9"})
    return tmp_path


def _stack(name: str, **config: Any) -> None:
    Path(f"Pulumi.{name}.yaml").write_text(yaml.safe_dump({"config": config}))


def _run(*args: str, code: int = 0) -> Result:
    result = run("stacks", *args, code=code)
    assert "canary" not in result.output
    return result


@pytest.mark.usefixtures("project")
def test_the_listing() -> None:
    """Names, hooks, workspaces and whose credentials; never a secret."""
    lines = [" ".join(line.split()) for line in _run().stdout.splitlines()]
    assert lines == [
        "STACK HOOKS IN CONFIG WORKSPACE ACCOUNT REQUESTS AN HOUR",
        "dev 0 acme the sandbox -",
        "prod-eu 2 acme the access token 1000",
        "prod-us 0 acme the access token 600",
        "staging 0 acme the API token of a@b.c 1000",
        "test 0 acme no credentials -",
    ]
    assert json.loads(_run("list", "staging", "--json").stdout) == [
        {
            "stack": "staging",
            "hooks": 0,
            "workspace": "acme",
            "apiUrl": "https://api.bitbucket.org/2.0",
            "account": "the API token of a@b.c",
            "rateLimit": 1000,
            "problems": [],
        }
    ]


@pytest.mark.usefixtures("project")
def test_globs_choose() -> None:
    """One that means nothing is a mistake: a pipeline without steps would look like success."""
    chosen = json.loads(_run("prod-*", "dev", "prod-eu", "--json").stdout)
    assert [stack["stack"] for stack in chosen] == ["dev", "prod-eu", "prod-us"]
    said = _run("prod-*", "qa-*", code=1).stderr
    assert "no stack matches qa-*" in said
    assert "Name one of: dev, prod-eu, prod-us, staging, test." in said


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("count", range(1, 8))
def test_each_stack_is_in_one_part(count: int) -> None:
    """Of any number of parts, whose sizes differ by one at most; some may be empty."""
    parts = [
        [stack["stack"] for stack in json.loads(_run("--part", f"{i}/{count}", "--json").stdout)]
        for i in range(count)
    ]
    assert sorted(chain(*parts)) == ["dev", "prod-eu", "prod-us", "staging", "test"]
    sizes = [len(part) for part in parts]
    assert max(sizes) - min(sizes) <= 1


@pytest.mark.usefixtures("project")
def test_a_part_of_those_chosen() -> None:
    """What another runner does is none of this one's business, mistakes included."""
    assert "prod-us" in _run("prod-*", "--part", "1/2").stdout
    assert _run("prod-*", "--part", "2/3").stdout == "There are no stacks in part 2/3.\n"
    _stack("prod-half", **{"bitbucket:username": "a@b.c"})
    assert "prod-eu" in _run("prod-*", "--part", "0/3").stdout
    assert "the stack prod-half" in _run("prod-*", "--part", "1/3", code=1).stderr
    assert "no stack matches qa-*" in _run("qa-*", "--part", "1/2", code=1).stderr


@pytest.mark.parametrize(
    ("part", "remedy"),
    [
        ("4/4", "the index counts from 0, so the last of 4 parts is 3/4"),
        ("0/0", "there is at least one part, 0/1"),
        ("/4", "it takes two numbers, as in 0/4"),
        ("-1/4", "it takes two numbers, as in 0/4"),
        ("1 of 4", "it takes two numbers, as in 0/4"),
    ],
)
@pytest.mark.parametrize("command", ["list", "preview", "up"])
@pytest.mark.usefixtures("project")
def test_no_part(command: str, part: str, remedy: str) -> None:
    """Runs nothing: a runner that does nothing would look like success."""
    said = " ".join(_run(command, "--part", part, code=1).stderr.split())
    assert f"{part} is no part: {remedy}" in said


@pytest.mark.usefixtures("project")
def test_a_matrix_for_github() -> None:
    """On one line, as an output takes it; who shares an identity shares its limit."""
    done = _run("--matrix", "github")
    (line,) = done.stdout.splitlines()
    assert json.loads(line) == {
        "include": [
            {"stack": "dev"},
            {"stack": "prod-eu", "rateLimit": 500},
            {"stack": "prod-us", "rateLimit": 300},
            {"stack": "staging", "rateLimit": 1000},
            {"stack": "test"},
        ]
    }
    assert "prod-us: its files say bitbucket:rateLimit 600" in done.stderr
    assert "prod-eu" not in done.stderr
    assert _run("prod-us", "--matrix", "github").stderr == ""


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("kind", ["github", "bitbucket"])
def test_a_matrix_with_one_budget(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody gets a part of the limit: all draw on one budget in a store."""
    monkeypatch.setenv("BITBUCKET_PACE", "redis://:canary-password@store.example.com")
    done = _run("--matrix", kind)
    assert "prod-eu" in done.stdout
    assert "rateLimit" not in done.stdout
    assert "RATE_LIMIT" not in done.stdout
    assert "canary" not in done.stdout + done.stderr
    assert "holds over" not in done.stderr


@pytest.mark.usefixtures("project")
def test_a_matrix_for_bitbucket() -> None:
    """Steps as they stand in a pipeline's file; a name is quoted for the shell."""
    _stack("a b", **TOKEN)
    (block,) = yaml.safe_load(
        _run("a b", "prod-eu", "test", "--matrix", "bitbucket", "--script", "ci/drift.sh").stdout
    )
    steps = [item["step"] for item in block["parallel"]]
    assert [step["name"] for step in steps] == ["a b", "prod-eu", "test"]
    assert [step["script"] for step in steps] == [
        ["BITBUCKET_RATE_LIMIT=500 ci/drift.sh 'a b'"],
        ["BITBUCKET_RATE_LIMIT=500 ci/drift.sh prod-eu"],
        ["ci/drift.sh test"],
    ]


@pytest.mark.usefixtures("project")
def test_a_file_that_cant_be_used() -> None:
    """Names the stack, and nothing is left out in silence."""
    _stack("half", **{"bitbucket:username": "a@b.c"})
    assert "the stack half: the stack config holds username but not password" in _run(code=1).stderr


def test_without_stacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Say so."""
    (tmp_path / "Pulumi.yaml").write_text("name: x\n")
    monkeypatch.chdir(tmp_path)
    assert _run().stdout == "There are no stacks here.\n"
    assert _run("preview").stdout == "There are no stacks here.\n"


@pytest.mark.usefixtures("project")
def test_a_key_in_a_wrong_namespace() -> None:
    """Is said beside the count, which lacks its hooks."""
    _stack("typo", **{"bitbucket-hook:hooks": [{"name": "ci"}]})
    said = "bitbucket-hook:hooks: is no key; did you mean bitbucket-hooks:hooks?"
    assert f"Warning: typo: {said}" in _run("typo").stderr
    (listed,) = json.loads(_run("typo", "--json").stdout)
    assert (listed["hooks"], listed["problems"]) == (0, [said])
