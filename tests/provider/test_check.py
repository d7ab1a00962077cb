"""`Check` over both front ends: canonical inputs, every rule, all problems at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support.front_ends import FrontEnd
from support.hooks import DECLARED, INPUTS, URL
from support.provider_server import UNKNOWN, FakeEngine, ProviderServer, provider_server


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of the module's one process."""
    return tmp_path_factory.mktemp("check")


@pytest.fixture(scope="module")
def server(front_end: FrontEnd, folder: Path) -> Iterator[ProviderServer]:
    """Give one process for all: a check changes nothing."""
    engine = FakeEngine()
    config = {"apiUrl": f"sandbox:{folder / 'check.db'}"}
    with provider_server(front_end, engine, folder, config) as server:
        yield server
    engine.stop()


@pytest.fixture(scope="module")
def strict(front_end: FrontEnd, folder: Path) -> Iterator[ProviderServer]:
    """Give a process of the public API, which refuses private hosts."""
    engine = FakeEngine()
    with provider_server(front_end, engine, folder, {"workspace": "Acme"}) as server:
        yield server
    engine.stop()


@pytest.mark.parametrize(
    ("given", "canonical"),
    [
        ({}, {}),
        (INPUTS, {}),
        ({"owner": " ACME", "repository": "Web"}, {}),
        (
            {"events": ["repo:push", "issue:created", "repo:push"]},
            {"events": ["issue:created", "repo:push"]},
        ),
    ],
)
def test_the_canonical_form(
    server: ProviderServer, given: dict[str, Any], canonical: dict[str, Any]
) -> None:
    """Has defaults, slugs in lower case and each event once; checked again it stays as it is."""
    inputs, failures = server.check({**DECLARED, **given})
    assert (inputs, failures) == ({**INPUTS, **canonical}, [])
    assert server.check(inputs, inputs) == (inputs, [])


def test_a_workspace_hook_hangs_on_the_workspace_alone(strict: ProviderServer) -> None:
    """The workspace's default counts for workspace hooks too, and a repository is out of place."""
    kind = strict.resource("WorkspaceHook")
    inputs, failures = kind.check({"url": URL})
    assert (inputs["workspace"], failures) == ("acme", [])
    _, failures = kind.check({"url": URL, "repository": "web"})
    assert failures == ["repository: is no property of this resource; remove it"]


PROBLEMS: list[tuple[dict[str, Any], str]] = [
    ({"repository": ""}, "repository: must not be empty"),
    ({"repository": "acme/web"}, 'repository: is "acme/web", which is no slug'),
    ({"owner": "  "}, "owner: must not be empty"),
    ({"owner": 3}, "owner: must be text, not a number"),
    ({"url": ""}, "url: must not be empty"),
    ({"url": "ci.example.com"}, "url: must start with https://"),
    ({"url": "ftp://ci.example.com"}, "url: must start with https://"),
    ({"url": "https:///path"}, "url: has no host"),
    ({"url": "https://ci.example.com/a b"}, "url: contains a space or a control character"),
    ({"url": "https://ci.example.com/\x1b"}, "url: contains a space or a control character"),
    ({"url": "https://[::1"}, "url: can't be read as an address"),
    ({"url": True}, "url: must be text, not true or false"),
    ({"events": []}, "events: must not be empty"),
    ({"events": "repo:push"}, "events: must be a list of event keys, not text"),
    ({"events": [1]}, "events[0]: must be text, not a number"),
    ({"events": {"a": "b"}}, "events: must be a list of event keys, not a mapping"),
    (
        {"events": ["repo:push", "pullrequest:merge"]},
        'events[1]: unknown event "pullrequest:merge"; did you mean "pullrequest:ful',
    ),
    ({"active": "yes"}, "active: must be true or false, not text"),
    ({"skipCertVerification": 1}, "skipCertVerification: must be true or false, not a number"),
    ({"historyEnabled": []}, "historyEnabled: must be true or false, not a list"),
    ({"secretFrom": "plain"}, "secretFrom: must be env:NAME or file:PATH"),
    ({"secretFrom": "env:"}, "secretFrom: must be env:NAME or file:PATH"),
    ({"secretFrom": "env:NOT_SET_ANYWHERE"}, "secretFrom: env:NOT_SET_ANYWHERE: the variable"),
    ({"secretFrom": "file:nowhere"}, "secretFrom: file:nowhere: the file can't be read"),
    ({"secretFrom": "env:HOME", "secret": "x"}, "secret: is given together with secretFrom"),
    ({"adopt": "always"}, 'adopt: must be "match", "never" or the uuid of a hook'),
    ({"colour": "red"}, "colour: is no property of this resource"),
]


@pytest.mark.parametrize(("wrong", "problem"), PROBLEMS, ids=[row[1][:40] for row in PROBLEMS])
def test_refuses(server: ProviderServer, wrong: dict[str, Any], problem: str) -> None:
    """Each rule answers with the property's name, what is wrong and what to do."""
    _, failures = server.check({**DECLARED, **wrong})
    assert len(failures) == 1
    assert failures[0].startswith(problem)


@pytest.mark.parametrize(
    ("key", "value", "hidden"),
    [
        ("url", "https://canary:pw@ci.example.com/", "canary"),
        ("url", "ftp://ci.example.com/canary", "canary"),
        ("secret", "canary" * 30, "canary"),
        ("secretFrom", "canary", "canary"),
    ],
)
def test_shows_no_secret(server: ProviderServer, key: str, value: str, hidden: str) -> None:
    """The problem names the property in its text; the engine's field, which prints it, is empty."""
    _, failures = server.check({**DECLARED, key: value})
    assert len(failures) == 1
    assert failures[0].startswith(f"{key}: ")
    assert hidden not in failures[0]


def test_a_secret_that_is_too_long_is_counted(server: ProviderServer) -> None:
    """128 characters pass, 129 don't."""
    assert server.check({**DECLARED, "secret": "x" * 128})[1] == []
    assert server.check({**DECLARED, "secret": "x" * 129})[1] == [
        "secret: has 129 characters; shorten it, as the API takes at most 128"
    ]


def test_answers_all_problems_at_once(server: ProviderServer) -> None:
    """What is missing, what contradicts and what is wrong come together."""
    wrong = {"url": "no", "events": [], "secret": "a", "secretFrom": "env:A", "x": 1, "active": 0}
    _, failures = server.check(wrong)
    assert sorted(failure.partition(":")[0] for failure in failures) == [
        *("active", "events", "owner", "repository", "secret", "url", "x")
    ]


def test_private_hosts_are_refused_but_in_a_trial(
    server: ProviderServer, strict: ProviderServer
) -> None:
    """The service can't reach them; a sandbox doesn't care."""
    private = {**DECLARED, "url": "http://10.0.0.1/hook"}
    assert server.check(private)[1] == []
    assert strict.check(private)[1][0].startswith("url: points to a private host")


def test_unknown_values_pass(server: ProviderServer) -> None:
    """What a preview doesn't know yet isn't checked; a list that it knows in part is unknown."""
    news = {
        "owner": "acme",
        "repository": UNKNOWN,
        "url": UNKNOWN,
        "events": ["repo:push", UNKNOWN],
    }
    inputs, failures = server.check({**news, "secretFrom": UNKNOWN})
    assert failures == []
    assert inputs == {
        **news,
        "events": UNKNOWN,
        "active": True,
        "skipCertVerification": False,
        "secretFrom": UNKNOWN,
        "secretFingerprint": "",
    }


def test_unknown_values_hide_no_other_problem(server: ProviderServer) -> None:
    """The rest is checked all the same."""
    _, failures = server.check({**DECLARED, "url": UNKNOWN, "events": []})
    assert [failure.partition(":")[0] for failure in failures] == ["events"]


def test_inputs_tell_nothing_of_what_secret_from_finds(
    server: ProviderServer, folder: Path
) -> None:
    """They are the same for any value; what an older state has in them stays as it is."""
    (folder / "secret").write_text("canary-1\n")
    news = {**DECLARED, "secretFrom": f"file:{folder / 'secret'}"}
    first, failures = server.check(news)
    assert failures == []
    (folder / "secret").write_text("canary-2")
    assert server.check(news, first)[0] == server.check(news)[0] == first
    assert first["secretFingerprint"] == ""
    older = {**first, "secretFingerprint": "scrypt$c2FsdA==$aGFzaA=="}
    assert server.check(news, older)[0] == older


def test_a_replacement_of_a_bridged_hook(server: ProviderServer) -> None:
    """Refused: the old plugin would delete the hook that is adopted here.

    An engine that replaces checks once more, without the old inputs.
    """
    declared, inputs = ({**props, "url": f"{URL}/moved"} for props in (DECLARED, INPUTS))
    theirs = {**inputs, "__defaults": ["active"]}
    assert server.check(declared, theirs, "moved") == (inputs, [])
    _, failures = server.check(declared, {}, "moved")
    assert "pulumi-bitbucket would then delete the hook" in "".join(failures)
    assert server.check({**declared, "repository": "docs"}, {}, "moved")[1] == []
