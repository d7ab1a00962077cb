"""`bitbucket-hooks preview`, `drift` and `up`: what they say, what they do, how they exit."""

from __future__ import annotations

import json

import pytest

from bitbucket_hooks.sandbox.seed import MEMBER_EMAIL, MEMBER_TOKEN, OWNER_EMAIL
from support.engine import STACK, Project

pytestmark = pytest.mark.engine

KEY = "bitbucket-hooks:hooks"
CI = {
    "name": "ci",
    "url": "https://ci.example.com/hook?token=canary-query",
    "events": ["repo:push"],
    "description": "CI",
    "repositories": ["api", "web"],
    "secret": "canary-secret",
}
ON_STACK = ("--stack", STACK)


def test_a_reviewers_day(stacks: Project) -> None:
    """Create, adopt, change by hand, repair: each is said in terms of hooks, with its exit code."""
    live = stacks.estate.plant_hook("acme/web", str(CI["url"]), description="CI", active=False)
    stacks.config({KEY: [CI]})
    run = stacks.command("preview", *ON_STACK)
    assert run.code == 3
    assert "1 hook to create, 1 to adopt." in run.flat
    assert f"will be adopted on acme/web {live.uuid}; events" not in run.flat
    assert f"will be adopted on acme/web {live.uuid}; active false => true, secret set" in run.flat
    assert len(stacks.hooks()) == 1

    run = stacks.command("up", *ON_STACK)
    assert (run.code, "nobody is there to be asked; give --yes" in run.flat) == (1, True)
    run = stacks.command("up", "--yes", *ON_STACK)
    assert run.code == 0, run.text
    assert stacks.only_hook("acme/web").uuid == live.uuid
    assert stacks.command("preview", *ON_STACK).code == 0
    assert stacks.command("up", "--yes", *ON_STACK).code == 0

    stacks.estate.change_hook(live.uuid, events=("repo:fork",))
    assert stacks.command("preview", *ON_STACK).code == 0  # nobody looked
    run = stacks.command("drift", *ON_STACK, "--json-file", "drift.json", "--html", "drift.html")
    assert run.code == 3
    assert "1 hook not as declared" in run.flat
    assert "events repo:fork on acme/web" in run.flat
    report = json.loads((stacks.folder / "drift.json").read_text())
    assert report["counts"]["drifted"] == 1
    run = stacks.command("up", "--refresh", "--yes", *ON_STACK)
    assert run.code == 0, run.text
    assert stacks.only_hook("acme/web").events == ("repo:push",)
    assert stacks.command("drift", *ON_STACK).code == 0
    files = (stacks.folder / name for name in ("drift.json", "drift.html"))
    for text in (run.text, *(file.read_text() for file in files)):
        assert "canary" not in text


def test_apply_what_was_reviewed(stacks: Project) -> None:
    """And nothing else: what differs is said, and nothing happens."""
    stacks.config({KEY: [CI]})
    assert stacks.command("preview", "--save", "reviewed.json", *ON_STACK).code == 3
    saved = (stacks.folder / "reviewed.json").read_text()
    assert "canary" not in saved
    stacks.config({KEY: [{**CI, "repositories": ["api", "web", "docs"], "active": False}]})
    run = stacks.command("up", "--reviewed", "reviewed.json", *ON_STACK)
    assert run.code == 3
    assert "this isn't what was reviewed, so nothing is changed" in run.text
    assert "acme/docs" in run.text
    assert stacks.hooks() == []
    stacks.config({KEY: [CI]})
    run = stacks.command("up", "--reviewed", "reviewed.json", *ON_STACK)
    assert run.code == 0, run.text
    assert len(stacks.hooks()) == 2
    run = stacks.command("up", "--reviewed", "reviewed.json", *ON_STACK)
    assert run.code == 3
    assert "ci: was reviewed, and wouldn't change now" in run.text
    odd = '{"version": 1, "changes": {"hooks": [5], "exclusives": [], "others": []}}'
    for text in ("", "{}", "[]", '{"version": 1}', '{"version": 1, "changes": 5}', odd):
        (stacks.folder / "other.json").write_text(text)
        run = stacks.command("up", "--reviewed", "other.json", *ON_STACK)
        assert (run.code, "is no reviewed preview" in run.text) == (1, True)


def test_a_review_sees_what_no_report_shows(stacks: Project) -> None:
    """Another query of a url is another thing, though neither report nor file shows it.

    And a review that looked at fewer live hooks than usual is held against as few.
    """
    stacks.config({KEY: [CI]})
    assert stacks.command("preview", "--look", "0", "--save", "r.json", *ON_STACK).code == 3
    assert "canary" not in (stacks.folder / "r.json").read_text()
    stacks.config({KEY: [{**CI, "url": "https://ci.example.com/hook?token=canary-other"}]})
    run = stacks.command("up", "--reviewed", "r.json", *ON_STACK)
    assert (run.code, stacks.hooks()) == (3, [])
    assert "a url differs in a part that isn't shown" in run.text
    assert "canary" not in run.text
    stacks.config({KEY: [CI]})
    run = stacks.command("up", "--reviewed", "r.json", *ON_STACK)
    assert run.code == 0, run.text
    assert len(stacks.hooks()) == 2


def test_too_much_at_once(stacks: Project) -> None:
    """More than 30 %, and at least 5, of all hooks need force."""
    slugs = [f"r{i}" for i in range(12)]
    stacks.estate.add_repositories([f"acme/{slug}" for slug in slugs])
    every = {**CI, "repositories": slugs}
    few = {**CI, "name": "few", "url": "https://few.example.com/", "repositories": slugs[:6]}
    stacks.config({KEY: [every, few]}).up().succeeded()
    stacks.config({KEY: [every]})
    run = stacks.command("preview", *ON_STACK)
    assert run.code == 1
    assert "would delete or replace 6 of 18 hooks (33.3%)" in run.flat
    assert "run `bitbucket-hooks up --force`" in run.flat
    assert stacks.command("up", "--yes", *ON_STACK).code == 1
    assert len(stacks.hooks()) == 18
    assert stacks.command("preview", *ON_STACK, BITBUCKET_HOOKS_FORCE="1").code == 3
    assert stacks.command("preview", "--force", *ON_STACK).code == 3
    assert stacks.command("up", "--yes", "--force", *ON_STACK).code == 0
    assert len(stacks.hooks()) == 12


@pytest.mark.parametrize(
    ("what", "code", "printed"),
    [
        ("mistake", 1, "repo:psh"),
        ("credentials", 1, "was not accepted"),
        ("limit", 2, "rate limit"),
        ("stack", 1, "the backend has no stack"),
    ],
)
def test_exit_codes(stacks: Project, what: str, code: int, printed: str) -> None:
    """1 for what we have to mend, 2 for what the other side has to."""
    stacks.config({KEY: [CI]})
    if what == "mistake":
        stacks.config({KEY: [{**CI, "events": ["repo:psh"]}]})
    elif what == "credentials":
        stacks.config({"bitbucket:username": OWNER_EMAIL, "bitbucket:password": "canary-wrong"})
    elif what == "limit":
        stacks.estate.configure(rate_limit=1, window_seconds=600)
        stacks.config({"bitbucket:maxWait": 1}).preview()  # which uses the allowance up
    stack = ("--stack", "other") if what == "stack" else ON_STACK
    run = stacks.command("preview", *stack)
    assert run.code == code, run.text
    assert printed in run.flat.lower() + run.flat
    assert "canary" not in run.text


def test_a_failed_update(stacks: Project) -> None:
    """Is told in terms of hooks, and exits as the remote side's failure."""
    stacks.config({KEY: [{**CI, "repositories": ["api"]}]}).up().succeeded()
    stacks.estate.delete_hook(stacks.only_hook("acme/api").uuid)
    stacks.config({KEY: [{**CI, "repositories": ["api"], "description": "CI 2"}]})
    run = stacks.command("up", "--yes", *ON_STACK)
    assert run.code == 2
    assert "The update failed." in run.text
    assert "acme/api" in run.text


def test_no_engine_at_all(stacks: Project) -> None:
    """Is said in one line."""
    run = stacks.command("drift", PATH=str(stacks.folder))
    assert run.code == 1
    assert "there is no `pulumi` on the PATH" in run.text


def test_looking_for_live_hooks(stacks: Project) -> None:
    """Through the account of each hook; what can't be looked at is said, and no more than asked."""
    labs = {"username": MEMBER_EMAIL, "workspace": "globex"}
    hooks = [
        {**CI, "repositories": ["api", "web", "docs"], "adopt": "never"},
        {**CI, "name": "all", "url": "https://all.example.com/", "repositories": ["api", "web"]},
        {**CI, "name": "labs", "account": "labs", "repositories": ["website"]},
        {"name": "audit", "workspace": True, "url": "https://audit.example.com/"},
    ]
    audit = stacks.estate.plant_hook("acme", "https://audit.example.com/", description="Audit")
    for _ in range(2):
        stacks.estate.plant_hook("acme/web", "https://all.example.com/", description="CI")
    stacks.estate.plant_hook("acme/web", str(CI["url"]), description="CI")
    stacks.config({KEY: hooks, "bitbucket-hooks:accounts": {"labs": labs}})
    stacks.secret("bitbucket-hooks:accounts.labs.password", MEMBER_TOKEN)
    run = stacks.command("preview", *ON_STACK)
    assert run.code == 3
    assert f"will be adopted on acme {audit.uuid}" in run.flat
    assert "acme/web has 2 live hooks that match, so the update will be refused" in run.flat
    assert "not known whether live hooks are adopted: globex/website" in run.flat
    assert "Warning: " in run.stderr
    stacks.calls()
    run = stacks.command("preview", "--look", "1", *ON_STACK)
    assert "new hooks only, so of the others it isn't known" in run.flat
    assert sum(n for call, n in stacks.calls().items() if call.endswith("/hooks")) == 1
    stacks.command("preview", "--look", "0", *ON_STACK)
    assert sum(n for call, n in stacks.calls().items() if call.endswith("/hooks")) == 0
