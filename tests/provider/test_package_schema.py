"""The plugin's schema says of every kind of resource what it really takes and gives."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.resources import files
from typing import Any, Final

import pytest
from jsonschema import validate

from support.front_ends import FrontEnd
from support.provider_server import FakeEngine, ProviderServer, provider_server

SCHEMA: Final = json.loads((files("bitbucket_hooks") / "plugin" / "schema.json").read_text("utf-8"))
KINDS: Final = [
    "Hook",
    "WorkspaceHook",
    "HookFleet",
    "RepositoryHooksExclusive",
    "WorkspaceHooksExclusive",
]
URL: Final = "https://ci.example.com/"
ONE, TWO = (f"{{00000000-0000-4000-8000-00000000000{i}}}" for i in (1, 2))
EVERYTHING: Final[dict[str, Any]] = {
    "owner": "acme",
    "workspace": "acme",
    "repository": "web",
    "repositories": ["web", "api"],
    "url": URL,
    "events": ["repo:push"],
    "description": "CI",
    "active": True,
    "skipCertVerification": False,
    "historyEnabled": True,
    "secret": "canary",
    "secretFrom": "env:HOME",
    "adopt": "never",
    "hooks": [ONE, {"web": TWO}],
    "onUnmanaged": "report",
}
FROM_WORKSPACE: Final = ("owner", "workspace")
INPUTS_ALONE: Final = {"secretFrom", "adopt"}
OF_THE_STATE: Final = {"subjectUuid", "subjectUuids"}


@pytest.fixture(scope="module")
def server(
    front_end: FrontEnd, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ProviderServer]:
    """Give one process for all: each test has resources with names and urls of their own."""
    folder, engine = tmp_path_factory.mktemp("schema"), FakeEngine()
    config = {"apiUrl": f"sandbox:{folder / 'schema.db'}", "workspace": "acme"}
    with provider_server(front_end, engine, folder, config) as server:
        yield server
    engine.stop()


def _spec(name: str) -> dict[str, Any]:
    spec: dict[str, Any] = SCHEMA["resources"][f"bitbucket-hooks:index:{name}"]
    return spec


def _object(properties: Any, required: Any) -> dict[str, Any]:
    """An object of the package schema as JSON schema, which says the rest in the same words."""
    return {"type": "object", "properties": properties, "required": required}


def _required(spec: dict[str, Any], url: str) -> dict[str, Any]:
    return {key: {**EVERYTHING, "url": url}[key] for key in spec["requiredInputs"]}


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("excluded", ["secret", "secretFrom"])
def test_what_it_takes_and_gives(server: ProviderServer, name: str, excluded: str) -> None:
    """Every input is taken; the state has what is required, and nothing unknown to a user."""
    spec = _spec(name)
    given = {key: EVERYTHING[key] for key in spec["inputProperties"] if key != excluded}
    given |= {"url": f"{URL}{name}/{excluded}"} if "url" in given else {}
    validate(given, _object(spec["inputProperties"], spec["requiredInputs"]))
    _, state = server.resource(name).made(given, f"{name} {excluded}")
    state = {key: value for key, value in state.items() if not key.startswith("__")}
    validate(state, _object(spec["properties"], spec["required"]))
    assert state.keys() - spec["properties"].keys() <= INPUTS_ALONE | OF_THE_STATE
    absent = {"secret" if excluded == "secret" else "secretFingerprint"}
    assert spec["properties"].keys() - state.keys() == absent & spec["properties"].keys()


@pytest.mark.parametrize("name", KINDS)
def test_what_it_needs(server: ProviderServer, name: str) -> None:
    """Without a required input it is refused by name; without the others it isn't."""
    spec, kind = _spec(name), server.resource(name)
    required = _required(spec, f"{URL}{name}/needed")
    assert kind.check(required, name=name)[1] == []  # the configuration has the workspace
    for key in required:
        _, failures = kind.check({k: v for k, v in required.items() if k != key})
        assert [failure.partition(":")[0] for failure in failures] == [key]


@pytest.mark.parametrize("name", KINDS)
def test_what_it_replaces(server: ProviderServer, name: str) -> None:
    """Where another value always means another resource, and in no other property."""
    spec, kind = _spec(name), server.resource(name)
    replacing = [k for k, v in spec["inputProperties"].items() if v.get("willReplaceOnChanges")]
    place = next(key for key in spec["inputProperties"] if key in FROM_WORKSPACE)
    assert replacing == ([place] if name.endswith("Exclusive") else [])
    for key in replacing:
        required = _required(spec, URL)
        id_, state = kind.made(required)
        inputs, _ = kind.check({**required, key: "other"}, state)
        assert kind.diff(id_, state, inputs)[1] == [key]


def test_what_is_secret() -> None:
    """Credentials, a store's address, and what a hook's secret is or could be guessed from."""
    secret = {"password", "oauthToken", "oauthClientSecret", "pace"}
    settings = SCHEMA["config"]["variables"]
    assert {key for key, spec in settings.items() if spec.get("secret")} == secret
    assert SCHEMA["provider"]["inputProperties"] == settings
    for name in ("Hook", "WorkspaceHook", "HookFleet"):
        spec = _spec(name)
        inputs = {k for k, v in spec["inputProperties"].items() if v.get("secret")}
        outputs = {k for k, v in spec["properties"].items() if v.get("secret")}
        assert (inputs, outputs) == ({"secret"}, {"secret", "secretFingerprint"})


def test_no_word_is_of_python_alone() -> None:
    """Names are those that a user of another language writes."""
    schema = json.dumps(SCHEMA)
    for python in ("get_hook_types", "on_unmanaged", "secret_from", "`bitbucket:", "RunError"):
        assert python not in schema
