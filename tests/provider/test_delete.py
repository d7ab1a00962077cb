"""`Delete` over both front ends: gone is gone, hidden isn't, and nothing of others."""

from __future__ import annotations

import pytest

from bitbucket_hooks.sandbox.seed import MEMBER_EMAIL, MEMBER_TOKEN
from support.hooks import DECLARED, INPUTS, URL, asked, inputs_of, state_of
from support.provider_server import FakeEngine, ProviderServer, Refusal, Start
from support.sandbox import Sandbox


def test_deletes(server: ProviderServer, sandbox: Sandbox) -> None:
    """One request, and the neighbour stays."""
    hook, neighbour = (sandbox.plant_hook("acme/web", f"{URL}/{n}") for n in range(2))
    server.delete(hook.uuid, state_of(hook))
    assert sandbox.hooks("acme/web") == [neighbour]
    assert asked(sandbox) == ["DELETE acme/web/UUID 204"]


def test_a_hook_that_is_gone_already(server: ProviderServer, sandbox: Sandbox) -> None:
    """Is success, once it answers 404 in a repository that can be seen."""
    hook = sandbox.plant_hook("acme/web", URL)
    sandbox.delete_hook(hook.uuid)
    server.delete(hook.uuid, state_of(hook))
    assert asked(sandbox) == [
        "DELETE acme/web/UUID 404",
        "GET acme/web 200",
        "GET acme/web/UUID 404",
    ]


def test_a_repository_that_is_gone_already(server: ProviderServer, sandbox: Sandbox) -> None:
    """Is success, when the workspace can be read."""
    hook = sandbox.plant_hook("acme/web", URL)
    sandbox.delete_repository("acme/web")
    server.delete(hook.uuid, state_of(hook))


def test_a_repository_that_may_be_hidden_is_an_error(start: Start, sandbox: Sandbox) -> None:
    """The state must not forget a hook that may still deliver."""
    hook = sandbox.plant_hook("globex/portal", URL)
    state = state_of(hook, owner="globex", repository="portal")
    with (
        start(username=MEMBER_EMAIL, password=MEMBER_TOKEN) as server,
        pytest.raises(Refusal, match="missingRepository"),
    ):
        server.delete(hook.uuid, state)
    assert sandbox.hooks("globex/portal") == [hook]


def test_a_lost_answer_is_asked_for_again(server: ProviderServer, sandbox: Sandbox) -> None:
    """The second try is answered 404, which is success."""
    hook = sandbox.plant_hook("acme/web", URL)
    sandbox.plan_fault("drop-after", "DELETE")
    server.delete(hook.uuid, state_of(hook))
    assert sandbox.hooks("acme/web") == []
    assert [line.split()[0] for line in asked(sandbox)] == ["DELETE", "DELETE", "GET", "GET"]


def test_a_404_for_a_hook_that_is_there(server: ProviderServer, sandbox: Sandbox) -> None:
    """A hook that the listing still holds isn't gone: it is deleted in the end."""
    hook = sandbox.plant_hook("acme/web", URL, read_only=True)
    with pytest.raises(Refusal, match="not allowed to"):
        server.delete(hook.uuid, state_of(hook))


# Hand-over


def test_a_hook_that_was_taken_over_in_this_run_stays(
    server: ProviderServer, engine: FakeEngine, sandbox: Sandbox
) -> None:
    """A changed logical name: create adopts, and the delete under the old name sees that."""
    hook = sandbox.plant_hook("acme/web", URL)
    state = state_of(hook)
    assert server.made(DECLARED, name="new")[0] == hook.uuid
    server.delete(hook.uuid, state, name="old")
    assert sandbox.hooks("acme/web") == [hook]
    assert engine.logged[-1].message == (
        f"acme/web: kept the hook {hook.uuid}; it belongs to Hook 'new' now"
    )


def test_a_replacement_that_adopted_its_own_hook_keeps_it(
    server: ProviderServer, sandbox: Sandbox
) -> None:
    """`--replace`: the same resource creates, which adopts, and then deletes."""
    hook = sandbox.plant_hook("acme/web", URL)
    state = state_of(hook)
    server.check(INPUTS)
    server.diff(hook.uuid, state, INPUTS)
    assert server.create(INPUTS)[0] == hook.uuid
    server.delete(hook.uuid, state)
    assert sandbox.hooks("acme/web") == [hook]


def test_a_hook_moves_to_another_process(start: Start, sandbox: Sandbox) -> None:
    """Two providers of one run share their claims."""
    hook = sandbox.plant_hook("acme/web", URL)
    with start() as old, start(parallel="2") as new:
        assert new.made(DECLARED, name="new")[0] == hook.uuid
        old.delete(hook.uuid, state_of(hook), name="old")
    assert sandbox.hooks("acme/web") == [hook]


# The engine's end


def test_nothing_is_written_after_the_engine_has_gone(
    server: ProviderServer, engine: FakeEngine, sandbox: Sandbox
) -> None:
    """Nobody would record it: creates, updates and deletes are refused before they are sent."""
    hook = sandbox.plant_hook("acme/web", f"{URL}/old")
    state = state_of(hook, description="")
    server.check(DECLARED)
    engine.stop()
    sandbox.clear_requests()
    for write in (
        lambda: server.create(INPUTS),
        lambda: server.update(hook.uuid, state, {**inputs_of(state), "active": False}),
        lambda: server.delete(hook.uuid, state),
    ):
        with pytest.raises(Refusal, match="engine has ended"):
            write()
    assert sandbox.hooks() == [hook]
    assert [line for line in asked(sandbox) if not line.startswith("GET")] == []
