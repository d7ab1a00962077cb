"""docs/how-to/: what each page does is done, and what it shows is printed."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from click.testing import CliRunner

from bitbucket_hooks.cli import main
from hook_policies.rules import POLICIES
from support import handbook
from support.engine import ROOT, Project, environment
from support.pulumi_program import program
from support.receiver import receiver
from support.sandbox import Sandbox
from support.stack_program import Stack
from support.transcript import misses

PAGES = sorted(path.name for path in (handbook.DOCS / "how-to").glob("*.md"))
CI = "https://ci.example.com/bitbucket"
NINE = [
    f"acme/svc-{name}"
    for name in ("api", "bill", "cart", "docs", "jobs", "mail", "orders", "queue", "users")
]


def text(name: str) -> str:
    """Give a page."""
    return handbook.page(f"how-to/{name}.md")


@pytest.fixture
def prod(stacks: Project) -> Project:
    """Give a project whose stack `prod` the pages make and deploy in the sandbox."""
    stacks.env["BITBUCKET_API_URL"] = f"sandbox:{stacks.database}"
    stacks.env["BITBUCKET_WORKSPACE"] = "acme"
    stacks.env["CI_HOOK_SECRET"] = "the old one"
    return stacks


def play(name: str, project: Project, config: dict[str, Any] | None = None) -> None:
    """Run a page; with a configuration, after that was deployed."""
    before = ["pulumi stack init prod"]
    if config is not None:
        whole = yaml.safe_dump({"config": config})
        (project.folder / "stacks" / "Pulumi.prod.yaml").write_text(whole)
        before.append("pulumi up --yes --skip-preview")
    handbook.play(text(name), project.folder, project.env, *before)


def fleet(*repositories: str) -> dict[str, Any]:
    """Declare what pages take for granted: a signed hook on repositories."""
    ci = {"name": "ci", "url": CI, "repositories": list(repositories)}
    return {"bitbucket-hooks:hooks": [{**ci, "secretFrom": "env:CI_HOOK_SECRET"}]}


@pytest.mark.engine
def test_adopt_what_exists(prod: Project) -> None:
    """Live hooks stay as they are, and nothing is written to Bitbucket."""
    for slug in ("api", "web"):
        prod.estate.plant_hook(f"acme/{slug}", CI, description="CI", events=["repo:push"])
    chat = {"description": "Chat", "events": ["pullrequest:fulfilled"], "secret": "nobody knows"}
    prod.estate.plant_hook("acme/web", "https://chat.example.com/hook", **chat)
    before = prod.hooks()
    example = prod.folder / "stacks" / "Pulumi.prod.yaml"
    example.write_bytes((ROOT / "stacks" / "Pulumi.prod.yaml").read_bytes())
    handbook.play(text("adopt-what-exists"), prod.folder, prod.env)
    assert prod.hooks() == before
    assert prod.writes() == []


@pytest.mark.engine
def test_rotate_a_secret(prod: Project) -> None:
    """Every hook has the new one, by one write."""
    play("rotate-a-secret", prod, fleet("api", "web"))
    hooks = prod.hooks()
    assert {prod.estate.secret_of(hook.uuid) for hook in hooks} == {"the new one"}
    assert [request.method for request in prod.writes()] == ["POST", "POST", "PUT", "PUT"]


@pytest.mark.engine
def test_unmanaged_hooks(prod: Project) -> None:
    """What nobody declared is found, shown and then deleted, and nothing else."""
    prod.estate.plant_hook(
        "acme/web", "https://old.example.com/?token=x", description="Jenkins", events=["repo:push"]
    )
    play("unmanaged-hooks", prod, fleet("api", "web"))
    assert {hook.url for hook in prod.hooks()} == {CI}
    assert len(prod.hooks()) == 2


@pytest.mark.engine
def test_another_environment(prod: Project) -> None:
    """A file is all that it takes."""
    del prod.env["BITBUCKET_API_URL"]
    handbook.play(text("several-environments"), prod.folder, prod.env)


@pytest.mark.engine
def test_new_repositories(prod: Project) -> None:
    """One that was just created is covered, for the requests that the page counts."""
    play("new-repositories", prod)
    assert len(prod.hooks("acme/checkout")) == 1
    counted = re.search(r"(\d+) of an hour's ([\d,]+) requests", text("new-repositories"))
    assert counted
    assert counted.groups() == (str(4 * 1_000 // 100), "1,000")


@pytest.mark.engine
def test_waves(prod: Project) -> None:
    """Hooks are cut into waves and moved as they are: nothing is made, nothing deleted."""
    prod.estate.add_repositories(NINE)
    play("waves", prod)
    methods = [request.method for request in prod.writes()]
    assert methods == ["POST"] * 9 + ["PUT"] * 9 + ["PUT"] * 3
    moved = [name for name in NINE if "new.example" in prod.only_hook(name).url]
    assert moved == NINE[:3]


def test_waves_are_counted() -> None:
    """By a list of a hundred repositories a request, a listing and a write each."""
    page = text("waves")
    lists = 1_200 // 100
    assert f"| {1_200 + lists:,}, or {2 * 1_200 + lists:,} |" in page
    assert f"| {120 + lists} | at once |" in page
    assert f"| {10 * (120 + lists):,} |" in page
    assert f"Of each run {lists} are" in page


def test_a_second_account(sandbox: Sandbox, sandbox_path: Path) -> None:
    """The page's program declares both, the second one through the provider with the token."""
    token = sandbox.issue_access_token("globex", ["webhook"])
    (code,) = handbook.blocks(text("second-account"), "python")
    config = {"bitbucket:apiUrl": f"sandbox:{sandbox_path}", "hooks:labsToken": token}
    with program(config, ("hooks:labsToken",)) as run:
        made = run(lambda: exec(compile(code, "page", "exec"), {}))  # noqa: S102
    by_name = {resource.name: resource for resource in made}
    assert set(by_name) == {"labs", "ours", "theirs"}
    assert by_name["theirs"].inputs["owner"] == "globex"


@pytest.mark.parametrize("name", ["new-repositories", "self-signed-receivers"])
def test_entries_are_in_order(
    name: str, sandbox_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An entry that a page shows is taken by the program."""
    monkeypatch.setenv("LAB_HOOK_SECRET", "signs")
    with Sandbox(sandbox_path) as estate:
        estate.add_repositories(["acme/sandbox"])
    shown = [yaml.safe_load(block) for block in handbook.blocks(text(name), "yaml")]
    (entries,) = [block for block in shown if isinstance(block, list)]
    assert len(Stack(sandbox_path, monkeypatch).declares(*entries).resources) == 1


def test_the_named_policies_are_there() -> None:
    """Those that pages name by name."""
    known = {policy.name for policy in POLICIES}
    for page in PAGES:
        named = re.findall(r"\[policy\]\([^)]*\)[ `]+([\w-]+)`", handbook.page(f"how-to/{page}"))
        assert set(named) <= known


def test_a_self_signed_receiver() -> None:
    """Is told, and nothing is sent."""
    (step,) = handbook.page_steps(text("self-signed-receivers"))
    command, _, _ = step.command.partition(" ||")
    with receiver(tls=True) as there:
        port = str(urlsplit(there.url).port)
        done = CliRunner().invoke(main, shlex.split(command.replace("8443", port))[1:])
    printed = done.output.replace(port, "8443") + f"exit code {done.exit_code}\n"
    assert not misses([step], [printed])
    assert there.received == []


def test_address_allow_lists(sandbox_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lists begin as shown."""
    monkeypatch.setenv("BITBUCKET_API_URL", f"sandbox:{sandbox_path}")
    printed = CliRunner().invoke(main, ["ip-ranges"], catch_exceptions=False).stdout
    allowed = re.sub(r"(?m)^(.*)$", r"allow \1;", printed.rstrip())
    assert not misses(handbook.page_steps(text("address-allow-lists")), [printed, allowed])


def test_policies_page() -> None:
    """Its commands are those of the page on policies, which is tested as a whole."""
    short = list(handbook.page_steps(text("policies")))
    whole = {step.command for step in handbook.page_steps(handbook.page("policies.md"))}
    assert {step.command for step in short} <= whole


def test_unit_test_a_program(tmp_path: Path) -> None:
    """The page's test passes, and fails when the program declares something else."""
    page = text("unit-test-a-program")
    handbook.play(page, tmp_path, environment(tmp_path))
    declared = (tmp_path / "hooks.py").read_text()
    for old, new in (("https://", "http://"), ("CI_HOOK", "OTHER"), ('"api", ', "")):
        (tmp_path / "hooks.py").write_text(declared.replace(old, new))
        command = [sys.executable, "-m", "unittest"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert "FAILED (failures=1)" in done.stderr, done.stderr
