"""A create that takes over another resource's hook before the engine has come to that resource.

Only a run without a preview can do so: a preview lets everybody hold what is theirs first.
"""

from __future__ import annotations

from typing import Any

import pytest

from bitbucket_hooks.sandbox.webhook import StoredHook
from support.hooks import DECLARED, INPUTS, URL, inputs_of, state_of
from support.provider_server import FakeEngine, ProviderServer, Refusal
from support.sandbox import Sandbox

SLUGS = ("api", "web", "worker")
SECOND = f"{URL}/second"


def _urls(sandbox: Sandbox, place: str = "acme/web") -> dict[str, str]:
    return {hook.url: hook.uuid for hook in sandbox.hooks(place)}


def test_the_one_that_had_it_gets_its_own(
    server: ProviderServer, engine: FakeEngine, sandbox: Sandbox
) -> None:
    """It is replaced, which makes its hook, and the one that was taken over stays."""
    hook = sandbox.plant_hook("acme/web", URL)
    olds = state_of(hook)
    assert server.made(DECLARED, name="new")[0] == hook.uuid
    news, _ = server.check({**inputs_of(olds), "url": SECOND}, olds, name="old")
    changes, replaces = server.diff(hook.uuid, olds, news, name="old")
    assert (changes, replaces) == (True, ["uuid"])
    assert f"the hook {hook.uuid} belongs to Hook 'new' now" in engine.messages()
    own, _ = server.create(news, name="old")
    server.delete(hook.uuid, olds, name="old")
    assert _urls(sandbox) == {URL: hook.uuid, SECOND: own}


def test_one_that_has_not_lost_it_in_this_run_is_refused(
    server: ProviderServer, sandbox: Sandbox
) -> None:
    """Two states with one hook: nobody can tell whose it is."""
    hook = sandbox.plant_hook("acme/web", URL)
    olds = state_of(hook)
    for name, url in (("one", URL), ("two", SECOND)):
        server.check({**inputs_of(olds), "url": url}, olds, name=name)
    server.diff(hook.uuid, olds, INPUTS, name="one")
    with pytest.raises(Refusal, match="Hook 'one' and Hook 'two' declare the same hook"):
        server.diff(hook.uuid, olds, {**INPUTS, "url": SECOND}, name="two")


def _fleet(sandbox: Sandbox) -> tuple[dict[str, StoredHook], dict[str, Any]]:
    """Plant a fleet's hooks; gives them, and what the state has of the fleet."""
    hooks = {slug: sandbox.plant_hook(f"acme/{slug}", URL, description="") for slug in SLUGS}
    olds = {
        **{key: value for key, value in INPUTS.items() if key != "repository"},
        "repositories": dict.fromkeys(SLUGS, "as declared"),
        "hooks": {slug: hook.uuid for slug, hook in hooks.items()},
    }
    return hooks, olds


@pytest.mark.parametrize("url", [URL, SECOND])
def test_a_fleet_makes_the_copy_that_it_lost(
    server: ProviderServer, engine: FakeEngine, sandbox: Sandbox, url: str
) -> None:
    """In place, also when nothing else of it changed; the other copies keep their uuids."""
    hooks, olds = _fleet(sandbox)
    fleet = server.resource("HookFleet")
    named = {**DECLARED, "description": "taken"}
    taken = sandbox.change_hook(hooks["web"].uuid, url=f"{URL}/x", description="taken").uuid
    assert server.made({**named, "url": f"{URL}/x"}, name="new")[0] == taken
    declared = {**inputs_of(olds), "url": url, "repositories": list(SLUGS)}
    del declared["hooks"]
    news, failures = fleet.check(declared, olds)
    assert failures == []
    assert fleet.diff("fleet", olds, news) == (True, [])
    assert f"the hook {taken} belongs to Hook 'new' now" in engine.messages()
    outputs = fleet.update("fleet", olds, news)
    assert outputs["repositories"] == dict.fromkeys(SLUGS, "as declared")
    assert outputs["hooks"]["web"] != taken
    assert {s: outputs["hooks"][s] for s in ("api", "worker")} == {
        s: hooks[s].uuid for s in ("api", "worker")
    }
    assert _urls(sandbox) == {f"{URL}/x": taken, url: outputs["hooks"]["web"]}
    assert [hook.url for hook in sandbox.hooks("acme/api")] == [url]
