"""The sandbox from behind the scenes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bitbucket_hooks.sandbox.errors import SandboxError
from bitbucket_hooks.sandbox.seed import OWNER_EMAIL
from bitbucket_hooks.sandbox.settings import parse
from sandbox.conftest import Api
from support.sandbox import Sandbox


def test_the_seeded_estate(sandbox: Sandbox) -> None:
    """Two workspaces with a few repositories, and no hook."""
    names = [repository.full_name for repository in sandbox.repositories()]
    assert len([name for name in names if name.startswith("acme/")]) == 8
    assert len([name for name in names if name.startswith("globex/")]) == 2
    assert [workspace.slug for workspace in sandbox.workspaces()] == ["acme", "globex"]
    assert sandbox.hooks() == []


def test_places_come_and_go(api: Api, sandbox: Sandbox) -> None:
    """A renamed repository keeps uuid and hooks; with a deleted one its hooks go."""
    sandbox.add_workspace("initech")
    sandbox.grant(OWNER_EMAIL, "initech", "owner")
    uuid = sandbox.add_repository("initech/tps", project="REP", private=False)
    hook = sandbox.plant_hook("initech/tps", "https://ci.example.com")
    sandbox.rename_repository("initech/tps", "reports")
    assert api.get("/repositories/initech/tps").status_code == 404
    assert api.get("/repositories/initech/reports").json()["uuid"] == uuid
    assert api.get(f"/repositories/initech/reports/hooks/{hook.uuid}").ok
    sandbox.delete_repository("initech/reports")
    assert sandbox.hooks() == []
    assert api.get("/repositories/initech/reports").status_code == 404


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda s: s.hooks("nobody"), 'no workspace "nobody"'),
        (lambda s: s.hooks("acme/nothing"), 'no repository "acme/nothing"'),
        (lambda s: s.add_repository("web"), "is no slug"),
        (lambda s: s.rename_repository("acme/web", "api"), "there already"),
        (lambda s: s.issue_api_token("nobody@x"), 'no user "nobody@x"'),
        (lambda s: s.hook("{x}"), 'no webhook "{x}"'),
        (lambda s: s.configure(latncy_ms=1), 'did you mean "latency_ms"'),
        (lambda s: s.configure(xyz=1), "take one of latency_ms"),
        (lambda s: s.configure(latency_ms=-1), "must not be negative"),
        (lambda s: s.configure(fault_rate=2), "between 0 and 1"),
        (lambda s: s.configure(fault_kinds=["500", "x"]), 'unknown "x"'),
        (lambda s: s.configure(fault_methods=["PATCH"]), 'unknown "PATCH"'),
        (lambda _: parse(["latency_ms"]), "sets nothing; write KEY=VALUE"),
        (lambda _: parse(["latency_ms=slow"]), 'must be a number, not "slow"'),
        (lambda _: parse(["rate_limit=1.5"]), 'must be a number, not "1.5"'),
        (lambda _: parse(["retry_after=maybe"]), "must be true or false"),
        (lambda _: parse(["what=1"]), "unknown setting"),
    ],
)
def test_mistakes(sandbox: Sandbox, act: Callable[[Sandbox], Any], words: str) -> None:
    """A wrong name is answered with the name."""
    with pytest.raises(SandboxError) as caught:
        act(sandbox)
    assert words in str(caught.value)


def test_settings_as_text() -> None:
    """What a person types becomes what a setting takes."""
    typed = ["latency-ms=1.5", "retry_after=Yes", "fault_kinds=500, 502", "rate_limit=3"]
    assert parse([*typed, "fault_methods=", "log_requests=off"]) == {
        "latency_ms": 1.5,
        "retry_after": True,
        "fault_kinds": ("500", "502"),
        "rate_limit": 3,
        "fault_methods": (),
        "log_requests": False,
    }
