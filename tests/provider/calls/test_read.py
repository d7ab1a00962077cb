"""`Read` over both front ends: drift, what is gone, what is hidden, and look-ups."""

from __future__ import annotations

import re
from typing import Any

import pytest

from bitbucket_hooks.operations.wire import as_secret
from bitbucket_hooks.sandbox.seed import MEMBER_EMAIL, MEMBER_TOKEN
from support.hooks import URL, asked, inputs_of, state_of
from support.provider_server import FakeEngine, ProviderServer, Refusal, Start
from support.sandbox import Sandbox


def test_what_is_as_declared(server: ProviderServer, sandbox: Sandbox) -> None:
    """Outputs and inputs come back as they were."""
    hook = sandbox.plant_hook("acme/web", URL, description="not managed", history_enabled=True)
    state = {**state_of(hook), "createdAt": hook.created_at}
    assert server.read(hook.uuid, state) == (hook.uuid, state, inputs_of(state))
    assert asked(sandbox) == ["GET acme/web 200"]


DRIFTS: list[tuple[str, Any, str, Any]] = [
    ("url", "https://elsewhere.example.com/", "url", "https://elsewhere.example.com/"),
    ("description", "drifted", "description", "drifted"),
    ("events", ["repo:fork", "issue:created"], "events", ["issue:created", "repo:fork"]),
    ("active", False, "active", False),
    ("skip_cert_verification", True, "skipCertVerification", True),
    ("history_enabled", True, "historyEnabled", True),
]


def test_every_drift_shows_in_outputs_and_inputs(server: ProviderServer, sandbox: Sandbox) -> None:
    """All managed properties, changed by hand at once; one request."""
    hook = sandbox.plant_hook("acme/web", URL, description="CI")
    state = state_of(hook, description="CI", historyEnabled=False)
    sandbox.change_hook(hook.uuid, **{name: value for name, value, _, _ in DRIFTS})
    _, outputs, inputs = server.read(hook.uuid, state)
    for _, _, key, value in DRIFTS:
        assert outputs[key] == inputs[key] == value
    assert len(asked(sandbox)) == 1


def test_another_spelling_of_the_url_is_no_drift(server: ProviderServer, sandbox: Sandbox) -> None:
    """Case of the host and a default port mean nothing."""
    hook = sandbox.plant_hook("acme/web", "https://CI.example.com:443/hook")
    assert server.read(hook.uuid, state_of(hook, url=URL))[2]["url"] == URL


def test_credentials_put_into_the_url_are_drift(server: ProviderServer, sandbox: Sandbox) -> None:
    """They change where deliveries go in all but name."""
    hook = sandbox.plant_hook("acme/web", "https://user@ci.example.com/hook")
    assert server.read(hook.uuid, state_of(hook, url=URL))[2]["url"] != URL


CAPABILITY = "https://hooks.slack.com/services/T0/B0/CANARY"
"""Who knows it can post."""


@pytest.mark.parametrize("kind", ["Hook", "WorkspaceHook"])
def test_a_live_url_that_may_be_secret(
    server: ProviderServer, sandbox: Sandbox, engine: FakeEngine, kind: str
) -> None:
    """Is a secret in the state; a warning names its host. A declared one stays as it is."""
    provider = server.resource(kind)
    hook = sandbox.plant_hook("acme/web" if kind == "Hook" else "acme", CAPABILITY)
    state = state_of(hook, url=URL)
    if kind == "WorkspaceHook":
        state = {"workspace": state.pop("owner"), **state}
        del state["repository"]
    _, outputs, inputs = provider.read(hook.uuid, state)
    assert outputs["url"] == inputs["url"] == as_secret(CAPABILITY)
    (logged,) = engine.logged
    assert "leads to https://hooks.slack.com/…, of which no more is shown" in logged.message
    _, outputs, inputs = provider.read(hook.uuid, {**state, "url": CAPABILITY})
    assert outputs["url"] == inputs["url"] == CAPABILITY
    assert "CANARY" not in engine.messages()


def test_a_look_up_of_a_url_that_may_be_secret(server: ProviderServer, sandbox: Sandbox) -> None:
    """Is one in the state too."""
    hook = sandbox.plant_hook("acme/web", CAPABILITY)
    assert server.read(f"acme/web/{hook.uuid}", {})[1]["url"] == as_secret(CAPABILITY)


SECRETS: list[tuple[dict[str, str], str | None, dict[str, str]]] = [
    # what is declared, what the live hook has, what is seen of it
    ({"secret": "canary"}, "canary", {"secret": "canary"}),
    ({"secret": "canary"}, None, {}),
    ({"secret": ""}, None, {"secret": ""}),
    ({"secret": ""}, "foreign", {"secret": "(a secret that is not declared)"}),
    ({}, "foreign", {}),
    ({"secretFrom": "env:X", "secretFingerprint": "f"}, "x", {"secretFingerprint": ""}),
    ({"secretFrom": "env:X", "secretFingerprint": "f"}, None, {}),
]


def test_the_secret_as_far_as_it_can_be_seen(server: ProviderServer, sandbox: Sandbox) -> None:
    """`secret_set` tells of one that vanished, and of one that should not be there."""
    hooks = [sandbox.plant_hook("acme/web", URL, secret=live) for _, live, _ in SECRETS]
    for hook, (declared, live, seen) in zip(hooks, SECRETS, strict=True):
        _, outputs, inputs = server.read(hook.uuid, state_of(hook, **declared))
        found = {key: inputs[key] for key in ("secret", "secretFingerprint") if key in inputs}
        assert (found, outputs["secretSet"]) == (seen, bool(live))
        assert inputs.get("secretFrom") == declared.get("secretFrom")


def test_a_hook_that_is_gone(server: ProviderServer, sandbox: Sandbox) -> None:
    """Empty id: the engine drops it, and the next `up` makes it again."""
    hook = sandbox.plant_hook("acme/web", URL)
    sandbox.delete_hook(hook.uuid)
    assert server.read(hook.uuid, state_of(hook)) == ("", {}, {})
    assert asked(sandbox) == ["GET acme/web 200", "GET acme/web/UUID 404"]


def test_a_repository_that_is_gone(
    server: ProviderServer, engine: FakeEngine, sandbox: Sandbox
) -> None:
    """When the workspace can be read: gone, asked once, with a warning that names it."""
    hooks = [sandbox.plant_hook("acme/web", f"{URL}/{n}") for n in range(2)]
    sandbox.delete_repository("acme/web")
    for number, hook in enumerate(hooks):
        assert server.read(hook.uuid, state_of(hook), name=f"h{number}")[0] == ""
    gone = hooks[0].subject
    assert asked(sandbox) == [f"GET acme/{gone} 404", "GET workspaces/acme 200"]
    (logged,) = engine.logged
    assert (logged.severity, logged.message.partition(":")[0]) == ("WARNING", "acme/web")


def _hidden(start: Start, sandbox: Sandbox, **config: str) -> tuple[Any, dict[str, Any], str]:
    """Give a server whose token sees neither the repository any more nor the workspace."""
    hook = sandbox.plant_hook("globex/portal", URL)
    state = state_of(hook, owner="globex", repository="portal")
    server = start(username=MEMBER_EMAIL, password=MEMBER_TOKEN, **config)
    return server, state, hook.uuid


def test_a_repository_that_may_only_be_hidden(start: Start, sandbox: Sandbox) -> None:
    """When the workspace can't be read either, asked once: an error with a way out, never gone."""
    server, state, uuid = _hidden(start, sandbox)
    with server as opened:
        for _ in range(2):
            with pytest.raises(Refusal, match=":missingRepository to gone"):
                opened.read(uuid, state)
    assert [line for line in asked(sandbox) if "workspaces/" in line] == [
        "GET workspaces/globex 404"
    ]


def test_hidden_may_be_declared_to_mean_gone(start: Start, sandbox: Sandbox) -> None:
    """`bitbucket:missingRepository: gone` decides."""
    server, state, uuid = _hidden(start, sandbox, missingRepository="gone")
    with server as opened:
        assert opened.read(uuid, state)[0] == ""


def test_no_access_is_an_error(start: Start, sandbox: Sandbox) -> None:
    """A 403 is never "gone"."""
    hook = sandbox.plant_hook("acme/web", URL)
    with (
        start(username=MEMBER_EMAIL, password=MEMBER_TOKEN) as server,
        pytest.raises(Refusal, match="not allowed to"),
    ):
        server.read(hook.uuid, state_of(hook))


def test_a_workspace_that_is_not_found_is_an_error(start: Start, sandbox: Sandbox) -> None:
    """There is nothing above it that could tell."""
    hook = sandbox.plant_hook("globex", URL)
    with start(username=MEMBER_EMAIL, password=MEMBER_TOKEN) as server:
        kind = server.resource("WorkspaceHook")
        with pytest.raises(Refusal, match=re.escape("workspace globex: listing the hooks")):
            kind.read(hook.uuid, {"workspace": "globex", "url": URL, "uuid": hook.uuid})


def test_a_look_up_takes_all_that_is_told(server: ProviderServer, sandbox: Sandbox) -> None:
    """By `WORKSPACE/REPOSITORY/{uuid}`, with nothing known before."""
    hook = sandbox.plant_hook("acme/web", URL, description="CI", secret="x", history_enabled=True)
    id_, outputs, inputs = server.read(f"acme/web/{hook.uuid}", {})
    assert id_ == hook.uuid
    assert outputs == {
        **inputs,
        "uuid": hook.uuid,
        "secretSet": True,
        "createdAt": hook.created_at,
        "subjectUuid": hook.subject,
    }
    assert inputs == {
        "owner": "acme",
        "repository": "web",
        "url": URL,
        "description": "CI",
        "events": ["repo:push"],
        "active": True,
        "skipCertVerification": False,
        "historyEnabled": True,
    }


@pytest.mark.parametrize(("kind", "place"), [("Hook", "acme/web"), ("WorkspaceHook", "acme")])
def test_what_a_look_up_found_declares_just_that(
    server: ProviderServer, sandbox: Sandbox, kind: str, place: str
) -> None:
    """So that nothing changes after an import."""
    hook = sandbox.plant_hook(place, URL, secret="x", active=False, events=["repo:fork"])
    resource = server.resource(kind)
    id_, outputs, inputs = resource.read(f"{place}/{hook.uuid}", {})
    assert resource.check(inputs, inputs) == (inputs, [])
    assert resource.diff(id_, outputs, inputs) == (False, [])
    resource.update(id_, outputs, inputs)
    assert sandbox.hooks(place) == [hook]
    assert {line.split()[0] for line in asked(sandbox)} == {"GET"}


def test_a_look_up_of_a_workspace_hook(server: ProviderServer, sandbox: Sandbox) -> None:
    """By `WORKSPACE/{uuid}`."""
    hook = sandbox.plant_hook("acme", URL)
    kind = server.resource("WorkspaceHook")
    id_, _, inputs = kind.read(f"ACME/{hook.uuid}", {})
    assert (id_, inputs["workspace"], inputs["url"]) == (hook.uuid, "acme", URL)


def test_a_look_up_that_finds_nothing_is_an_error(server: ProviderServer, sandbox: Sandbox) -> None:
    """There is no state to correct, so it can't be "gone"."""
    uuid = sandbox.plant_hook("acme/web", URL).uuid
    sandbox.delete_hook(uuid)
    with pytest.raises(Refusal, match="there is no hook"):
        server.read(f"acme/web/{uuid}", {})


def test_an_id_that_is_none(server: ProviderServer, sandbox: Sandbox) -> None:
    """Shows the form that it takes, and asks nobody."""
    uuid = "{00000000-0000-4000-8000-000000000000}"
    for id_ in ("nonsense", "acme/web/nonsense", f"acme/{uuid}", f"a/b/c/{uuid}"):
        with pytest.raises(Refusal) as refused:
            server.read(id_, {})
        assert str(refused.value).endswith("Write it as WORKSPACE/REPOSITORY/{uuid}.")
    assert asked(sandbox) == []
