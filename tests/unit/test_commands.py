"""`bitbucket-hooks events` and `ip-ranges`: what they print, and where from."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bitbucket_hooks.cli import api_client, main
from bitbucket_hooks.model.events import CATALOGUE
from bitbucket_hooks.sandbox.admin import Sandbox
from bitbucket_hooks.sandbox.server import serve

KEYS = [event.event for event in CATALOGUE]
WEBHOOKS = [
    *("192.0.2.0/24", "198.51.100.0/25", "198.51.100.128/28"),
    *("2001:db8:b1b:100::/56", "2001:db8:a71a::/48"),
]


def run(*arguments: str, code: int = 0) -> Result:
    """Run a command in this process and expect an exit code."""
    result = CliRunner().invoke(main, list(arguments), catch_exceptions=False)
    assert result.exit_code == code, result.output
    return result


@pytest.fixture(params=["embedded", "http"])
def api(
    sandbox_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Name the sandbox in the environment, both ways; nobody's credentials."""
    if request.param == "embedded":
        monkeypatch.setenv("BITBUCKET_API_URL", f"sandbox:{sandbox_path}")
        yield
        return
    with serve(sandbox_path) as base:
        monkeypatch.setenv("BITBUCKET_API_URL", base)
        yield


@pytest.mark.usefixtures("api")
def test_events(sandbox: Sandbox) -> None:
    """Of both kinds of subjects, live, each once."""
    sandbox.add_event("repo:brand_new", "workspace")
    sandbox.remove_event("issue:created", "workspace")
    found = {row["event"]: row for row in json.loads(run("events", "--json").stdout)}
    assert list(found) == [*KEYS, "repo:brand_new"]
    assert found["repo:brand_new"]["subjects"] == ["workspace"]
    assert found["issue:created"]["subjects"] == ["repository"]
    assert found["repo:push"] == {
        "event": "repo:push",
        "category": "Repository",
        "label": "Push",
        "subjects": ["repository", "workspace"],
        "description": "Repository: push",
    }
    head, first, *_ = run("events").stdout.splitlines()
    assert head.split() == ["EVENT", "CATEGORY", "LABEL", "SUBJECTS", "DESCRIPTION"]
    assert " ".join(first.split()) == (
        "repo:push Repository Push repository workspace Repository: push"
    )


@pytest.mark.usefixtures("api")
def test_events_of_one_kind(sandbox: Sandbox) -> None:
    """Ask for that list alone."""
    result = run("events", "workspace")
    lines = result.stdout.splitlines()
    assert lines[0].split() == ["EVENT", "CATEGORY", "LABEL", "DESCRIPTION"]
    assert [line.split()[0] for line in lines[1:]] == KEYS
    assert result.stderr == ""
    assert [one.path for one in sandbox.requests()] == ["/2.0/hook_events/workspace"]


@pytest.mark.usefixtures("api")
def test_events_offline(sandbox: Sandbox) -> None:
    """Ask nobody."""
    sandbox.add_event("repo:brand_new")
    assert [row["event"] for row in json.loads(run("events", "--offline", "--json").stdout)] == KEYS
    assert not sandbox.requests()


@pytest.mark.usefixtures("api")
def test_events_that_cannot_be_read(sandbox: Sandbox) -> None:
    """Are the bundled ones; a note says so beside the output."""
    sandbox.configure(fault_rate=1, fault_kinds=("html",))
    result = run("events", "--json")
    assert [row["event"] for row in json.loads(result.stdout)] == KEYS
    assert result.stderr.startswith(
        "Note: the bundled list of events is shown, which may lack new ones: "
        "listing the events of a repository: the answer is an HTML"
    )
    assert len(sandbox.requests()) == 1


def test_events_of_nothing() -> None:
    """Are a mistake that names the two kinds."""
    assert "'repository', 'workspace'" in run("events", "repo", code=1).stderr


@pytest.mark.usefixtures("api")
def test_ip_ranges(sandbox: Sandbox) -> None:
    """One line each: what a firewall lets in for webhooks."""
    result = run("ip-ranges")
    assert (result.stdout.splitlines(), result.stderr) == (WEBHOOKS, "")
    assert [(one.path, one.identity) for one in sandbox.requests()] == [
        ("/ip-ranges", "anonymous@127.0.0.1")
    ]


@pytest.mark.usefixtures("api")
def test_other_ip_ranges() -> None:
    """By product and direction; all of them; as JSON with everything that is told."""
    ingress = run("ip-ranges", "--direction", "ingress").stdout.split()
    assert "203.0.113.0/26" in ingress
    every = json.loads(run("ip-ranges", "--product", "all", "--direction", "all", "--json").stdout)
    assert {*WEBHOOKS, *ingress} < {one["cidr"] for one in every}
    assert every[0] == {
        "cidr": "192.0.2.0/24",
        "network": "192.0.2.0",
        "mask": "255.255.255.0",
        "mask_len": 24,
        "products": ["bitbucket", "confluence", "jira", "trello"],
        "directions": ["egress", "ingress"],
        "regions": ["global"],
        "perimeter": "commercial",
    }
    none = run("ip-ranges", "--product", "statuspage", "--direction", "ingress")
    assert none.stdout == ""
    assert none.stderr.startswith("Note: no range has both the product statuspage")
    wrong = run("ip-ranges", "--product", "jra", code=1)
    assert "Give one of: bitbucket, confluence" in wrong.stderr


@pytest.mark.usefixtures("api")
def test_ip_ranges_that_cannot_be_read(sandbox: Sandbox) -> None:
    """Are the remote side's failure: there is no list to take its place."""
    sandbox.configure(fault_rate=1, fault_kinds=("html",))
    result = run("ip-ranges", code=2)
    assert result.stdout == ""
    assert "reading the published address ranges: the answer is an HTML page" in result.stderr


@pytest.mark.usefixtures("api")
def test_a_slow_answer_is_announced(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside the output."""
    monkeypatch.setattr(api_client, "_SOON", 0.0)
    sandbox.configure(latency_ms=700)
    result = run("ip-ranges")
    assert result.stdout.splitlines() == WEBHOOKS
    assert result.stderr == "Note: waiting for an answer\n"


def test_half_an_account(monkeypatch: pytest.MonkeyPatch) -> None:
    """Is a mistake in the set-up, found before anything is asked."""
    monkeypatch.setenv("BITBUCKET_API_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("BITBUCKET_USERNAME", "a@b.c")
    assert "BITBUCKET_PASSWORD" in run("events", code=1).stderr
