"""Hooks whose answers hold what no hook can have: skipped where foreign, refused where ours."""

from __future__ import annotations

from typing import Any

import pytest

from support.hooks import DECLARED, URL, state_of, warnings
from support.provider_server import FakeEngine, ProviderServer, Refusal, Start
from support.sandbox import Sandbox

ODD: list[dict[str, Any]] = [
    {"url": None},
    {"events": None},
    {"active": None},
    {"description": 7},
    {"url": 7, "events": [1], "read_only": "no"},
]


def _plant(sandbox: Sandbox, odd: dict[str, Any], slug: str = "web") -> str:
    uuid = sandbox.plant_hook(f"acme/{slug}", "https://odd.example.com/").uuid
    sandbox.spoil_hook(uuid, **odd)
    return uuid


@pytest.mark.parametrize("odd", ODD)
def test_a_foreign_one(
    server: ProviderServer, sandbox: Sandbox, engine: FakeEngine, odd: dict[str, Any]
) -> None:
    """Keeps nobody from making and reading a hook beside it; a warning names it once."""
    uuid = _plant(sandbox, odd)
    id_, state = server.create(server.check(DECLARED)[0])
    assert server.read(id_, state)[0] == id_
    (warning,) = warnings(engine)
    assert f"acme/web: the hook {uuid} can't be read ({next(iter(odd))}" in warning


@pytest.mark.parametrize("odd", ODD)
def test_one_of_ours(server: ProviderServer, sandbox: Sandbox, odd: dict[str, Any]) -> None:
    """Is there, and neither as declared nor gone: an error that names it, until it is put right."""
    hook = sandbox.plant_hook("acme/web", URL)
    sandbox.spoil_hook(hook.uuid, **odd)
    with pytest.raises(Refusal, match=rf"acme/web: the hook {hook.uuid} can't be read: .*\n.*Corr"):
        server.read(hook.uuid, state_of(hook))


def test_one_that_adopt_names(server: ProviderServer, sandbox: Sandbox) -> None:
    """Can't be adopted, and isn't said to be missing."""
    uuid = _plant(sandbox, {"url": None})
    with pytest.raises(Refusal, match=f"the hook {uuid} can't be read"):
        server.create(server.check({**DECLARED, "adopt": uuid})[0])


def test_a_copy_of_a_fleet(start: Start, sandbox: Sandbox, engine: FakeEngine) -> None:
    """Keeps what is known of it, with a warning; the others are looked at."""
    with start() as first:
        made = first.resource("HookFleet").made({"url": URL, "repositories": ["api", "web"]})
    id_, state = made
    sandbox.spoil_hook(state["hooks"]["web"], active=None)
    sandbox.change_hook(state["hooks"]["api"], active=False)
    with start() as second:
        _, outputs, _ = second.resource("HookFleet").read(id_, state)
    assert outputs["hooks"] == state["hooks"]
    assert outputs["repositories"]["api"] == "active false"
    assert outputs["repositories"]["web"].startswith("as declared (unchecked: acme/web: the hook ")
    assert any(state["hooks"]["web"] in warning for warning in warnings(engine))


@pytest.mark.parametrize("on_unmanaged", ["report", "delete"])
def test_an_unmanaged_one(
    start: Start, sandbox: Sandbox, engine: FakeEngine, on_unmanaged: str
) -> None:
    """Is told of as unmanaged in every run, and never deleted: nobody could say what goes."""
    uuid = _plant(sandbox, {"url": None})
    declared = {"repositories": ["web"], "hooks": [], "onUnmanaged": on_unmanaged}
    with start() as first:
        only = first.resource("RepositoryHooksExclusive")
        id_, state = only.create(only.check(declared)[0])
        assert state["unmanaged"] == {uuid: "acme/web unreadable: url is no str"}
    with start() as second:
        only = second.resource("RepositoryHooksExclusive")
        engine.logged.clear()
        inputs, _ = only.check(declared, state)
        assert only.diff(id_, state, inputs) == (False, [])
        assert any(uuid in warning and "never deleted" in warning for warning in warnings(engine))
        assert only.update(id_, state, inputs)["unmanaged"] == state["unmanaged"]
    assert [hook.uuid for hook in sandbox.hooks()] == [uuid]


def test_one_that_turned_odd_after_its_deletion_was_shown(
    start: Start, sandbox: Sandbox, engine: FakeEngine
) -> None:
    """Stays, with a warning."""
    hook = sandbox.plant_hook("acme/web", "https://odd.example.com/")
    declared = {"repositories": ["web"], "hooks": [], "onUnmanaged": "delete"}
    with start() as first:
        only = first.resource("RepositoryHooksExclusive")
        id_, state = only.create(only.check(declared)[0])
    sandbox.spoil_hook(hook.uuid, events=None)
    with start() as second:
        only = second.resource("RepositoryHooksExclusive")
        engine.logged.clear()
        only.changed(id_, state, declared)
    assert [live.uuid for live in sandbox.hooks()] == [hook.uuid]
    assert f"the hook {hook.uuid} can't be read" in engine.messages()
