"""`bitbucket-hooks events` and `ip-ranges`: what they print, and where from."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bitbucket_hooks.cli import api_client
from bitbucket_hooks.model.events import CATALOGUE
from support.command import run
from support.sandbox import Sandbox, serve

KEYS = [event.event for event in CATALOGUE]
WEBHOOKS = [
    *("192.0.2.0/24", "198.51.100.0/25", "198.51.100.128/28"),
    *("2001:db8:b1b:100::/56", "2001:db8:a71a::/48"),
]


@pytest.fixture(autouse=True)
def _account(sandbox_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Name the sandbox in the environment, and nobody's credentials."""
    monkeypatch.setenv("BITBUCKET_API_URL", f"sandbox:{sandbox_path}")


def asked(sandbox: Sandbox) -> list[str]:
    """The paths of the requests."""
    return [request.path for request in sandbox.requests()]


def test_over_http(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both need no account."""
    with serve(sandbox.path) as base:
        monkeypatch.setenv("BITBUCKET_API_URL", base)
        assert [row["event"] for row in json.loads(run("events", "--json").stdout)] == KEYS
        assert run("ip-ranges").stdout.splitlines() == WEBHOOKS
    assert {request.identity for request in sandbox.requests()} == {"anonymous@127.0.0.1"}


def test_events(sandbox: Sandbox) -> None:
    """Of both kinds of subjects, live, each once; or of one kind, asking for that list alone."""
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
    sandbox.clear_requests()
    result = run("events", "workspace")
    head, *lines = result.stdout.splitlines()
    assert head.split() == ["EVENT", "CATEGORY", "LABEL", "DESCRIPTION"]
    assert "repo:brand_new" in [line.split()[0] for line in lines]
    assert (result.stderr, asked(sandbox)) == ("", ["/2.0/hook_events/workspace"])
    assert "'repository', 'workspace'" in run("events", "repo", code=1).stderr


def test_events_offline(sandbox: Sandbox) -> None:
    """Ask nobody."""
    sandbox.add_event("repo:brand_new")
    assert [row["event"] for row in json.loads(run("events", "--offline", "--json").stdout)] == KEYS
    assert asked(sandbox) == []


def test_events_that_cannot_be_read(sandbox: Sandbox) -> None:
    """Are the bundled ones; a note says so beside the output."""
    sandbox.configure(fault_rate=1, fault_kinds=("html",))
    result = run("events", "--json")
    assert [row["event"] for row in json.loads(result.stdout)] == KEYS
    assert result.stderr.startswith(
        "Note: the bundled list of events is shown, which may lack new ones: "
        "listing the events of a repository: the answer is an HTML"
    )
    assert len(asked(sandbox)) == 1


def test_ip_ranges(sandbox: Sandbox) -> None:
    """A line for each that a firewall lets in for webhooks; others by product and direction."""
    result = run("ip-ranges")
    assert (result.stdout.splitlines(), result.stderr) == (WEBHOOKS, "")
    assert asked(sandbox) == ["/ip-ranges"]
    ingress = run("ip-ranges", "--direction", "ingress").stdout.split()
    assert "203.0.113.0/26" in ingress
    every = json.loads(run("ip-ranges", "--product", "all", "--direction", "all", "--json").stdout)
    assert {*WEBHOOKS, *ingress} < {row["cidr"] for row in every}
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


def test_ip_ranges_that_cannot_be_read(sandbox: Sandbox) -> None:
    """Are the remote side's failure: there is no list to take its place."""
    sandbox.configure(fault_rate=1, fault_kinds=("html",))
    result = run("ip-ranges", code=2)
    assert result.stdout == ""
    assert "reading the published address ranges: the answer is an HTML page" in result.stderr


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
