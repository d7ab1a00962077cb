"""`Diff` over both front ends: what is a change, what replaces, what is claimed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from support.front_ends import FrontEnd
from support.hooks import INPUTS, URL, asked, inputs_of, state_of
from support.provider_server import UNKNOWN, FakeEngine, ProviderServer, Refusal, provider_server
from support.sandbox import Sandbox

SAME: tuple[bool, list[str]] = (False, [])
CHANGED: tuple[bool, list[str]] = (True, [])

UUID = "{00000000-0000-4000-8000-000000000001}"
STATE: dict[str, Any] = {**INPUTS, "uuid": UUID, "secretSet": False, "createdAt": "2020-01-01"}


@pytest.fixture(scope="module")
def offline(
    front_end: FrontEnd, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ProviderServer]:
    """Give one process for all that only compare; its API can't be reached."""
    engine, folder = FakeEngine(), tmp_path_factory.mktemp("diff")
    with provider_server(front_end, engine, folder, {"apiUrl": "http://127.0.0.1:1"}) as server:
        yield server
    engine.stop()


@pytest.mark.parametrize(
    ("olds", "news"),
    [
        ({}, {}),
        ({"url": "https://CI.example.com:443/hook"}, {}),
        ({"events": ["repo:push", "issue:created"]}, {"events": ["issue:created", "repo:push"]}),
        ({}, {"adopt": "never"}),
    ],
)
def test_no_change(offline: ProviderServer, olds: dict[str, Any], news: dict[str, Any]) -> None:
    """Nothing that matters differs, and nobody is asked."""
    assert offline.diff(UUID, {**STATE, **olds}, {**INPUTS, **news}) == SAME


@pytest.mark.parametrize(
    "news",
    [
        {"url": f"{URL}/new"},
        {"description": "new"},
        {"events": ["repo:fork"]},
        {"active": False},
        {"skipCertVerification": True},
        {"historyEnabled": True},
        {"secret": "new"},
        {"secret": ""},
        {"secretFrom": "env:X", "secretFingerprint": "f"},
        {"url": UNKNOWN},
        {"repository": UNKNOWN},
        {"events": ["repo:push", UNKNOWN]},
    ],
)
def test_a_change(offline: ProviderServer, news: dict[str, Any]) -> None:
    """Of any property, or of one that isn't known yet: in place, and nobody is asked."""
    assert offline.diff(UUID, STATE, {**INPUTS, **news}) == CHANGED


@pytest.mark.parametrize(
    ("olds", "named"),
    [
        ({"secret": "old", "secretSet": True}, {"secret": "DELETE", "active": "UPDATE"}),
        (
            {"secretFrom": "env:X", "secretFingerprint": "f", "secretSet": True},
            {"secretFrom": "DELETE", "secretFingerprint": "DELETE", "active": "UPDATE"},
        ),
        ({"secretSet": True}, {"secretSet": "DELETE", "active": "UPDATE"}),
    ],
)
def test_an_empty_secret_is_a_removal(
    server: ProviderServer, olds: dict[str, Any], named: dict[str, str]
) -> None:
    """Not another secret; what else changes is named beside it."""
    news = {**INPUTS, "secret": "", "active": False}
    server.check(news)
    assert server.details(UUID, {**STATE, **olds}, news) == named


@pytest.mark.parametrize("gone", ["description", "secret", "historyEnabled"])
def test_no_longer_managed_is_a_change(offline: ProviderServer, gone: str) -> None:
    """The state must learn of it."""
    assert offline.diff(UUID, {**STATE, gone: "x"}, INPUTS) == CHANGED


@pytest.mark.parametrize(
    ("news", "replaced", "requests"),
    [
        (
            {"repository": "mobile"},
            ["repository"],
            ["GET acme/mobile 200", "GET acme/mobile/UUID 404"],
        ),
        (
            {"owner": "globex", "repository": "portal"},
            ["owner", "repository"],
            ["GET globex/portal 200", "GET globex/portal/UUID 404"],
        ),
        (
            {"repository": "nowhere"},
            ["repository"],
            ["GET acme/nowhere 404", "GET workspaces/acme 200"],
        ),
    ],
)
def test_another_repository_replaces(
    server: ProviderServer,
    sandbox: Sandbox,
    news: dict[str, str],
    replaced: list[str],
    requests: list[str],
) -> None:
    """The hook doesn't answer there; of one that isn't there the create says what is wrong."""
    hook = sandbox.plant_hook("acme/web", URL)
    moved = {**INPUTS, **news}
    assert server.diff(hook.uuid, state_of(hook), moved) == (True, replaced)
    assert asked(sandbox) == requests


def test_a_renamed_repository_keeps_its_hook(server: ProviderServer, sandbox: Sandbox) -> None:
    """The hook answers under the new name: a change in place that writes nothing."""
    hook = sandbox.plant_hook("acme/web", URL)
    state = state_of(hook)
    sandbox.rename_repository("acme/web", "site")
    news = {**INPUTS, "repository": "site"}
    assert server.diff(hook.uuid, state, news) == CHANGED
    assert server.update(hook.uuid, state, news)["repository"] == "site"
    assert asked(sandbox) == ["GET acme/site 200"]


# Claims


def test_a_declared_hook_belongs_to_its_resource(server: ProviderServer, sandbox: Sandbox) -> None:
    """After a rename whose run died, the next run's delete leaves the hook alone."""
    hook = sandbox.plant_hook("acme/web", URL)
    state = state_of(hook)
    server.check(inputs_of(state), name="new")
    server.diff(hook.uuid, state, inputs_of(state), name="new")
    server.delete(hook.uuid, state, name="old")
    assert sandbox.hooks("acme/web") == [hook]
    assert asked(sandbox) == []


def test_a_refresh_claims_nothing(server: ProviderServer, sandbox: Sandbox) -> None:
    """A diff without a check before isn't a declaration: the resource may be on its way out."""
    hook = sandbox.plant_hook("acme/web", URL)
    state = state_of(hook)
    server.diff(hook.uuid, state, inputs_of(state), name="old")
    server.delete(hook.uuid, state, name="old")
    assert sandbox.hooks("acme/web") == []


def test_two_resources_with_one_hook_are_refused(server: ProviderServer, sandbox: Sandbox) -> None:
    """Both names and the uuid are told."""
    hook = sandbox.plant_hook("acme/web", URL)
    other = {**state_of(hook), "url": f"{URL}/2"}
    for name, state in (("one", state_of(hook)), ("two", other)):
        server.check(inputs_of(state), name=name)
    server.diff(hook.uuid, state_of(hook), INPUTS, name="one")
    with pytest.raises(Refusal) as refused:
        server.diff(hook.uuid, other, inputs_of(other), name="two")
    assert str(refused.value).startswith(
        f"Hook 'one' and Hook 'two' declare the same hook ({hook.uuid})"
    )


def test_a_hook_that_is_replaced_is_not_claimed(server: ProviderServer, sandbox: Sandbox) -> None:
    """It is to be deleted once the new one is there."""
    hook = sandbox.plant_hook("acme/web", URL)
    state = state_of(hook)
    news = {**INPUTS, "repository": "mobile"}
    server.check(news)
    assert server.diff(hook.uuid, state, news)[1] == ["repository"]
    server.create(news)
    server.delete(hook.uuid, state)
    assert sandbox.hooks("acme/web") == []
    assert len(sandbox.hooks("acme/mobile")) == 1
