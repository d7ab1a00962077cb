"""A repository that was renamed on Bitbucket keeps its hooks: the state has its uuid."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from bitbucket_hooks.sandbox.webhook import StoredHook
from support.hooks import DECLARED, URL, asked, inputs_of, state_of, warnings
from support.provider_server import FakeEngine, ProviderServer, Refusal, Start
from support.sandbox import Sandbox

OTHER = "https://other.example.com/"


@attrs.frozen
class Kind:
    """A kind of hook, with where it hangs before and after."""

    type: str
    declared: dict[str, Any]
    name: str
    new_name: str

    @property
    def target(self) -> str:
        """Where it hangs, as the sandbox names it."""
        return self.name.removeprefix("workspace ")

    def server(self, server: ProviderServer) -> ProviderServer:
        """Speak of resources of this kind."""
        return server.resource(self.type)

    def state(self, hook: StoredHook) -> dict[str, Any]:
        """What the state has of a hook."""
        state = state_of(hook, createdAt=hook.created_at)
        for name in ("owner", "repository"):
            del state[name]
        return {**state, **self.declared}


@pytest.fixture(
    params=[
        Kind("Hook", {"owner": "acme", "repository": "web"}, "acme/web", "acme/site"),
        Kind("WorkspaceHook", {"workspace": "acme"}, "workspace acme", "workspace umbrella"),
    ],
    ids=["repository", "workspace"],
)
def kind(request: pytest.FixtureRequest) -> Kind:
    """Both kinds of hooks."""
    found: Kind = request.param
    return found


def rename(sandbox: Sandbox, kind: Kind) -> None:
    """Give what the hook hangs on its new name."""
    new = kind.new_name.rpartition("/")[2].removeprefix("workspace ")
    rename = sandbox.rename_repository if "/" in kind.target else sandbox.rename_workspace
    rename(kind.target, new)
    sandbox.clear_requests()


def test_a_refresh(start: Start, sandbox: Sandbox, engine: FakeEngine, kind: Kind) -> None:
    """Finds the hook with one request, shows no difference, and warns with the new name."""
    hook = sandbox.plant_hook(kind.target, URL)
    state = kind.state(hook)
    rename(sandbox, kind)
    with start() as server:
        assert kind.server(server).read(hook.uuid, state) == (hook.uuid, state, inputs_of(state))
        kind.server(server).read(hook.uuid, state)
    assert len(asked(sandbox)) == 1
    (warning,) = warnings(engine)
    assert warning == (
        f"{kind.name}: was renamed to {kind.new_name}; its hooks are still managed: declare them "
        "with the new name"
    )


def test_an_update_and_a_delete(start: Start, sandbox: Sandbox, kind: Kind) -> None:
    """Reach the hook, though the declaration has the old name, with no request more than else."""
    hook = sandbox.plant_hook(kind.target, URL)
    state = kind.state(hook)
    rename(sandbox, kind)
    with start() as server:
        news = {**kind.declared, "url": URL, "active": False}
        outputs = kind.server(server).changed(hook.uuid, state, news)
        assert outputs == {**state, "active": False}
        assert [hook.active for hook in sandbox.hooks()] == [False]
    with start() as server:
        kind.server(server).delete(hook.uuid, outputs)
    assert sandbox.hooks() == []
    # the title isn't managed, and has to be sent as it is
    assert [line.split()[0] for line in asked(sandbox)] == ["GET", "PUT", "DELETE"]


def test_a_state_without_the_uuid(start: Start, sandbox: Sandbox, kind: Kind) -> None:
    """Learns it from a read or an update, and that is no difference."""
    hook = sandbox.plant_hook(kind.target, URL)
    state = kind.state(hook)
    old = {key: value for key, value in state.items() if key != "subjectUuid"}
    with start() as server:
        hooks = kind.server(server)
        assert hooks.diff(hook.uuid, old, inputs_of(state))[0] is False
        assert hooks.read(hook.uuid, old) == (hook.uuid, state, inputs_of(state))
        changed, _ = hooks.check({**kind.declared, "url": URL, "active": False}, old)
        assert hooks.update(hook.uuid, old, changed)["subjectUuid"] == hook.subject


def test_another_repository_with_the_old_name(start: Start, sandbox: Sandbox) -> None:
    """Gets the hooks that are declared with that name; the old ones stay where they are."""
    old = sandbox.plant_hook("acme/web", URL)
    sandbox.rename_repository("acme/web", "site")
    sandbox.add_repository("acme/web")
    twin = sandbox.plant_hook("acme/web", OTHER)  # of the hook that is made below
    sandbox.clear_requests()
    with start() as server:
        for first in (old.uuid, None):  # whichever is looked at first
            if first:
                assert server.read(old.uuid, state_of(old))[0] == old.uuid
            made, _ = server.made({**DECLARED, "url": f"{OTHER}{first}"}, f"new-{first}")
            assert sandbox.hook(made).subject == twin.subject
        adopted, _ = server.made({**DECLARED, "url": OTHER}, "twin")
        assert adopted == twin.uuid
        assert server.read(old.uuid, state_of(old))[0] == old.uuid
        moved, _ = server.check({**DECLARED, "repository": "site"}, state_of(old), "old")
        assert server.diff(old.uuid, state_of(old), moved, "old") == (True, [])
    listings = [line for line in asked(sandbox) if line.startswith("GET")]
    assert len(listings) == 2
    with start() as server:
        server.delete(old.uuid, state_of(old), "old")
    assert {hook.subject for hook in sandbox.hooks()} == {twin.subject}


def test_a_hook_that_is_gone_from_a_renamed_repository(start: Start, sandbox: Sandbox) -> None:
    """Is made again in what is declared, never in the renamed one."""
    old = sandbox.plant_hook("acme/web", URL)
    sandbox.delete_hook(old.uuid)
    sandbox.rename_repository("acme/web", "site")
    new = sandbox.add_repository("acme/web")
    with start() as server:
        assert server.read(old.uuid, state_of(old)) == ("", {}, {})
        made, outputs = server.made(DECLARED)
    assert (sandbox.hook(made).subject, outputs["subjectUuid"]) == (new, new)


def test_a_repository_that_was_made_anew(start: Start, sandbox: Sandbox) -> None:
    """Lost its hooks with the old one: they are made in the new one."""
    old = sandbox.plant_hook("acme/web", URL)
    sandbox.delete_repository("acme/web")
    new = sandbox.add_repository("acme/web")
    with start() as server:
        assert server.read(old.uuid, state_of(old)) == ("", {}, {})
        made, _ = server.made(DECLARED)
    assert sandbox.hook(made).subject == new


@pytest.mark.parametrize("named", [True, False])
def test_one_listing_for_both_names(start: Start, sandbox: Sandbox, named: bool) -> None:
    """Of hooks that the state has and of new ones, whichever comes first."""
    hook = sandbox.plant_hook("acme/web", URL)
    sandbox.clear_requests()
    with start() as server:
        if named:
            server.made({**DECLARED, "url": OTHER}, "new")
        server.read(hook.uuid, state_of(hook))
        if not named:
            server.made({**DECLARED, "url": OTHER}, "new")
    assert sorted(line.split()[0] for line in asked(sandbox)) == ["GET", "POST"]


def test_a_fleet(start: Start, later: ProviderServer, sandbox: Sandbox, engine: FakeEngine) -> None:
    """Finds, writes and deletes its copies in renamed repositories, with one listing each."""
    declared = {"owner": "acme", "repositories": ["api", "web"], "url": URL, "description": "CI"}
    with start() as server:
        fleet = server.resource("HookFleet")
        id_, state = fleet.made(declared)
    web, api = sandbox.hooks("acme/web")[0], sandbox.hooks("acme/api")[0]
    assert state["subjectUuids"] == {"api": api.subject, "web": web.subject}
    sandbox.rename_repository("acme/web", "site")
    new = sandbox.add_repository("acme/web")
    sandbox.clear_requests()
    with start() as server:
        fleet = server.resource("HookFleet")
        _, outputs, inputs = fleet.read(id_, state)
        assert (outputs, inputs["repositories"]) == (state, state["repositories"])
        assert sorted(asked(sandbox)) == ["GET acme/api 200", "GET acme/site 200"]
        assert "acme/web: was renamed to acme/site" in engine.messages()
        state = fleet.changed(id_, state, {**declared, "active": False})
        assert [hook.active for hook in sandbox.hooks()] == [False, False]
        state = fleet.changed(id_, state, {**declared, "repositories": ["api", "site"]})
    assert state["hooks"] == {"api": api.uuid, "site": web.uuid}
    assert state["subjectUuids"] == {"api": api.subject, "site": web.subject}
    assert sandbox.hooks("acme/web") == []
    sandbox.plant_hook("acme/web", URL)
    later.resource("HookFleet").delete(id_, state)
    assert {hook.subject for hook in sandbox.hooks()} == {new}


def test_a_fleet_of_an_older_version(start: Start) -> None:
    """Learns the uuids from a refresh, which shows no difference."""
    declared = {"owner": "acme", "repositories": ["api", "web"], "url": URL}
    with start() as server:
        fleet = server.resource("HookFleet")
        id_, state = fleet.made(declared)
        old = {key: value for key, value in state.items() if key != "subjectUuids"}
        _, outputs, inputs = fleet.read(id_, old)
        assert outputs == state
        assert fleet.diff(id_, outputs, inputs)[0] is False
        declared_again, _ = fleet.check(declared, old)
        assert fleet.diff(id_, old, declared_again)[0] is False


def test_an_exclusive(
    start: Start, later: ProviderServer, sandbox: Sandbox, engine: FakeEngine
) -> None:
    """Finds and deletes unmanaged hooks of a renamed repository; another one's stay."""
    declared: dict[str, Any] = {"owner": "acme", "repositories": ["api", "web"], "hooks": []}
    declared["onUnmanaged"] = "delete"
    known = sandbox.plant_hook("acme/web", URL)
    with start() as server:
        only = server.resource("RepositoryHooksExclusive")
        id_, state = only.made(declared)
    assert state["subjectUuids"] == {"acme/web": known.subject}
    sandbox.rename_repository("acme/web", "site")
    sandbox.add_repository("acme/web")
    stays = sandbox.plant_hook("acme/web", URL)
    new = sandbox.plant_hook("acme/site", OTHER)
    sandbox.clear_requests()
    with start() as server:
        only = server.resource("RepositoryHooksExclusive")
        _, state, _ = only.read(id_, state)
        assert set(state["unmanaged"]) == {known.uuid, new.uuid}
        assert sorted(asked(sandbox)) == ["GET acme/api 200", "GET acme/site 200"]
        assert "acme/web: was renamed to acme/site" in engine.messages()
    state = later.resource("RepositoryHooksExclusive").changed(id_, state, declared)
    assert sandbox.hooks() == [stays]
    assert (state["unmanaged"], state["existing"]) == ({}, 0)


def test_an_old_name_beside_the_new_one(start: Start, sandbox: Sandbox) -> None:
    """As a glob gives both: each of the two repositories has its copy, wherever the old one is."""
    declared = {"owner": "acme", "repositories": ["api", "web"], "url": URL}
    with start() as server:
        id_, state = server.resource("HookFleet").made(declared)
    web = sandbox.hooks("acme/web")[0]
    sandbox.rename_repository("acme/web", "site")
    both = {**declared, "repositories": ["api", "site", "web"]}
    with start() as server:
        fleet = server.resource("HookFleet")
        with pytest.raises(Refusal, match=r"1 of 2 repositories failed, 1 are done\n.* acme/web: "):
            fleet.changed(id_, state, both)  # nothing has that name now
        new = sandbox.add_repository("acme/web")
        state = fleet.changed(id_, state, both)
    assert [hook.uuid for hook in sandbox.hooks("acme/site")] == [web.uuid]
    (made,) = sandbox.hooks("acme/web")
    assert (state["hooks"]["site"], state["hooks"]["web"]) == (web.uuid, made.uuid)
    assert (state["subjectUuids"]["site"], state["subjectUuids"]["web"]) == (web.subject, new)
    assert set(state["repositories"].values()) == {"as declared"}


def test_an_exclusive_with_both_names(start: Start, sandbox: Sandbox) -> None:
    """Looks at both repositories."""
    declared: dict[str, Any] = {"owner": "acme", "repositories": ["api", "web"], "hooks": []}
    old = sandbox.plant_hook("acme/web", URL)
    with start() as server:
        only = server.resource("RepositoryHooksExclusive")
        id_, state = only.made(declared)
    sandbox.rename_repository("acme/web", "site")
    new = sandbox.add_repository("acme/web")
    here = sandbox.plant_hook("acme/web", OTHER)
    with start() as server:
        only = server.resource("RepositoryHooksExclusive")
        state = only.changed(id_, state, {**declared, "repositories": ["api", "site", "web"]})
        _, state, _ = only.read(id_, state)
    places = {uuid: record.partition(" ")[0] for uuid, record in state["unmanaged"].items()}
    assert places == {old.uuid: "acme/site", here.uuid: "acme/web"}
    assert state["existing"] == 2
    assert state["subjectUuids"] == {"acme/site": old.subject, "acme/web": new}


def test_made_anew_for_a_token_of_the_repository(start: Start, sandbox: Sandbox) -> None:
    """It can't read the workspace: that another repository has the name says that one is gone."""
    old = sandbox.plant_hook("acme/web", URL)
    sandbox.delete_repository("acme/web")
    sandbox.add_repository("acme/web")
    token = sandbox.issue_access_token("acme/web")
    with start(oauthToken=token) as server:
        assert server.read(old.uuid, state_of(old)) == ("", {}, {})
    with start(oauthToken=token) as server:
        server.delete(old.uuid, state_of(old))


def test_a_repository_that_is_gone_for_such_a_token(start: Start, sandbox: Sandbox) -> None:
    """Is gone when the configuration says so, though the workspace refuses to be read."""
    old = sandbox.plant_hook("acme/web", URL)
    sandbox.delete_repository("acme/web")
    token = sandbox.issue_access_token("acme/api")
    with start(oauthToken=token) as server, pytest.raises(Refusal, match="workspace acme"):
        server.read(old.uuid, state_of(old))
    with start(oauthToken=token, missingRepository="gone") as server:
        assert server.read(old.uuid, state_of(old)) == ("", {}, {})


def test_an_empty_repository_with_the_old_name(start: Start, sandbox: Sandbox) -> None:
    """Says nothing of the renamed one, which is listed itself."""
    old = sandbox.plant_hook("acme/web", URL)
    sandbox.rename_repository("acme/web", "site")
    sandbox.add_repository("acme/web")
    sandbox.clear_requests()
    only = {"owner": "acme", "repositories": ["web"], "hooks": []}
    with start() as server:
        server.resource("RepositoryHooksExclusive").made(only, "only")
        assert server.read(old.uuid, state_of(old))[0] == old.uuid
    assert asked(sandbox) == ["GET acme/web 200", "GET acme/site 200"]


def test_a_subject_of_another_kind(start: Start, sandbox: Sandbox, engine: FakeEngine) -> None:
    """Tells nothing: a repository never goes by the uuid of its workspace."""
    hook = sandbox.plant_hook("acme/web", URL)
    workspace = {item.slug: item.uuid for item in sandbox.workspaces()}["acme"]
    subject = {"type": "workspace", "uuid": workspace, "slug": "acme"}
    sandbox.spoil_hook(hook.uuid, subject=subject)
    state = {key: value for key, value in state_of(hook).items() if key != "subjectUuid"}
    with start() as server:
        found, outputs, _ = server.read(hook.uuid, state)
    assert (found, "subjectUuid" in outputs, engine.messages()) == (hook.uuid, False, "")


def test_a_workspace_exclusive(start: Start, sandbox: Sandbox) -> None:
    """Finds the hooks of a renamed workspace."""
    hook = sandbox.plant_hook("acme", URL)
    with start() as server:
        only = server.resource("WorkspaceHooksExclusive")
        id_, state = only.made({"workspace": "acme", "hooks": []})
        assert state["subjectUuids"] == {"workspace acme": hook.subject}
        sandbox.rename_workspace("acme", "umbrella")
    with start() as server:
        only = server.resource("WorkspaceHooksExclusive")
        assert only.read(id_, state)[:2] == (id_, state)
