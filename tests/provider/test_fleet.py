"""`HookFleet` over both front ends: one resource, many repositories."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from bitbucket_hooks.sandbox.seed import MEMBER_EMAIL, MEMBER_TOKEN, OWNER_EMAIL
from support.hooks import OLD, URL, asked, warnings
from support.provider_server import UNKNOWN, FakeEngine, ProviderServer, Refusal, Start
from support.sandbox import Sandbox

SLUGS = ["api", "infra", "web"]
DECLARED: dict[str, Any] = {"url": URL, "repositories": SLUGS}
SAME: Any = (False, [])
CHANGED: Any = (True, [])
MANY = [f"r{i:02}" for i in range(20)]

Props = dict[str, Any]


@pytest.fixture
def fleet(server: ProviderServer) -> ProviderServer:
    """Give a provider process that is spoken to about fleets."""
    return server.resource("HookFleet")


@pytest.fixture
def again(start: Start) -> Iterator[ProviderServer]:
    """Give another process of the same run: it has listed nothing yet."""
    with start() as server:
        yield server.resource("HookFleet")


@pytest.fixture
def later(later: ProviderServer) -> ProviderServer:
    """Give the process of another phase: what it deletes, it didn't make itself."""
    return later.resource("HookFleet")


def _made(fleet: ProviderServer, sandbox: Sandbox, **declared: Any) -> tuple[str, Props]:
    """Make a fleet, and say that it was long ago."""
    id_, state = fleet.made({**DECLARED, **declared})
    sandbox.clear_requests()
    return id_, {**state, "createdAt": OLD}


def _checked(
    fleet: ProviderServer, olds: Mapping[str, Any] | None = None, **declared: Any
) -> Props:
    inputs, failures = fleet.check({**DECLARED, **declared}, olds)
    assert failures == []
    return inputs


def _writes(sandbox: Sandbox) -> list[str]:
    return sorted(line for line in asked(sandbox) if not line.startswith("GET"))


def test_check_gives_the_canonical_form(fleet: ProviderServer) -> None:
    """Each repository once, with how its copy is to stand."""
    inputs = _checked(fleet, repositories=["Web", "api", "web"], urlIsSecret=False)
    assert inputs == {
        "owner": "acme",
        "repositories": {"api": "as declared", "web": "as declared"},
        "url": URL,
        "events": ["repo:push"],
        "active": True,
        "skipCertVerification": False,
    }
    assert _checked(fleet, repositories=inputs["repositories"], urlIsSecret=False) == inputs


@pytest.mark.parametrize(
    ("declared", "failure_text"),
    [
        ({"repositories": None}, "repositories: is required"),
        ({"repositories": "web"}, "repositories: must be a list of repositories, not text"),
        ({"repositories": ["web", "a/b", 3]}, "repositories[2]: must be text"),
        ({"adopt": "{00000000-0000-4000-8000-000000000001}"}, "adopt: a uuid names one hook"),
        ({"repository": "web"}, "repository: is no property of this resource"),
        ({"url": None}, "url: is required"),
        ({"events": ["nonsense"]}, "events[0]: unknown event"),
    ],
)
def test_mistakes(fleet: ProviderServer, declared: Props, failure_text: str) -> None:
    """Each is told with its place."""
    _, failures = fleet.check({**DECLARED, **declared})
    assert any(failure_text in failure for failure in failures), failures


def test_unknown_values_pass(fleet: ProviderServer) -> None:
    """In a preview, a repository may be made by the same program."""
    for declared in ({"repositories": UNKNOWN}, {"repositories": ["web", UNKNOWN]}):
        inputs = _checked(fleet, **declared)
        assert fleet.diff("fleet-1", {}, inputs) == CHANGED


@pytest.mark.parametrize(
    ("before", "after", "refused"),
    [(10, 6, False), (15, 10, True), (17, 12, False), (20, 14, False), (20, 13, True)],
)
def test_too_many_removed(fleet: ProviderServer, before: int, after: int, refused: bool) -> None:
    """More than 30 %, and at least 5."""
    olds = _checked(fleet, repositories=MANY[:before])
    _, failures = fleet.check({**DECLARED, "repositories": MANY[:after]}, olds)
    assert bool(failures) is refused
    if refused:
        assert f"take {before - after} of {before} repositories" in failures[0]
        few, more = MANY[after : after + 5], before - after - 5
        named = ", ".join(few) + (f" and {more} more" if more else "")
        assert f"delete their hooks: {named}. If that is meant" in failures[0]
        assert "BITBUCKET_HOOKS_FORCE=1" in failures[0]


def test_another_workspace_takes_all_away(fleet: ProviderServer) -> None:
    """It replaces the fleet, which deletes every hook."""
    olds = _checked(fleet, repositories=MANY[:5])
    _, failures = fleet.check({**DECLARED, "owner": "globex", "repositories": MANY[:5]}, olds)
    assert "take 5 of 5 repositories (100%)" in failures[0]


def test_create(fleet: ProviderServer, sandbox: Sandbox) -> None:
    """One listing and one POST for each; a hook that matches is adopted and told."""
    planted = sandbox.plant_hook("acme/web", URL)
    id_, state = fleet.made(DECLARED)
    assert id_.startswith("fleet-")
    assert state["hooks"]["web"] == planted.uuid
    assert {slug: sandbox.hooks(f"acme/{slug}")[0].uuid for slug in SLUGS} == state["hooks"]
    assert _writes(sandbox) == ["POST acme/api 201", "POST acme/infra 201"]
    assert len(asked(sandbox)) == 5


def test_notices_are_folded(fleet: ProviderServer, engine: FakeEngine, sandbox: Sandbox) -> None:
    """What is said of many repositories is one line, beside the resource."""
    sandbox.add_repositories([f"acme/{slug}" for slug in MANY])
    for slug in MANY:
        sandbox.plant_hook(f"acme/{slug}", URL, active=slug == "r07")
    fleet.create(_checked(fleet, repositories=MANY, active=False), name="some")
    first, second = sorted(logged.message for logged in engine.logged)
    assert "acme/r00, acme/r01, acme/r02 and 16 more: adopted the existing hook: nothing" in first
    assert second.startswith("acme/r07: adopted the existing hook {")
    assert second.endswith(": active true => false")
    assert {logged.urn.rpartition("::")[2] for logged in engine.logged} == {"some"}


def test_no_change_costs_nothing(fleet: ProviderServer, sandbox: Sandbox) -> None:
    """Neither the comparison nor an update that finds nothing to do."""
    id_, state = _made(fleet, sandbox)
    inputs = _checked(fleet)
    assert fleet.diff(id_, state, inputs) == SAME
    assert fleet.update(id_, state, inputs) == state
    assert asked(sandbox) == []


DRIFTS: list[tuple[dict[str, Any], str]] = [
    ({"active": False}, "active false"),
    ({"events": ["issue:created", "repo:fork"]}, "events issue:created, repo:fork"),
    ({"description": "Mine"}, 'description "Mine"'),
    ({"skip_cert_verification": True}, "skipCertVerification true"),
    ({"history_enabled": False}, "historyEnabled false"),
    ({"url": "https://x.example.com/y?token=canary"}, 'url "https://x.example.com/y?…"'),
    ({"secret": None}, "secret removed"),
    ({"secret": None, "active": False}, "secret removed; active false"),
]


@pytest.mark.parametrize(("by_hand", "status"), DRIFTS)
def test_drift(
    fleet: ProviderServer,
    again: ProviderServer,
    sandbox: Sandbox,
    by_hand: dict[str, Any],
    status: str,
) -> None:
    """Named for the one copy, and repaired there with one PUT."""
    declared = {"description": "CI", "historyEnabled": True, "secret": "signs"}
    id_, state = _made(fleet, sandbox, **declared)
    before = sandbox.hook(state["hooks"]["web"])
    sandbox.change_hook(before.uuid, **by_hand)
    _, outputs, inputs = again.read(id_, state)
    assert len(asked(sandbox)) == 3
    assert outputs["repositories"] == {**state["repositories"], "web": status}
    assert inputs["repositories"] == outputs["repositories"]
    assert outputs["hooks"] == state["hooks"]
    assert inputs["url"] == URL
    sandbox.clear_requests()
    repaired = again.changed(id_, outputs, {**DECLARED, **declared})
    assert _writes(sandbox) == ["PUT acme/web/UUID 200"]
    assert sandbox.hook(before.uuid) == before
    assert sandbox.secret_of(before.uuid) == "signs"
    assert repaired == state


def test_listings_that_lack_the_copies(
    fleet: ProviderServer, again: ProviderServer, sandbox: Sandbox
) -> None:
    """Each is asked for by itself: none counts as gone, and none is made twice."""
    id_, state = _made(fleet, sandbox)
    sandbox.delete_hook(state["hooks"]["api"])
    sandbox.plan_fault("empty-list", "GET", "*/hooks", times=100)
    _, outputs, _ = again.read(id_, {**state, "createdAt": OLD})
    assert outputs["repositories"] == {**state["repositories"], "api": "gone"}
    assert sorted(asked(sandbox)) == [
        "GET acme/api 200",
        "GET acme/api/UUID 404",
        "GET acme/infra 200",
        "GET acme/infra/UUID 200",
        "GET acme/web 200",
        "GET acme/web/UUID 200",
    ]


def test_a_url_that_is_a_secret_is_not_shown(
    fleet: ProviderServer, again: ProviderServer, sandbox: Sandbox
) -> None:
    """Of what somebody changed it to, only where it leads."""
    id_, state = _made(fleet, sandbox, urlIsSecret=True)
    sandbox.change_hook(state["hooks"]["web"], url="https://chat.example.com/canary")
    _, outputs, _ = again.read(id_, state)
    assert outputs["repositories"]["web"] == 'url "https://chat.example.com/…"'


def test_secrets(fleet: ProviderServer, again: ProviderServer, sandbox: Sandbox) -> None:
    """Sent where it changed or is missing, removed when that is said, else left alone."""
    id_, state = _made(fleet, sandbox)
    hooks = list(state["hooks"].values())
    sandbox.change_hook(hooks[0], secret="foreign")
    assert again.read(id_, state)[1]["repositories"] == state["repositories"]
    steps: list[tuple[dict[str, Any], int, str | None]] = [
        ({"secret": "one"}, 3, "one"),
        ({"secret": "one"}, 0, "one"),
        ({"secret": "two"}, 3, "two"),
        ({}, 0, "two"),
        ({"secret": ""}, 3, None),
        ({"secret": ""}, 0, None),
    ]
    for declared, writes, left in steps:
        sandbox.clear_requests()
        state = fleet.update(id_, state, _checked(fleet, **declared))
        assert (len(_writes(sandbox)), declared) == (writes, declared)
        assert {sandbox.secret_of(uuid) for uuid in hooks} == {left}


def test_a_secret_set_by_hand(
    fleet: ProviderServer, again: ProviderServer, sandbox: Sandbox
) -> None:
    """Where none is declared to be."""
    id_, state = _made(fleet, sandbox, secret="")
    sandbox.change_hook(state["hooks"]["web"], secret="foreign")
    _, outputs, inputs = again.read(id_, state)
    assert inputs["repositories"]["web"] == "secret set by hand"
    again.update(id_, outputs, _checked(again, secret=""))
    assert _writes(sandbox) == ["PUT acme/web/UUID 200"]
    assert sandbox.secret_of(state["hooks"]["web"]) is None


def test_gone(fleet: ProviderServer, again: ProviderServer, sandbox: Sandbox) -> None:
    """A copy, or its whole repository: said so, and made again where that can be."""
    id_, state = _made(fleet, sandbox)
    sandbox.delete_hook(state["hooks"]["web"])
    sandbox.delete_repository("acme/infra")
    _, outputs, _ = again.read(id_, state)
    assert outputs["repositories"] == {"api": "as declared", "infra": "gone", "web": "gone"}
    assert list(outputs["hooks"]) == ["api"]
    sandbox.clear_requests()
    state = again.update(id_, outputs, _checked(again, repositories=["api", "web"]))
    assert _writes(sandbox) == ["POST acme/web 201"]
    assert sorted(state["hooks"]) == ["api", "web"]


def test_no_access_to_one(
    start: Start, engine: FakeEngine, fleet: ProviderServer, sandbox: Sandbox
) -> None:
    """It keeps what is known of it, drift included, with a warning, and is no change itself."""
    id_, state = _made(fleet, sandbox)
    sandbox.grant(MEMBER_EMAIL, "acme/web", "admin")
    sandbox.grant(MEMBER_EMAIL, "acme/api", "admin")
    with start(username=MEMBER_EMAIL, password=MEMBER_TOKEN) as opened:
        member = opened.resource("HookFleet")
        for known in ("as declared", "active false"):
            olds = {**state, "repositories": {**state["repositories"], "infra": known}}
            for _ in range(2):
                _, outputs, inputs = member.read(id_, olds)
                assert inputs["repositories"] == olds["repositories"] | {"infra": known}
                status = outputs["repositories"]["infra"]
                assert status.startswith(f"{known} (unchecked: acme/infra: listing the hooks: ")
                assert outputs["hooks"] == state["hooks"]
                olds = outputs
            expected = SAME if known == "as declared" else CHANGED
            assert member.diff(id_, olds, _checked(member)) == expected
    (message, *_) = warnings(engine)
    assert message.startswith("fleet: 1 of 3 repositories couldn't be looked at")


def test_no_access_at_all_is_an_error(
    start: Start, fleet: ProviderServer, sandbox: Sandbox
) -> None:
    """Else a token that lost its rights would see no drift for ever."""
    id_, state = _made(fleet, sandbox)
    with start(username=MEMBER_EMAIL, password=MEMBER_TOKEN) as opened:
        member = opened.resource("HookFleet")
        with pytest.raises(Refusal, match="3 of 3 repositories failed"):
            member.read(id_, state)


def test_wrong_credentials_stop_at_once(start: Start, sandbox: Sandbox) -> None:
    """Not one refusal for each repository."""
    sandbox.add_repositories([f"acme/{slug}" for slug in MANY])
    with start(username=OWNER_EMAIL, password="wrong", parallel="2") as opened:
        fleet = opened.resource("HookFleet")
        with pytest.raises(Refusal) as refused:
            fleet.made({**DECLARED, "repositories": MANY})
    assert "was not accepted" in str(refused.value)
    assert str(refused.value).count("acme/") == 1
    assert len(asked(sandbox)) <= 2  # in flight at the time


def test_add_and_remove(fleet: ProviderServer, later: ProviderServer, sandbox: Sandbox) -> None:
    """One is made, one is deleted, the rest isn't asked."""
    id_, state = _made(fleet, sandbox)
    left = later.changed(id_, state, {**DECLARED, "repositories": ["docs", "infra", "web"]})
    assert sorted(asked(sandbox)) == [
        "DELETE acme/api/UUID 204",
        "GET acme/docs 200",
        "POST acme/docs 201",
    ]
    assert sorted(left["hooks"]) == ["docs", "infra", "web"]


def test_a_renamed_repository_keeps_its_hook(
    fleet: ProviderServer, later: ProviderServer, sandbox: Sandbox
) -> None:
    """Whatever `adopt` says."""
    id_, state = _made(fleet, sandbox, adopt="never")
    sandbox.rename_repository("acme/web", "site")
    left = later.update(id_, state, _checked(later, repositories=["api", "infra", "site"]))
    assert left["hooks"]["site"] == state["hooks"]["web"]
    assert _writes(sandbox) == []


def test_failure_of_some(fleet: ProviderServer, again: ProviderServer, sandbox: Sandbox) -> None:
    """Each is named once, with one remedy for all alike; the next run finds the rest done."""
    inputs = _checked(fleet, repositories=[*SLUGS, *MANY[:12]])
    with pytest.raises(Refusal) as refused:
        fleet.create(inputs)
    lines = str(refused.value).splitlines()
    assert lines[0] == "fleet: 12 of 15 repositories failed, 3 are done"
    assert lines[1] == "  acme/r00: listing the hooks: not found (Resource not found)"
    assert lines[11] == "  … and 2 more"
    assert lines[12].startswith("Check the spelling")
    assert lines[13:] == ["The next `pulumi up` does just what is left."]
    sandbox.clear_requests()
    again.create(_checked(again))
    assert _writes(sandbox) == []


def test_a_failed_write_is_repeated(fleet: ProviderServer, sandbox: Sandbox) -> None:
    """With the secret when that was to be written: nobody knows which one is there."""
    id_, state = _made(fleet, sandbox, secret="one")
    for standing, secret in (("not updated", "by hand"), ("secret not updated", "one")):
        uuid = state["hooks"]["web"]
        sandbox.change_hook(uuid, secret="by hand", active=False)
        olds = {**state, "repositories": {**state["repositories"], "web": standing}}
        _, outputs, inputs = fleet.read(id_, olds)
        assert inputs["repositories"]["web"].startswith(
            "secret not updated" if secret == "one" else "as declared"
        )
        fleet.update(id_, olds, _checked(fleet, secret="one"))
        assert (sandbox.secret_of(uuid), sandbox.hook(uuid).active) == (secret, True)
        assert outputs["hooks"] == state["hooks"]


def test_delete(fleet: ProviderServer, later: ProviderServer, sandbox: Sandbox) -> None:
    """Gone already is success; what failed is named, and the next run finds the rest done."""
    id_, state = _made(fleet, sandbox)
    sandbox.delete_hook(state["hooks"]["api"])
    sandbox.change_hook(state["hooks"]["web"], read_only=True)
    with pytest.raises(Refusal, match="1 of 3 repositories failed, 2 are done"):
        later.delete(id_, state)
    sandbox.change_hook(state["hooks"]["web"], read_only=False)
    later.delete(id_, state)
    assert sandbox.hooks() == []


def test_found_by_an_id(fleet: ProviderServer, later: ProviderServer, sandbox: Sandbox) -> None:
    """An id has the repositories, and the description or url that their hooks have in common.

    The first one is the declaration; how another differs stands beside its repository.
    """
    made = {
        slug: sandbox.plant_hook(f"acme/{slug}", URL, description="CI", events=["repo:fork"])
        for slug in ("web", "api")
    }
    sandbox.plant_hook("acme/web", f"{URL}/other", description="Chat")
    sandbox.change_hook(made["api"].uuid, active=False)
    by_title = fleet.read("acme/Web,api,web#CI", {})
    assert by_title[1:] == fleet.read(f"acme/web,api@{URL}", {})[1:]
    id_, outputs, inputs = by_title
    assert inputs == {
        "owner": "acme",
        "repositories": ["web", "api"],
        "url": URL,
        "description": "CI",
        "events": ["repo:fork"],
        "active": True,
        "skipCertVerification": False,
        "historyEnabled": False,
    }
    assert outputs["hooks"] == {slug: hook.uuid for slug, hook in made.items()}
    assert outputs["repositories"] == {"web": "as declared", "api": "active false"}

    sandbox.change_hook(made["api"].uuid, active=True)
    sandbox.clear_requests()
    id_, outputs, inputs = later.read("acme/web,api#CI", {})
    checked, failures = later.check(inputs, inputs)
    assert failures == []
    assert later.diff(id_, outputs, checked) == (False, [])
    assert later.update(id_, outputs, checked)["hooks"] == outputs["hooks"]
    assert [request.method for request in sandbox.requests()] == ["GET", "GET"]


def test_what_no_id_finds(fleet: ProviderServer, sandbox: Sandbox) -> None:
    """Repositories without the hook, or with several, are named; so is how an id is written."""
    twins = [sandbox.plant_hook("acme/web", URL, description="CI") for _ in "12"]
    with pytest.raises(Refusal) as refusal:
        fleet.read("acme/web,api,nowhere#CI", {})
    text = str(refusal.value)
    assert "fleet: 3 of 3 repositories don't fit" in text
    assert 'acme/api: no hook has the description "CI"' in text
    assert 'acme/web: 2 hooks have the description "CI"' in text
    assert all(hook.uuid in text for hook in twins)
    assert "acme/nowhere" in text
    with pytest.raises(Refusal, match="acme/api: no hook has the url") as refusal:
        fleet.read("acme/api@https://chat.example.com/canary", {})
    assert "canary" not in str(refusal.value)
    for wrong in ("fleet-1", "acme/web", "acme/web#", "acme/web,#CI", "/web#CI"):
        with pytest.raises(Refusal, match=r"is no id of a HookFleet\n.*REPOSITORY#DESCRIPTION"):
            fleet.read(wrong, {})


@pytest.mark.parametrize(
    ("kind", "where"),
    [("HookFleet", {"repositories": ["docs", "web"]}), ("Hook", {"repository": "web"})],
)
def test_declared_twice(fleet: ProviderServer, kind: str, where: dict[str, Any]) -> None:
    """By another fleet or by a hook: refused with both names."""
    fleet.check(DECLARED, name="one")
    both = rf"HookFleet 'one' and {kind} 'two' declare the same hook \(acme/web"
    with pytest.raises(Refusal, match=both):
        fleet.resource(kind).check({"url": URL, **where}, name="two")


def test_no_secret_in_the_process_output(
    fleet: ProviderServer, engine: FakeEngine, sandbox: Sandbox, tmp_path: Path
) -> None:
    """Through success and failure."""
    inputs = _checked(fleet, secret="canary", repositories=[*SLUGS, "nowhere"])
    with pytest.raises(Refusal) as refused:
        fleet.create(inputs)
    messages = [str(refused.value), engine.messages(), (tmp_path / "stderr").read_text()]
    assert "canary" not in "\n".join(messages)
    assert {hook.secret for hook in sandbox.hooks()} == {"canary"}
