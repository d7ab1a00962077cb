"""`Create` over both front ends: what is made, adopted or refused, and lost answers."""

from __future__ import annotations

from uuid import uuid4

import pytest

from bitbucket_hooks.sandbox.settings import FaultKind
from support.hooks import DECLARED, INPUTS, URL, asked
from support.provider_server import FakeEngine, ProviderServer, Refusal, Start
from support.sandbox import Sandbox


def test_makes_what_is_declared(server: ProviderServer, sandbox: Sandbox) -> None:
    """One listing, one POST; the outputs are the inputs and what only the service knows."""
    news = {
        **DECLARED,
        "description": "CI",
        "events": ["issue:created", "repo:push"],
        "active": False,
        "skipCertVerification": True,
        "historyEnabled": True,
        "secret": "canary",
    }
    uuid, outputs = server.made(news)
    (hook,) = sandbox.hooks("acme/web")
    assert uuid == hook.uuid
    computed = {"uuid": uuid, "createdAt": hook.created_at, "subjectUuid": hook.subject}
    assert outputs == {**news, **computed, "secretSet": True}
    assert (hook.url, hook.description, hook.active) == (URL, "CI", False)
    assert set(hook.events) == {"issue:created", "repo:push"}
    assert (hook.skip_cert_verification, hook.history_enabled) == (True, True)
    assert sandbox.secret_of(uuid) == "canary"
    assert asked(sandbox) == ["GET acme/web 200", "POST acme/web 201"]


def test_makes_a_workspace_hook(server: ProviderServer, sandbox: Sandbox) -> None:
    """On the workspace itself."""
    kind = server.resource("WorkspaceHook")
    uuid, outputs = kind.made({"url": URL})
    assert [hook.uuid for hook in sandbox.hooks("acme")] == [uuid]
    assert outputs["workspace"] == "acme"


def test_neighbours_share_the_listing(server: ProviderServer, sandbox: Sandbox) -> None:
    """A second hook of the same repository costs its POST alone."""
    server.made(DECLARED)
    server.made({**DECLARED, "url": f"{URL}/2"}, name="other")
    assert asked(sandbox) == ["GET acme/web 200", "POST acme/web 201", "POST acme/web 201"]


def test_reads_the_secret_where_it_lives(
    server: ProviderServer, sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """`secretFrom` sends the value and keeps it out of the outputs."""
    place = tmp_path_factory.mktemp("secret") / "value"
    place.write_text("canary\n")
    uuid, outputs = server.made({**DECLARED, "secretFrom": f"file:{place}"})
    assert sandbox.secret_of(uuid) == "canary"
    assert "canary" not in str(outputs)


def test_a_secret_that_is_gone_by_now_is_an_error(
    server: ProviderServer, sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Between check and create the file may vanish: nothing is made without its secret."""
    place = tmp_path_factory.mktemp("secret") / "value"
    with pytest.raises(Refusal, match=r"^secretFrom: .* can't be read"):
        server.create({**INPUTS, "secretFrom": f"file:{place}", "secretFingerprint": "x"})
    assert sandbox.hooks() == []


# Adoption


def test_takes_over_a_match_that_is_as_declared(
    server: ProviderServer, engine: FakeEngine, sandbox: Sandbox
) -> None:
    """Without a word to the service."""
    planted = sandbox.plant_hook("acme/web", URL, description="by hand", secret="kept")
    assert server.made(DECLARED)[0] == planted.uuid
    assert sandbox.hooks("acme/web") == [planted]
    assert asked(sandbox) == ["GET acme/web 200"]
    (logged,) = engine.logged
    assert logged.urn.endswith(":Hook::ci")
    assert logged.message == (
        f"acme/web: adopted the existing hook {planted.uuid}: nothing changes on it"
    )


def test_brings_a_match_in_line_with_one_put(
    server: ProviderServer, engine: FakeEngine, sandbox: Sandbox
) -> None:
    """Each thing that changes is told; the description that isn't declared and the uuid stay."""
    planted = sandbox.plant_hook("acme/web", URL, description="by hand", active=False)
    uuid, outputs = server.made({**DECLARED, "events": ["repo:fork"], "secret": "canary"})
    (hook,) = sandbox.hooks("acme/web")
    assert uuid == hook.uuid == planted.uuid
    assert (hook.active, hook.events, hook.description) == (True, ("repo:fork",), "by hand")
    assert (sandbox.secret_of(uuid), outputs["secretSet"]) == ("canary", True)
    assert asked(sandbox) == ["GET acme/web 200", "PUT acme/web/UUID 200"]
    assert engine.messages().endswith(
        "events repo:push => repo:fork; active false => true; secret set"
    )


@pytest.mark.parametrize(("secret", "left"), [("", None), ("new", "new")])
def test_sets_or_removes_the_secret_of_a_match(
    server: ProviderServer, sandbox: Sandbox, secret: str, left: str | None
) -> None:
    """A declared secret is sent, as the old value can't be known."""
    planted = sandbox.plant_hook("acme/web", URL, secret="old")
    server.made({**DECLARED, "secret": secret})
    assert sandbox.secret_of(planted.uuid) == left


def test_a_declared_description_narrows_the_match(server: ProviderServer, sandbox: Sandbox) -> None:
    """Of two hooks with the same url, the one with the title is meant."""
    sandbox.plant_hook("acme/web", URL, description="other")
    meant = sandbox.plant_hook("acme/web", URL, description="CI")
    assert server.made({**DECLARED, "description": "CI"})[0] == meant.uuid


def test_several_matches_are_refused_with_their_uuids(
    server: ProviderServer, sandbox: Sandbox
) -> None:
    """A person has to say which."""
    planted = [sandbox.plant_hook("acme/web", URL, description=title) for title in ("a", "")]
    with pytest.raises(Refusal) as refused:
        server.made(DECLARED)
    assert all(hook.uuid in str(refused.value) for hook in planted)
    assert "adopt=UUID" in str(refused.value)
    assert asked(sandbox) == ["GET acme/web 200"]


def test_a_uuid_names_the_hook_to_take_over(server: ProviderServer, sandbox: Sandbox) -> None:
    """Whatever its url; it gets the declared one."""
    planted = sandbox.plant_hook("acme/web", "https://old.example.com/")
    uuid, _ = server.made({**DECLARED, "adopt": planted.uuid.strip("{}").upper()})
    assert uuid == planted.uuid
    assert [hook.url for hook in sandbox.hooks("acme/web")] == [URL]


def test_a_uuid_that_is_not_there_is_refused(server: ProviderServer, sandbox: Sandbox) -> None:
    """With those that are."""
    there = sandbox.plant_hook("acme/web", URL)
    with pytest.raises(Refusal, match=there.uuid) as refused:
        server.made({**DECLARED, "adopt": str(uuid4())})
    assert "there is no hook" in str(refused.value)


def test_a_uuid_of_another_resource_is_refused(server: ProviderServer) -> None:
    """No hook is taken from a resource that holds it."""
    uuid, _ = server.made(DECLARED)
    with pytest.raises(Refusal, match="belongs to another resource"):
        server.made({**DECLARED, "url": f"{URL}/2", "adopt": uuid}, name="thief")


def test_never_makes_a_new_one(start: Start, sandbox: Sandbox) -> None:
    """`bitbucket:adopt: never` leaves what is there alone; a resource may say otherwise."""
    planted = sandbox.plant_hook("acme/web", URL)
    with start(adopt="never") as server:
        uuid, _ = server.made(DECLARED)
        assert uuid != planted.uuid
        assert len(sandbox.hooks("acme/web")) == 2
        other = sandbox.plant_hook("acme/mobile", URL)
        news = {**DECLARED, "repository": "mobile", "adopt": "match"}
        assert server.made(news, name="other")[0] == other.uuid


def test_hooks_of_installed_apps_are_left_alone(server: ProviderServer, sandbox: Sandbox) -> None:
    """Nobody but the app may change them."""
    planted = sandbox.plant_hook("acme/web", URL, read_only=True)
    assert server.made(DECLARED)[0] != planted.uuid


def test_two_equal_declarations_are_refused(server: ProviderServer, sandbox: Sandbox) -> None:
    """With both names, at the check of the second; the url's path isn't shown."""
    server.check(DECLARED, name="one")
    with pytest.raises(Refusal) as refused:
        server.check({**DECLARED, "url": URL.upper().replace("/HOOK", "/hook")}, name="two")
    assert str(refused.value).startswith(
        "Hook 'one' and Hook 'two' declare the same hook (acme/web, https://ci.example.com/…)"
    )
    assert asked(sandbox) == []


# Faults

LOST: list[FaultKind] = ["drop-after", "502-after", "truncated"]


@pytest.mark.parametrize("adopt", ["match", "never"])
def test_a_lost_answer_doubles_nothing(
    server: ProviderServer, sandbox: Sandbox, adopt: str
) -> None:
    """The hook that was made is found and is ours, whatever `adopt` says."""
    made = []
    for kind in LOST:
        sandbox.plan_fault(kind, "POST")
        news = {**DECLARED, "url": f"{URL}/{kind}", "secret": "canary", "adopt": adopt}
        uuid, outputs = server.made(news, name=kind)
        assert outputs["secretSet"] is True
        made.append(uuid)
    assert {hook.uuid for hook in sandbox.hooks("acme/web")} == set(made)
    assert len(set(made)) == len(LOST)
    methods = [line.split()[0] for line in asked(sandbox)]
    assert methods == ["GET", *["POST", "GET"] * len(LOST)]


def test_a_hook_that_was_there_before_is_not_the_lost_one(
    server: ProviderServer, sandbox: Sandbox
) -> None:
    """With `never`, a twin that was there doesn't pass for what the POST made."""
    twin = sandbox.plant_hook("acme/web", URL)
    sandbox.plan_fault("drop-after", "POST")
    uuid, _ = server.made({**DECLARED, "adopt": "never"})
    assert {hook.uuid for hook in sandbox.hooks("acme/web")} == {uuid, twin.uuid}
    assert uuid != twin.uuid


def test_a_sandbox_that_cannot_be_opened(start: Start) -> None:
    """Is the user's mistake as any other."""
    with pytest.raises(Refusal) as refused, start(apiUrl="sandbox:/nowhere/at/all.db") as server:
        server.check(DECLARED)
    assert "Traceback" not in str(refused.value)
    assert "/nowhere" in str(refused.value)
