"""One place under two names, a slug and a uuid: two equal declarations never make two hooks."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from bitbucket_hooks.sandbox.seed import MEMBER_EMAIL, MEMBER_TOKEN, OWNER_EMAIL
from support.front_ends import FrontEnd
from support.hooks import DECLARED, URL, asked, inputs_of, state_of
from support.provider_server import UNKNOWN, FakeEngine, Refusal, Start, provider_server
from support.sandbox import Sandbox

BOTH = "'one' and .* 'two' declare the same hook"


@pytest.fixture
def uuids(sandbox: Sandbox) -> dict[str, str]:
    """The uuids of repositories and workspaces by their slugs."""
    found = {item.slug: item.uuid for item in sandbox.repositories()}
    return found | {item.slug: item.uuid for item in sandbox.workspaces()}


def spellings(kind: str, uuids: dict[str, str]) -> list[dict[str, Any]]:
    """Give the ways to write one place."""
    if kind == "WorkspaceHook":
        return [{"workspace": "acme", "url": URL}, {"workspace": uuids["acme"], "url": URL}]
    by_slug, by_uuid = DECLARED, {**DECLARED, "repository": uuids["web"]}
    return {
        "repository": [by_slug, by_uuid],
        "workspace": [by_slug, {**DECLARED, "owner": uuids["acme"]}],
        "both": [{**DECLARED, "owner": uuids["acme"]}, by_uuid],
    }[kind]


@pytest.mark.parametrize("kind", ["repository", "workspace", "both", "WorkspaceHook"])
@pytest.mark.parametrize("order", [1, -1])
def test_two_hooks(
    start: Start, sandbox: Sandbox, uuids: dict[str, str], kind: str, order: int
) -> None:
    """The check of the second refuses them; each place that has a uuid takes one request."""
    first, second = spellings(kind, uuids)[::order]
    with start() as started:
        server = started.resource("WorkspaceHook" if kind == "WorkspaceHook" else "Hook")
        server.check(first, name="one")
        with pytest.raises(Refusal, match=BOTH):
            server.check(second, name="two")
    assert len(asked(sandbox)) == 1 + (kind == "both")


def test_a_hook_and_a_fleet(start: Start, uuids: dict[str, str]) -> None:
    """In either order."""
    fleet = {"owner": "acme", "repositories": ["api", uuids["web"]], "url": URL}
    with start() as server:
        server.check(DECLARED, name="one")
        with pytest.raises(Refusal, match=BOTH):
            server.resource("HookFleet").check(fleet, name="two")


def test_the_place_is_asked_for_once_a_run(
    start: Start, sandbox: Sandbox, uuids: dict[str, str]
) -> None:
    """However many processes there are."""
    for _ in range(2):
        with start() as server:
            server.check({**DECLARED, "repository": uuids["web"]}, name="one")
    assert asked(sandbox) == ["GET acme/web 200"]


@pytest.mark.parametrize("order", [1, -1])
def test_a_create_refuses_what_no_check_could_tell(
    start: Start, sandbox: Sandbox, uuids: dict[str, str], order: int
) -> None:
    """As the repository couldn't be read then."""
    declared = [DECLARED, {**DECLARED, "repository": uuids["web"]}][::order]
    with start() as server:
        sandbox.plan_fault("html", method="GET", path="/2.0/repositories/acme/web", times=99)
        first, second = (
            server.check(news, name=name)[0]
            for news, name in zip(declared, ("one", "two"), strict=True)
        )
        sandbox.clear_faults()
        failed = 0
        for inputs, name in ((first, "one"), (second, "two")):
            try:
                server.create(inputs, name)
            except Refusal as refusal:
                assert "declare the same hook" in str(refusal)  # noqa: PT017  # which of them fails depends on the order
                failed += 1
        assert failed == 1
    assert len(sandbox.hooks()) == 1


def test_what_is_unknown_is_let_be(start: Start, sandbox: Sandbox) -> None:
    """Until it is known."""
    with start() as server:
        inputs, failures = server.check({**DECLARED, "repository": UNKNOWN})
    assert (inputs["repository"], failures, asked(sandbox)) == (UNKNOWN, [], [])


@pytest.mark.parametrize("new", ["uuid", "name"])
def test_a_renamed_repository(
    start: Start, sandbox: Sandbox, uuids: dict[str, str], new: str
) -> None:
    """Is one place under its old name, its new one and its uuid."""
    hook = sandbox.plant_hook("acme/web", URL)
    sandbox.rename_repository("acme/web", "site")
    with start() as server:
        server.check(inputs_of(state_of(hook)), inputs_of(state_of(hook)), "one")
        server.diff(hook.uuid, state_of(hook), inputs_of(state_of(hook)), "one")
        with pytest.raises(Refusal, match=BOTH):
            server.made(
                {**DECLARED, "repository": "site" if new == "name" else uuids["web"]}, "two"
            )
    assert sandbox.hooks() == [hook]


def test_a_renamed_repository_of_a_fleet(start: Start, sandbox: Sandbox) -> None:
    """The same."""
    declared = {"owner": "acme", "repositories": ["api", "web"], "url": URL}
    with start() as server:
        fleet = server.resource("HookFleet")
        id_, state = fleet.made(declared, "one")
        sandbox.rename_repository("acme/web", "site")
    with start() as server:
        inputs, _ = server.resource("HookFleet").check(declared, inputs_of(state), "one")
        server.resource("HookFleet").diff(id_, state, inputs, "one")
        with pytest.raises(Refusal, match=BOTH):
            server.made({**DECLARED, "repository": "site"}, "two")
    assert len(sandbox.hooks()) == 2


@pytest.mark.parametrize("kind", ["HookFleet", "RepositoryHooksExclusive"])
def test_a_list_with_both(start: Start, uuids: dict[str, str], kind: str) -> None:
    """Is a mistake that names them."""
    declared: dict[str, Any] = {"repositories": ["web", "api", uuids["web"]]}
    if kind == "HookFleet":
        declared["url"] = URL
    with start() as server:
        _, failures = server.resource(kind).check(declared)
    (failure,) = failures
    assert failure.startswith("repositories: ")
    assert failure.endswith("are the same repository; remove one of the two")
    assert '"web"' in failure
    assert uuids["web"] in failure


def test_a_fleet_with_both_that_no_check_could_tell(
    start: Start, sandbox: Sandbox, uuids: dict[str, str]
) -> None:
    """Makes nothing."""
    declared = {"owner": "acme", "repositories": ["web", uuids["web"]], "url": URL}
    with start() as server:
        fleet = server.resource("HookFleet")
        sandbox.plan_fault("html", method="GET", path="/2.0/repositories/acme/web", times=99)
        inputs, failures = fleet.check(declared)
        assert failures == []
        sandbox.clear_faults()
        with pytest.raises(Refusal, match="are the same repository; remove one of the two"):
            fleet.create(inputs)
    assert sandbox.hooks() == []


def test_a_fleet_by_uuid_of_which_one_is_gone(
    start: Start,
    front_end: FrontEnd,
    sandbox: Sandbox,
    engine: FakeEngine,
    uuids: dict[str, str],
    tmp_path: Path,
) -> None:
    """Writes the others in the next run; the one is named."""
    declared = {"repositories": [uuids["api"], uuids["web"]], "url": URL}
    with start() as server:
        id_, state = server.resource("HookFleet").made(declared)
    sandbox.delete_repository("acme/web")
    config = {"apiUrl": f"sandbox:{tmp_path / 'sandbox.db'}"}
    config["workspace"] = "acme"
    (tmp_path / "next").mkdir()
    with provider_server(front_end, engine, tmp_path / "next", config) as server:
        fleet = server.resource("HookFleet")
        inputs, _ = fleet.check({**declared, "active": False}, state)
        with pytest.raises(Refusal, match="1 of 2 repositories failed, 1 are done"):
            fleet.update(id_, state, inputs)
    assert [hook.active for hook in sandbox.hooks()] == [False]


def test_a_fleet_by_uuid_without_the_scope_to_read_repositories(
    start: Start,
    front_end: FrontEnd,
    sandbox: Sandbox,
    engine: FakeEngine,
    uuids: dict[str, str],
    tmp_path: Path,
) -> None:
    """Asks for the hooks' own sake, so that the error names the hook that can't be written."""
    declared = {"repositories": [uuids["api"], uuids["web"]], "url": URL}
    with start() as server:
        id_, state = server.resource("HookFleet").made(declared)
    scopes = [f"{right}:webhook:bitbucket" for right in ("read", "write", "delete")]
    config = {
        "apiUrl": f"sandbox:{tmp_path / 'sandbox.db'}",
        "workspace": "acme",
        "username": OWNER_EMAIL,
        "password": sandbox.issue_api_token(OWNER_EMAIL, scopes),
    }
    (tmp_path / "next").mkdir()
    with provider_server(front_end, engine, tmp_path / "next", config) as server:
        fleet = server.resource("HookFleet")
        inputs, failures = fleet.check({**declared, "active": False}, state)
        assert failures == []
        with pytest.raises(
            Refusal, match=r"stopped: acme/.*: updating the hook .* lacks the scope"
        ):
            fleet.update(id_, state, inputs)


def test_without_a_network(start: Start, uuids: dict[str, str]) -> None:
    """The first place of many that is asked for in vain is the last one."""
    declared = {"repositories": sorted(uuids.values()), "url": URL}
    began = time.monotonic()
    with start(apiUrl="http://127.0.0.1:9") as server:
        assert server.resource("HookFleet").check(declared)[1] == []
    assert time.monotonic() - began < 12


def test_an_exclusive_keeps_what_is_declared_by_uuid(
    start: Start, sandbox: Sandbox, engine: FakeEngine, uuids: dict[str, str]
) -> None:
    """Another resource of the run declares it, and hasn't adopted it yet."""
    hook = sandbox.plant_hook("acme/web", URL)
    declared: dict[str, Any] = {"repositories": ["web"], "hooks": [], "onUnmanaged": "delete"}
    with start() as server:
        only = server.resource("RepositoryHooksExclusive")
        id_, state = only.made(declared, "only")
        server.check({**DECLARED, "repository": uuids["web"]}, name="one")
        inputs, _ = only.check(declared, state, "only")
        only.update(id_, state, inputs, "only")
    assert sandbox.hooks() == [hook]
    assert "Hook 'one' declares its like" in engine.messages()


def test_without_access_to_the_repository(start: Start, uuids: dict[str, str]) -> None:
    """The check passes, and the create names the repository."""
    with start(username=MEMBER_EMAIL, password=MEMBER_TOKEN) as server:
        inputs, failures = server.check({**DECLARED, "repository": uuids["web"]})
        assert failures == []
        with pytest.raises(Refusal, match="acme/"):
            server.create(inputs)
