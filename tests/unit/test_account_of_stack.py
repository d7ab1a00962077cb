"""Whose account `inventory` and `import` ask by: that of a stack, of the variables, or nobody's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from bitbucket_hooks.sandbox.seed import OWNER_EMAIL, OWNER_TOKEN
from support.command import run
from support.fake_pulumi import FakePulumi
from support.sandbox import Sandbox, serve

ENCRYPTED = {"secure": "v1:abc"}
LOGIN = {"bitbucket:username": OWNER_EMAIL, "bitbucket:password": ENCRYPTED}
HERE = "acme/web"
THERE = "globex/portal"


@pytest.fixture(autouse=True)
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakePulumi:
    """Give a project, and an engine that has no stack selected."""
    home = tmp_path / "project"
    home.mkdir()
    monkeypatch.chdir(home)
    (home / "Pulumi.yaml").write_text("name: hooks\nruntime: python\n")
    pulumi = FakePulumi(tmp_path / "bin").put()
    monkeypatch.setenv("PATH", pulumi.path)
    pulumi.says("stack", error="error: no stack selected", code=1)
    return pulumi


@pytest.fixture
def base(sandbox: Sandbox, sandbox_path: Path) -> Iterator[str]:
    """Give a server that wants credentials, with a hook in each of two workspaces."""
    sandbox.plant_hook(HERE, "https://here.example.com/", description="here")
    sandbox.plant_hook(THERE, "https://there.example.com/", description="there")
    with serve(sandbox_path) as url:
        yield url


def stack(engine: FakePulumi, name: str, config: dict[str, Any], **opened: Any) -> None:
    """Write a stack's file; the engine tells the same with what is encrypted in the clear."""
    Path(f"Pulumi.{name}.yaml").write_text(yaml.safe_dump({"config": config}))
    values = {**config, **{f"bitbucket:{key}": value for key, value in opened.items()}}
    values |= {key: value for key, value in opened.items() if ":" in key}
    config_in_the_clear = {
        key: {"value": value} if isinstance(value, str) else {"value": "", "objectValue": value}
        for key, value in values.items()
    }
    for named in (name, f"team/hooks/{name}"):
        engine.says(f"config {named}", config_in_the_clear)


def found(*args: str) -> list[str]:
    """The titles of the hooks that an inventory has."""
    document = json.loads(run("inventory", *args, "--json").stdout)
    return [hook["description"] for hook in document["hooks"]]


@pytest.mark.parametrize(
    "named",
    [
        ("prod",),
        ("--stack", "prod"),
        ("team/hooks/prod",),
        ("acme", "--stack", "prod"),
        ("prod", "--workspace", "acme"),
    ],
    ids=" ".join,
)
def test_an_inventory_by_a_stack(
    engine: FakePulumi, base: str, monkeypatch: pytest.MonkeyPatch, named: tuple[str, ...]
) -> None:
    """Has its workspace and its credentials, which go before those of the variables."""
    config = {"bitbucket:apiUrl": base, "bitbucket:workspace": "acme", **LOGIN}
    stack(engine, "prod", config, password=OWNER_TOKEN)
    monkeypatch.setenv("BITBUCKET_OAUTH_TOKEN", "wrong")
    assert found(*named) == ["here"]


def test_a_stack_that_is_misspelt(engine: FakePulumi, sandbox: Sandbox) -> None:
    """Is a workspace's name, with a note that names the stack which may be meant."""
    api = f"sandbox:{sandbox.path}"
    stack(engine, "prod", {"bitbucket:apiUrl": api, "bitbucket:workspace": "acme"})
    said = run("inventory", "prdo", env={"BITBUCKET_API_URL": api}, code=1).stderr
    assert 'no stack here is called "prdo", so it is a workspace; did you mean "prod"?' in said
    assert "did you mean" not in run("inventory", "globex", "--stack", "prod").stderr


def test_a_key_of_the_account_that_is_misspelt(engine: FakePulumi, sandbox: Sandbox) -> None:
    """Is named, and not read as if there were none."""
    config = {"bitbucket:apiUrl": f"sandbox:{sandbox.path}", "bitbucket:worskpace": "acme"}
    stack(engine, "prod", config)
    said = run("inventory", "prod", code=1).stderr
    assert "bitbucket:worskpace: is no key; did you mean bitbucket:workspace?" in said


def test_an_inventory_of_another_workspace(engine: FakePulumi, base: str) -> None:
    """By the stack's account for that, if it has one."""
    accounts = {"globex": {"workspace": "globex", **{k[10:]: v for k, v in LOGIN.items()}}}
    config = {
        "bitbucket:apiUrl": base,
        "bitbucket:workspace": "acme",
        "bitbucket:oauthToken": ENCRYPTED,
        "bitbucket-hooks:accounts": accounts,
    }
    opened = {"globex": {**accounts["globex"], "password": OWNER_TOKEN}}
    stack(engine, "prod", config, oauthToken="wrong", **{"bitbucket-hooks:accounts": opened})
    assert found("prod", "--workspace", "globex") == ["there"]
    assert "was not accepted" in run("inventory", "prod", code=1).stderr


def test_nothing_is_opened_that_is_in_the_clear(sandbox: Sandbox, engine: FakePulumi) -> None:
    """So that no engine and no passphrase is needed."""
    sandbox.plant_hook(HERE, "https://here.example.com/", description="here")
    config = {"bitbucket:apiUrl": f"sandbox:{sandbox.path}", "bitbucket:workspace": "acme"}
    stack(engine, "dev", config)
    engine.says("config", error="error: incorrect passphrase", code=1)
    engine.says("config dev", error="error: incorrect passphrase", code=1)
    assert found("dev") == ["here"]


def test_an_inventory_by_the_variables(
    engine: FakePulumi, base: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no stack is named and they have an account; else by the selected stack."""
    config = {"bitbucket:apiUrl": base, "bitbucket:workspace": "acme", **LOGIN}
    stack(engine, "prod", config, password=OWNER_TOKEN)
    engine.says("stack", "prod\n")
    assert found() == ["here"]
    assert found("globex") == ["there"]
    monkeypatch.setenv("BITBUCKET_API_URL", base)
    monkeypatch.setenv("BITBUCKET_OAUTH_TOKEN", "wrong")
    assert "was not accepted" in run("inventory", "acme", code=1).stderr


def test_an_import_by_a_stack(engine: FakePulumi, base: str) -> None:
    """With its credentials too."""
    config = {"bitbucket:apiUrl": base, "bitbucket:workspace": "acme", **LOGIN}
    stack(engine, "prod", config, password=OWNER_TOKEN)
    for named in (("prod",), ("acme", "-s", "prod"), ("prod", "--workspace", "acme")):
        (entry,) = json.loads(run("import", *named, "--json", code=3).stdout)["entries"]
        assert entry["description"] == "here"


@pytest.mark.parametrize("command", ["inventory", "import"])
@pytest.mark.parametrize("named", [("acme",), ("acme", "--stack", "prod"), ("prod",)])
def test_nobody(engine: FakePulumi, command: str, named: tuple[str, ...]) -> None:
    """Is told at once, instead of asking the public API."""
    stack(engine, "prod", {"bitbucket:workspace": "acme"})
    if command == "import":
        engine.says("stack", "prod\n")
    said = run(command, *named, code=1).stderr
    assert said.startswith("Error: there are no credentials, and without them Bitbucket shows")
    assert "\nName a stack that has some, or set BITBUCKET_USERNAME and" in said


def test_outside_of_a_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no stack, and a name is a workspace's."""
    monkeypatch.chdir(tmp_path)
    assert "there are no credentials" in run("inventory", "acme", code=1).stderr
    assert "there is no Pulumi.yaml" in run("inventory", "--stack", "prod", code=1).stderr


def test_a_name_too_many(engine: FakePulumi) -> None:
    """Is refused."""
    stack(engine, "prod", {})
    said = run("inventory", "x", "--stack", "prod", "--workspace", "acme", code=1).stderr
    assert "--stack and --workspace name both, and x is a third name; leave it out" in said
