"""A service that stores texts in another form than they were sent: no drift, no second hook."""

from __future__ import annotations

import pytest

from support.hooks import DECLARED, asked, warnings
from support.provider_server import FakeEngine, Start
from support.sandbox import Sandbox

TITLE = " B\u00fccher CI "


@pytest.fixture(autouse=True)
def _normalises(sandbox: Sandbox) -> None:
    sandbox.configure(trims_texts=True, decomposes_texts=True)


def test_a_hook(start: Start, sandbox: Sandbox, engine: FakeEngine) -> None:
    """Is as declared after a refresh, and adopted after a lost state; one warning tells."""
    with start() as first:
        inputs, _ = first.check({**DECLARED, "description": TITLE})
        id_, state = first.create(inputs)
    (warning,) = warnings(engine)
    assert "was stored in another form than it is declared" in warning
    with start() as second:
        _, outputs, read = second.read(id_, state)
        assert (outputs["description"], read) == (TITLE, inputs)
        assert second.diff(id_, outputs, inputs)[0] is False
        sandbox.clear_requests()
        assert second.create(inputs)[0] == id_
    assert asked(sandbox) == []
    assert len(warnings(engine)) == 1


def test_a_hook_of_a_workspace(start: Start, engine: FakeEngine) -> None:
    """The same."""
    declared = {"workspace": "acme", "url": DECLARED["url"], "description": TITLE}
    with start() as first:
        hook = first.resource("WorkspaceHook")
        inputs, _ = hook.check(declared)
        id_, state = hook.create(inputs)
    (warning,) = warnings(engine)
    assert warning.startswith("workspace acme: the description of the hook ")
    with start() as second:
        hook = second.resource("WorkspaceHook")
        _, outputs, read = hook.read(id_, state)
        assert (outputs["description"], read) == (TITLE, inputs)
        assert hook.diff(id_, outputs, inputs)[0] is False
        assert hook.create(inputs)[0] == id_
    assert len(warnings(engine)) == 1


def test_a_lost_answer(start: Start, sandbox: Sandbox) -> None:
    """Is found by its text in any form."""
    sandbox.plan_fault("drop-after", "POST")
    with start() as server:
        server.create(server.check({**DECLARED, "description": TITLE})[0])
    assert len(sandbox.hooks()) == 1


def test_a_fleet(start: Start, engine: FakeEngine) -> None:
    """All copies are as declared; the warnings of its copies are one."""
    slugs = ["api", "infra", "web", "worker"]
    with start() as first:
        fleet = first.resource("HookFleet")
        id_, state = fleet.made(
            {"repositories": slugs, "url": DECLARED["url"], "description": TITLE}
        )
    (warning,) = warnings(engine)
    assert "and 1 more" in warning
    with start() as second:
        _, outputs, _ = second.resource("HookFleet").read(id_, state)
    assert set(outputs["repositories"].values()) == {"as declared"}
