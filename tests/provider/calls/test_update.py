"""`Update` over both front ends: one whole body, and the secret only when it must be."""

from __future__ import annotations

from typing import Any

import pytest

from support.hooks import INPUTS, URL, asked, inputs_of, state_of
from support.provider_server import FakeEngine, ProviderServer, Refusal, Start
from support.sandbox import Sandbox


def test_brings_everything_in_line(server: ProviderServer, sandbox: Sandbox) -> None:
    """In place, with one PUT."""
    hook = sandbox.plant_hook("acme/web", URL, description="old")
    news = {
        **INPUTS,
        "url": f"{URL}/new",
        "description": "new",
        "events": ["issue:created"],
        "active": False,
        "skipCertVerification": True,
        "historyEnabled": True,
    }
    outputs = server.update(hook.uuid, state_of(hook, description="old"), news)
    (live,) = sandbox.hooks("acme/web")
    assert (live.uuid, live.url, live.description) == (hook.uuid, f"{URL}/new", "new")
    assert (live.events, live.active) == (("issue:created",), False)
    assert (live.skip_cert_verification, live.history_enabled) == (True, True)
    assert inputs_of(outputs) == news
    assert asked(sandbox) == ["PUT acme/web/UUID 200"]


def test_a_title_that_is_not_managed_is_kept(server: ProviderServer, sandbox: Sandbox) -> None:
    """PUT replaces it, so it is sent as it is."""
    hook = sandbox.plant_hook("acme/web", URL, description="by hand", history_enabled=True)
    server.update(hook.uuid, state_of(hook), {**INPUTS, "active": False})
    (live,) = sandbox.hooks("acme/web")
    assert (live.description, live.history_enabled, live.active) == ("by hand", True, False)


def test_what_the_service_need_not_know_costs_nothing(
    server: ProviderServer, sandbox: Sandbox
) -> None:
    """A changed policy, or something that is no longer managed, is noted in the state alone."""
    hook = sandbox.plant_hook("acme/web", URL)
    olds = state_of(hook, adopt="match", description="", historyEnabled=False)
    for key in ("adopt", "description", "historyEnabled"):
        news = inputs_of({name: value for name, value in olds.items() if name != key})
        assert inputs_of(server.update(hook.uuid, olds, news)) == news
    assert asked(sandbox) == []


def test_what_is_managed_from_now_on_is_written(server: ProviderServer, sandbox: Sandbox) -> None:
    """The state knows nothing of it, so the live hook may differ, and here it does."""
    hook = sandbox.plant_hook("acme/web", URL, description="by hand")
    server.update(hook.uuid, state_of(hook), {**INPUTS, "historyEnabled": True})
    server.update(hook.uuid, state_of(hook), {**INPUTS, "description": ""})
    (live,) = sandbox.hooks("acme/web")
    assert (live.history_enabled, live.description) == (True, "")


SECRETS: list[tuple[dict[str, Any], dict[str, Any], str | None, str | None]] = [
    # what was known, what is declared, what the live hook has, what it has in the end
    ({"secret": "old"}, {"secret": "old"}, "old-live", "old-live"),  # no change: not sent
    ({"secret": "old"}, {"secret": "new"}, "old", "new"),
    ({"secret": "old"}, {"secret": "old"}, None, "old"),  # vanished: sent again
    ({"secret": "old"}, {"secret": ""}, "old", None),
    ({"secret": "old"}, {}, "old", "old"),  # not declared any more: never wiped
    ({}, {}, "foreign", "foreign"),
    ({}, {"secret": "new"}, "foreign", "new"),
    ({}, {"secret": ""}, "foreign", None),
]


def test_the_secret_is_sent_only_when_it_must_be(server: ProviderServer, sandbox: Sandbox) -> None:
    """An edit of something else sets, keeps or removes it as declared."""
    for known, declared, live, left in SECRETS:
        hook = sandbox.plant_hook("acme/web", URL, secret=live)
        news = {**INPUTS, "description": "", "active": False, **declared}
        outputs = server.update(hook.uuid, state_of(hook, **known), news)
        assert (sandbox.secret_of(hook.uuid), known, declared) == (left, known, declared)
        assert outputs["secretSet"] is (left is not None)


def test_taking_a_secret_out_of_a_declaration_warns(
    server: ProviderServer, engine: FakeEngine, sandbox: Sandbox
) -> None:
    """The hook keeps it, no request is made, and the way to remove it is told."""
    hook = sandbox.plant_hook("acme/web", URL, secret="canary")
    server.update(hook.uuid, state_of(hook, secret="canary"), INPUTS)
    (logged,) = engine.logged
    assert logged.severity == "WARNING"
    assert 'to remove it, declare secret=""' in logged.message
    assert "canary" not in logged.message
    assert asked(sandbox) == []


def test_a_fingerprint_that_changed_sends_the_secret(
    server: ProviderServer, sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """And one that didn't does not."""
    place = tmp_path_factory.mktemp("secret") / "value"
    source = {"secretFrom": f"file:{place}"}
    place.write_text("first")
    uuid, state = server.made({**INPUTS, **source})
    sandbox.change_hook(uuid, secret="by hand")
    server.update(uuid, state, {**inputs_of(state), "active": False})
    assert sandbox.secret_of(uuid) == "by hand"
    place.write_text("second")
    inputs, _ = server.check({**INPUTS, **source}, state)
    server.update(uuid, state, inputs)
    assert sandbox.secret_of(uuid) == "second"


@pytest.mark.parametrize("after", ["old", "new", ""])
@pytest.mark.parametrize("before", ["old", ""])
def test_a_secret_of_which_nobody_knows_whether_it_arrived(
    server: ProviderServer, sandbox: Sandbox, before: str, after: str
) -> None:
    """Is written by the next run, whatever is declared then: back to what it was as well."""
    hook = sandbox.plant_hook("acme/web", URL, secret=before or None)
    olds = state_of(hook, secret=before)
    sandbox.plan_fault("html", "PUT")
    with pytest.raises(Refusal, match="an HTML page") as refused:
        server.update(hook.uuid, olds, {**inputs_of(olds), "secret": "new"})
    kept = refused.value.kept
    assert kept is not None
    sandbox.change_hook(hook.uuid, secret="new")  # as if the write had been done
    news = {**inputs_of(olds), "secret": after}
    assert server.diff(hook.uuid, kept, news)[0] is True
    assert server.update(hook.uuid, kept, news)["secret"] == after
    assert sandbox.secret_of(hook.uuid) == (after or None)


def test_a_write_that_was_refused_leaves_the_state_as_it_was(
    server: ProviderServer, sandbox: Sandbox
) -> None:
    """It surely did nothing; neither does one that says nothing of the secret need a note."""
    hook, others = (
        sandbox.plant_hook("acme/web", f"{URL}/{n}", secret="old", read_only=n == 1)
        for n in range(2)
    )
    sandbox.plan_fault("html", "PUT")
    for live, change in ((hook, {"active": False}), (others, {"secret": "new"})):
        olds = state_of(live, secret="old")
        with pytest.raises(Refusal) as refused:
            server.update(live.uuid, olds, {**inputs_of(olds), **change})
        assert refused.value.kept is None


@pytest.mark.parametrize("gone", ["hook", "repository"])
@pytest.mark.parametrize("title", [{}, {"description": "CI"}])
def test_what_is_gone_asks_for_a_refresh(
    server: ProviderServer, sandbox: Sandbox, gone: str, title: dict[str, str]
) -> None:
    """With the command that repairs it."""
    hook = sandbox.plant_hook("acme/web", URL)
    if gone == "hook":
        sandbox.delete_hook(hook.uuid)
    else:
        sandbox.delete_repository("acme/web")
    with pytest.raises(Refusal) as refused:
        server.update(hook.uuid, state_of(hook, **title), {**INPUTS, **title, "active": False})
    assert hook.uuid in str(refused.value)
    assert "pulumi up --refresh" in str(refused.value)


def test_a_refusal_shows_no_secret(start: Start, sandbox: Sandbox) -> None:
    """What the service says of the body is told, but not the secret, the token or the query."""
    sandbox.configure(allow_private_urls=False)
    hook = sandbox.plant_hook("acme/web", URL)
    news = {**INPUTS, "url": "https://10.0.0.1/?token=canary", "secret": "canary-2"}
    with start() as server, pytest.raises(Refusal) as refused:
        server.update(hook.uuid, state_of(hook), news)
    assert "refused with 400" in str(refused.value)
    assert "canary" not in str(refused.value)
