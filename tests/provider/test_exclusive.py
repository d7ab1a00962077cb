"""The exclusive resources over both front ends: what is unmanaged, and what may be deleted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from bitbucket_hooks.sandbox.seed import MEMBER_EMAIL, MEMBER_TOKEN, OWNER_EMAIL
from bitbucket_hooks.sandbox.webhook import StoredHook
from support.hooks import DECLARED as HOOK
from support.hooks import URL, asked, warnings
from support.provider_server import UNKNOWN, FakeEngine, ProviderServer, Refusal, Start
from support.sandbox import Sandbox

SLUGS = ["api", "infra", "web"]
FOREIGN = "https://jenkins.example.com/x"
ONE, TWO = (f"{{00000000-0000-4000-8000-00000000000{i}}}" for i in (1, 2))
SAME: Any = (False, [])
CHANGED: Any = (True, [])

Props = dict[str, Any]


@pytest.fixture
def only(server: ProviderServer) -> ProviderServer:
    """Give a provider process that is spoken to about repositories' hooks."""
    return _only(server)


@pytest.fixture
def again(start: Start) -> Iterator[ProviderServer]:
    """Give another process of the same phase: it has listed nothing yet."""
    with start() as server:
        yield _only(server)


@pytest.fixture
def later(later: ProviderServer) -> ProviderServer:
    """Give a process of the next phase: the update that follows a preview."""
    return _only(later)


def _only(server: ProviderServer) -> ProviderServer:
    return server.resource("RepositoryHooksExclusive")


def _declared(hooks: Any = (), on_unmanaged: str = "delete", repositories: Any = None) -> Props:
    return {
        "repositories": SLUGS if repositories is None else repositories,
        "hooks": list(hooks),
        "onUnmanaged": on_unmanaged,
    }


def _checked(only: ProviderServer, olds: Mapping[str, Any] | None = None, **declared: Any) -> Props:
    inputs, failures = only.check(_declared(**declared), olds)
    assert failures == []
    return inputs


def _made(only: ProviderServer, sandbox: Sandbox, **declared: Any) -> tuple[str, Props]:
    """Make one, and forget what that cost."""
    made = only.create(_checked(only, **declared))
    sandbox.clear_requests()
    return made


def _changed(only: ProviderServer, id_: str, state: Props, **declared: Any) -> Props:
    """Declare it anew, and update it."""
    return only.changed(id_, state, _declared(**declared))


def _line(hook: StoredHook, slug: str = "web") -> str:
    title = f'"{hook.description}"' if hook.description else "without description"
    return f"acme/{slug} {title} {hook.url}"


# What is declared


def test_check_gives_the_canonical_form(only: ProviderServer) -> None:
    """Whatever names the hooks, they are a sorted list in which each is once."""
    upper = ONE.upper().strip("{}")
    hooks = [TWO, {"web": upper, "api": TWO}, [ONE, [TWO]]]
    inputs = _checked(only, hooks=hooks, repositories=["Web", "api", "web"])
    assert inputs == {
        "owner": "acme",
        "repositories": ["api", "web"],
        "hooks": [ONE, TWO],
        "onUnmanaged": "delete",
        "unmanaged": {},
    }
    assert only.check({"repositories": []})[0] == {
        "owner": "acme",
        "repositories": [],
        "hooks": [],
        "onUnmanaged": "report",
        "unmanaged": {},
    }


@pytest.mark.parametrize(
    ("declared", "problem"),
    [
        ({"repositories": None}, "repositories: is required"),
        ({"repositories": ["a/b"]}, "repositories[0]: is"),
        ({"hooks": ["x"]}, 'hooks[0]: is "x", which is no uuid of a hook'),
        ({"hooks": [ONE, {"web": [3]}]}, "hooks[1].web[0]: must be text"),
        ({"onUnmanaged": "prune"}, 'onUnmanaged: must be "report" or "delete"'),
        ({"hooks": None}, 'hooks: is required with on_unmanaged "delete"; name'),
        ({"unmanaged": {}}, "unmanaged: is no property of this resource"),
        ({"url": URL}, "url: is no property of this resource"),
    ],
)
def test_mistakes(only: ProviderServer, declared: Props, problem: str) -> None:
    """Each is told with its place."""
    _, failures = only.check({**_declared(), **declared})
    assert any(failure.startswith(problem) for failure in failures), failures


# Finding


@pytest.mark.parametrize("on_unmanaged", ["report", "delete"])
def test_the_first_up_only_records(
    only: ProviderServer, engine: FakeEngine, sandbox: Sandbox, on_unmanaged: str
) -> None:
    """One listing for each repository; what an app owns is none of our business."""
    ours = sandbox.plant_hook("acme/web", URL)
    other = sandbox.plant_hook("acme/web", f"{FOREIGN}?token=canary", description="Jenkins")
    sandbox.plant_hook("acme/web", FOREIGN, read_only=True)
    sandbox.plant_hook("acme/docs", FOREIGN)
    inputs = _checked(only, hooks=[ours.uuid], on_unmanaged=on_unmanaged)
    id_, state = only.create(inputs)
    record = f'acme/web "Jenkins" {FOREIGN}?…'
    assert id_.startswith("exclusive-")
    assert state == {
        **inputs,
        "unmanaged": {other.uuid: record},
        "existing": 2,
        "subjectUuids": {"acme/web": other.subject},
    }
    assert sorted(asked(sandbox)) == [f"GET acme/{slug} 200" for slug in SLUGS]
    (warning,) = warnings(engine)
    assert warning.startswith("1 unmanaged hook found")
    assert f"\n  {record} {other.uuid}" in warning
    assert ("The next `pulumi up` deletes" in warning) is (on_unmanaged == "delete")


def test_all_is_well(
    only: ProviderServer, again: ProviderServer, engine: FakeEngine, sandbox: Sandbox
) -> None:
    """Nothing is told, nothing is asked."""
    ours = sandbox.plant_hook("acme/web", URL)
    id_, state = _made(only, sandbox, hooks=[ours.uuid])
    assert only.diff(id_, state, _checked(only, state, hooks=[ours.uuid])) == SAME
    assert asked(sandbox) == []
    assert again.read(id_, state)[1] == state
    assert engine.logged == []


def test_a_refresh_finds(
    only: ProviderServer, again: ProviderServer, later: ProviderServer, sandbox: Sandbox
) -> None:
    """What came and what went, among the inputs too, where the engine compares."""
    old = sandbox.plant_hook("acme/web", FOREIGN)
    id_, state = _made(only, sandbox, on_unmanaged="report")
    sandbox.delete_hook(old.uuid)
    new = sandbox.plant_hook("acme/api", FOREIGN, description="New\x1b[31m")
    _, outputs, inputs = again.read(id_, state)
    assert len(asked(sandbox)) == 4
    assert outputs["unmanaged"] == {new.uuid: f'acme/api "New\\x1b[31m" {FOREIGN}'}
    assert inputs == {k: v for k, v in outputs.items() if k not in ("existing", "subjectUuids")}
    assert later.diff(id_, outputs, state) == (True, [])
    assert later.diff(id_, outputs, inputs) == SAME


def test_a_listing_that_lacks_what_was_there(
    only: ProviderServer, again: ProviderServer, later: ProviderServer, sandbox: Sandbox
) -> None:
    """Is no proof that it went: its record stays, and so does its deletion."""
    other = sandbox.plant_hook("acme/web", FOREIGN)
    id_, state = _made(only, sandbox)
    sandbox.plan_fault("empty-list", "GET", "*/hooks", times=100)
    assert again.read(id_, state)[1]["unmanaged"] == state["unmanaged"]
    assert other.uuid in state["unmanaged"]
    assert _changed(later, id_, state)["unmanaged"] == {}
    assert sandbox.hooks() == []


def test_a_repository_that_refuses_keeps_its_records(
    start: Start, engine: FakeEngine, only: ProviderServer, sandbox: Sandbox
) -> None:
    """With a warning; one that is gone has none."""
    kept = sandbox.plant_hook("acme/infra", FOREIGN)
    sandbox.plant_hook("acme/web", FOREIGN)
    id_, state = _made(only, sandbox)
    sandbox.grant(MEMBER_EMAIL, "acme/web", "admin")
    sandbox.grant(MEMBER_EMAIL, "acme/api", "admin")
    sandbox.delete_repository("acme/web")
    with start(username=MEMBER_EMAIL, password=MEMBER_TOKEN) as opened:
        _, outputs, _ = _only(opened).read(id_, state)
    assert outputs == {
        **state,
        "unmanaged": {kept.uuid: _line(kept, "infra")},
        "existing": 1,
        "subjectUuids": {"acme/infra": kept.subject},
    }
    assert "1 of 3 repositories couldn't be looked at" in warnings(engine)[-1]


def test_no_access_at_all_is_an_error(start: Start, only: ProviderServer, sandbox: Sandbox) -> None:
    """Else nothing would be found for ever."""
    id_, state = _made(only, sandbox)
    with (
        start(username=MEMBER_EMAIL, password=MEMBER_TOKEN) as opened,
        pytest.raises(Refusal, match="unmanaged hooks: 3 of 3 repositories failed"),
    ):
        _only(opened).read(id_, state)
    with (
        start(username=OWNER_EMAIL, password="wrong") as opened,
        pytest.raises(Refusal, match="was not accepted"),
    ):
        _only(opened).read(id_, state)


@pytest.mark.parametrize(("count", "named"), [(40, 40), (60, 50)])
def test_many_are_folded(
    only: ProviderServer, engine: FakeEngine, sandbox: Sandbox, count: int, named: int
) -> None:
    """40 are all named, of more than 50 the first."""
    for i in range(count):
        sandbox.plant_hook("acme/web", f"{FOREIGN}{i}")
    _made(only, sandbox)
    first, *lines, _ = warnings(engine)[0].splitlines()
    assert first.startswith(f"{count} unmanaged hooks found")
    assert len([line for line in lines if line.startswith("  acme/web")]) == named
    assert ("  … and 10 more" in lines) is (count > named)


# Reporting


def test_report_deletes_nothing(only: ProviderServer, engine: FakeEngine, sandbox: Sandbox) -> None:
    """It warns in every preview, also when only the state knows, and is no change."""
    other = sandbox.plant_hook("acme/web", FOREIGN, description="Jenkins")
    id_, state = _made(only, sandbox, on_unmanaged="report")
    news = _checked(only, state, on_unmanaged="report")
    assert only.diff(id_, state, news) == SAME
    assert warnings(engine)[-1].endswith(f":\n  {_line(other)} {other.uuid}")
    more = _checked(only, state, on_unmanaged="report", repositories=[*SLUGS, "docs"])
    assert only.details(id_, state, more) == {"repositories[1]": "ADD"}
    assert only.update(id_, state, more)["unmanaged"] == state["unmanaged"]
    assert asked(sandbox) == ["GET acme/docs 200"]
    assert sandbox.hooks() == [other]


def test_what_is_known_goes_along_as_an_input(only: ProviderServer, sandbox: Sandbox) -> None:
    """As long as it is so; else a refresh would tell it again and again."""
    first, second = (sandbox.plant_hook(f"acme/{slug}", FOREIGN) for slug in ("web", "api"))
    _, state = _made(only, sandbox, on_unmanaged="report")
    for declared, known in (
        ({}, {first.uuid, second.uuid}),
        ({"hooks": [first.uuid]}, {second.uuid}),
        ({"repositories": ["web"]}, {first.uuid}),
        ({"on_unmanaged": "delete"}, set()),
    ):
        inputs = _checked(only, state, **{"on_unmanaged": "report", **declared})
        assert inputs["unmanaged"].keys() == known


# Deleting


def test_delete_removes_just_these(
    only: ProviderServer, later: ProviderServer, engine: FakeEngine, sandbox: Sandbox
) -> None:
    """The preview names them; one listing where they are, and one request for each."""
    ours = sandbox.plant_hook("acme/web", URL)
    apps = sandbox.plant_hook("acme/api", FOREIGN, read_only=True)
    first, second, gone = (sandbox.plant_hook("acme/web", f"{FOREIGN}/{i}") for i in range(3))
    id_, state = _made(only, sandbox, hooks=[ours.uuid])
    news = _checked(only, state, hooks=[ours.uuid])
    assert only.diff(id_, state, news) == CHANGED
    assert only.details(id_, state, news) == {
        f'unmanaged["{hook.uuid}"]': "DELETE" for hook in (first, second, gone)
    }
    assert f"  {_line(first)} {first.uuid}" in warnings(engine)[-1]
    sandbox.delete_hook(gone.uuid)
    assert asked(sandbox) == []
    left = _changed(later, id_, state, hooks=[ours.uuid])
    uuids = {"acme/api": apps.subject, "acme/web": ours.subject}
    assert left == {**news, "unmanaged": {}, "existing": 1, "subjectUuids": uuids}
    assert sorted(asked(sandbox)) == [
        *["DELETE acme/web/UUID 204"] * 2,
        "GET acme/web 200",
        "GET acme/web/UUID 404",
    ]
    assert [hook.url for hook in sandbox.hooks("acme/web")] == [URL]
    assert len(sandbox.hooks("acme/api")) == 1


def test_the_update_does_not_announce_what_the_preview_did(
    phase: Start, only: ProviderServer, start: Start, engine: FakeEngine, sandbox: Sandbox
) -> None:
    """It tells what it deleted."""
    other = sandbox.plant_hook("acme/web", FOREIGN)
    id_, state = _made(only, sandbox)
    with phase() as started:
        _only(started).diff(id_, state, _checked(_only(started), state))
    engine.logged.clear()
    with start() as opened:
        _changed(_only(opened), id_, state)
    (logged,) = engine.logged
    assert logged.message == f"1 unmanaged hook deleted:\n  {_line(other)} {other.uuid}"
    assert (logged.severity, logged.urn.rpartition("::")[2]) == ("INFO", "ci")


def test_what_this_run_found_itself_stays(
    only: ProviderServer, again: ProviderServer, engine: FakeEngine, sandbox: Sandbox
) -> None:
    """When no preview has shown it: `up --refresh --skip-preview`."""
    old = sandbox.plant_hook("acme/web", FOREIGN)
    id_, state = _made(only, sandbox)
    new = sandbox.plant_hook("acme/web", f"{FOREIGN}/new")
    _, outputs, _ = again.read(id_, state)
    left = _changed(again, id_, outputs)
    assert sandbox.hooks() == [new]
    assert left["unmanaged"] == {new.uuid: _line(new)}
    (warning,) = [text for text in warnings(engine) if "left alone" in text]
    assert new.uuid in warning
    assert old.uuid not in warning
    assert "The next `pulumi up` deletes" in warning


def test_what_the_preview_of_this_run_found_goes(
    only: ProviderServer, again: ProviderServer, later: ProviderServer, sandbox: Sandbox
) -> None:
    """`up --refresh`; what came after the preview stays."""
    id_, state = _made(only, sandbox)
    shown = sandbox.plant_hook("acme/web", FOREIGN)
    _, outputs, inputs = again.read(id_, state)
    again.diff(id_, outputs, _checked(again, inputs))
    assert sandbox.hooks() == [shown]
    late = sandbox.plant_hook("acme/web", f"{FOREIGN}/late")
    _, outputs, _ = later.read(id_, state)
    assert _changed(later, id_, outputs)["unmanaged"].keys() == {late.uuid}
    assert sandbox.hooks() == [late]


@pytest.mark.parametrize(
    ("ours", "others", "refused"),
    [(0, 4, False), (0, 5, True), (12, 5, False), (11, 5, True), (14, 6, False), (14, 7, True)],
)
def test_too_many(
    phase: Start, only: ProviderServer, sandbox: Sandbox, ours: int, others: int, refused: bool
) -> None:
    """More than 30 % of what exists, and at least 5; force lets one run pass."""
    mine = [sandbox.plant_hook("acme/api", f"{URL}/{i}").uuid for i in range(ours)]
    for i in range(others):
        sandbox.plant_hook("acme/web", f"{FOREIGN}/{i}")
    hooks = [*mine, ONE, TWO, *(ONE.replace("0", str(i)) for i in range(3, 9))]  # some elsewhere
    id_, state = _made(only, sandbox, hooks=hooks)
    news = _checked(only, state, hooks=hooks)
    if not refused:
        assert only.diff(id_, state, news) == CHANGED
        return
    with pytest.raises(Refusal) as refusal:
        only.diff(id_, state, news)
    message = str(refusal.value)
    total = ours + others
    assert f"delete {others} of {total} hooks ({100 * others / total:.3g}%)" in message
    assert f"acme/web without description {FOREIGN}/0" in message
    assert message.endswith("or set BITBUCKET_HOOKS_FORCE=1 for this one run.")
    with phase(BITBUCKET_HOOKS_FORCE="1") as started:
        _changed(_only(started), id_, state, hooks=hooks)
    assert {hook.uuid for hook in sandbox.hooks()} == set(mine)


def test_repositories_that_leave_do_not_count(only: ProviderServer, sandbox: Sandbox) -> None:
    """Nor are their hooks deleted."""
    mine = [sandbox.plant_hook("acme/api", f"{URL}/{i}").uuid for i in range(15)]
    for i in range(5):
        sandbox.plant_hook("acme/web", f"{FOREIGN}/{i}")
    sandbox.plant_hook("acme/infra", FOREIGN)
    id_, state = _made(only, sandbox, hooks=mine)
    left = _checked(only, state, hooks=mine[:3], repositories=["web"])
    with pytest.raises(Refusal, match=r"delete 5 of 8 hooks"):
        only.diff(id_, state, left)


# What others declare


def test_what_another_resource_declares_is_kept(
    only: ProviderServer, later: ProviderServer, sandbox: Sandbox
) -> None:
    """Though it isn't among `hooks`; the user is told to put it there."""
    uuid, hook = only.resource("Hook").made(HOOK, name="ci")
    id_, state = _made(only, sandbox)
    assert state["unmanaged"].keys() == {uuid}
    for server in (only, later):
        single = server.resource("Hook")
        single.diff(uuid, hook, single.check(HOOK, hook, "ci")[0], "ci")
        inputs = _checked(server, state)
        assert server.diff(id_, state, inputs) == SAME
    left = later.update(id_, state, inputs)
    assert left["unmanaged"] == state["unmanaged"]
    assert len(sandbox.hooks()) == 1


def test_what_another_resource_is_about_to_take_over_is_kept(
    only: ProviderServer, later: ProviderServer, sandbox: Sandbox
) -> None:
    """It is declared with the same url and has no hook yet; a double of one that has goes."""
    single = later.resource("Hook")
    planted = sandbox.plant_hook("acme/web", URL, description="CI")
    mine, _ = only.resource("Hook").made({**HOOK, "description": "Other"}, name="other")
    id_, state = _made(only, sandbox, hooks=[mine])
    inputs, _ = single.check({**HOOK, "description": "CI"}, name="ci")
    state = _changed(later, id_, state, hooks=[mine])
    assert state["unmanaged"].keys() == {planted.uuid}
    uuid, _ = single.create({**inputs, "adopt": "never"}, "ci")
    assert _changed(later, id_, state, hooks=[mine, uuid])["unmanaged"] == {}
    assert {hook.uuid for hook in sandbox.hooks()} == {mine, uuid}


def test_what_leaves_a_fleet_is_the_fleets(
    only: ProviderServer, later: ProviderServer, sandbox: Sandbox
) -> None:
    """Neither recorded nor deleted here, not even where a repository is new to it."""
    fleet = only.resource("HookFleet")
    _, made = fleet.made({"url": URL, "repositories": ["api", "web"]}, "fleet")
    hooks = made["hooks"]
    id_, state = _made(only, sandbox, hooks=[hooks], repositories=["api"])
    news = _checked(later, state, hooks=[hooks["api"]], repositories=["api", "web"])
    assert later.details(id_, state, news).keys() == {
        "repositories[1]",
        f"hooks[{sorted(hooks.values()).index(hooks['web'])}]",
    }
    assert later.update(id_, state, news)["unmanaged"] == {}
    assert len(sandbox.hooks()) == 2


def test_what_a_preview_does_not_know(only: ProviderServer, sandbox: Sandbox) -> None:
    """It neither hides the deletions nor adds to them; the rest is taken to be as it was.

    The list is unknown as a whole, and an update announced: a plan of the engine's holds.
    """
    ours, two = (sandbox.plant_hook("acme/web", f"{URL}/{i}") for i in range(2))
    other = sandbox.plant_hook("acme/api", FOREIGN)
    id_, state = _made(only, sandbox, hooks=[ours.uuid])
    deleted = {f'unmanaged["{other.uuid}"]': "DELETE"}
    for hooks in ([two.uuid, UNKNOWN], [{"web": UNKNOWN}, two.uuid], [[UNKNOWN], two.uuid]):
        news = _checked(only, state, hooks=hooks)
        assert (news["hooks"], news["unmanaged"]) == (UNKNOWN, {})
        assert only.details(id_, state, news) == {**deleted, "hooks": "UPDATE"}
    news = _checked(only, state, hooks=[other.uuid, two.uuid, UNKNOWN])
    assert only.details(id_, state, news) == {"hooks": "UPDATE"}
    news = _checked(only, state, hooks=[ours.uuid, UNKNOWN], on_unmanaged="report")
    assert (news["hooks"], news["unmanaged"]) == (UNKNOWN, UNKNOWN)
    quiet = {**state, "onUnmanaged": "report"}
    assert only.details(id_, quiet, news) == {"hooks": "UPDATE"}
    for repositories in (UNKNOWN, ["web", UNKNOWN]):
        news = _checked(only, state, hooks=[ours.uuid, two.uuid], repositories=repositories)
        assert news["repositories"] == UNKNOWN
        details = {**deleted, "repositories": "UPDATE"}
        assert details.items() <= only.details(id_, state, news).items()
    news = _checked(only, state, hooks=[ours.uuid, two.uuid])
    details = only.details(id_, state, {**news, "onUnmanaged": UNKNOWN})
    assert {**deleted, "onUnmanaged": "UPDATE"}.items() <= details.items()
    assert only.diff(id_, state, {**news, "owner": UNKNOWN})[0] is True


# The rest of a life


def test_changes_are_named(only: ProviderServer, sandbox: Sandbox) -> None:
    """By place in the lists, of which the rest only moves along."""
    id_, state = _made(only, sandbox, hooks=[ONE], on_unmanaged="report")
    news = _checked(only, state, hooks=[TWO], repositories=["api", "docs", "infra"])
    assert only.details(id_, state, news) == {
        "repositories[1]": "ADD",
        "repositories[2]": "DELETE",
        "hooks[0]": "UPDATE",
        "onUnmanaged": "UPDATE",
    }


def test_another_workspace_replaces(only: ProviderServer, sandbox: Sandbox) -> None:
    """And taking one away asks for nothing."""
    id_, state = _made(only, sandbox)
    news = {**_checked(only, state), "owner": "globex"}
    assert only.diff(id_, state, news) == (True, ["owner"])
    sandbox.plant_hook("acme/web", FOREIGN)
    only.delete(id_, state)
    assert asked(sandbox) == []
    assert len(sandbox.hooks()) == 1


def test_a_create_that_fails_in_part(
    only: ProviderServer, later: ProviderServer, sandbox: Sandbox
) -> None:
    """The failure is named, the rest recorded; the next run lists just what is left."""
    known = sandbox.plant_hook("acme/web", FOREIGN)
    with pytest.raises(Refusal) as refused:
        only.create(_checked(only, repositories=[*SLUGS, "nowhere"]))
    message = str(refused.value)
    assert message.startswith("unmanaged hooks: 1 of 4 repositories failed, 3 are done")
    assert "acme/nowhere: listing the hooks: not found" in message
    with pytest.raises(Refusal, match="1 of 1 repositories failed, 0 are done"):
        only.create(_checked(only, repositories=["nowhere"]), "none")
    kept = refused.value.kept
    assert kept is not None
    assert (kept["unmanaged"].keys(), kept["unlisted"]) == ({known.uuid}, ["acme/nowhere"])
    sandbox.add_repository("acme/nowhere")
    other = sandbox.plant_hook("acme/nowhere", FOREIGN)
    sandbox.clear_requests()
    state = _changed(later, "exclusive-1", kept, repositories=[*SLUGS, "nowhere"])
    assert "unlisted" not in state
    assert state["unmanaged"].keys() == {other.uuid}
    assert sorted(asked(sandbox)) == [
        "DELETE acme/web/UUID 204",
        "GET acme/nowhere 200",
        "GET acme/web 200",
    ]


def test_a_deletion_that_fails(
    only: ProviderServer, later: ProviderServer, sandbox: Sandbox
) -> None:
    """The others are done; the failure is named."""
    stuck = sandbox.plant_hook("acme/web", FOREIGN)
    for slug in ("api", "infra"):
        sandbox.plant_hook(f"acme/{slug}", FOREIGN)
    id_, state = _made(only, sandbox)
    later.read(id_, state)
    sandbox.change_hook(stuck.uuid, read_only=True)  # after it was listed
    failed = r"1 of 3 repositories failed, 2 are done\n  acme/web: deleting"
    with pytest.raises(Refusal, match=failed):
        _changed(later, id_, state)
    assert [hook.uuid for hook in sandbox.hooks()] == [stuck.uuid]


def test_a_look_up_is_refused(only: ProviderServer) -> None:
    """Its id means nothing to the service."""
    with pytest.raises(Refusal, match="can't be imported or looked up"):
        only.read("exclusive-1", {})


def test_a_workspace(server: ProviderServer, later: ProviderServer, sandbox: Sandbox) -> None:
    """Its own hooks alone."""
    only = server.resource("WorkspaceHooksExclusive")
    ours = sandbox.plant_hook("acme", URL)
    other = sandbox.plant_hook("acme", FOREIGN, description="Old")
    sandbox.plant_hook("acme/web", FOREIGN)
    declared = {"hooks": [ours.uuid], "onUnmanaged": "delete"}
    id_, state = only.made(declared)
    assert state == {
        "workspace": "acme",
        "hooks": [ours.uuid],
        "onUnmanaged": "delete",
        "unmanaged": {other.uuid: f'workspace acme "Old" {FOREIGN}'},
        "existing": 2,
        "subjectUuids": {"workspace acme": ours.subject},
    }
    kind = later.resource("WorkspaceHooksExclusive")
    assert kind.changed(id_, state, declared)["unmanaged"] == {}
    assert sorted(hook.url for hook in sandbox.hooks()) == sorted([URL, FOREIGN])
