"""What the service refuses in a hook."""

from __future__ import annotations

from typing import Any

import pytest

from bitbucket_hooks.sandbox.webhook import MAX_DESCRIPTION
from sandbox.conftest import HOOK, Api
from support.sandbox import Sandbox

PLACE = "/repositories/acme/web/hooks"


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"url": ...}, 'Required field: "url" is not present.'),
        ({"events": ...}, 'Required field: "events"'),
        ({"url": None}, '"url" is not a string'),
        ({"url": 1}, '"url" is not a string'),
        ({"active": "true"}, '"active" is not a boolean'),
        ({"active": 1}, '"active" is not a boolean'),
        ({"active": None}, '"active"'),
        ({"skip_cert_verification": 0}, '"skip_cert_verification"'),
        ({"events": "repo:push"}, '"events" is not an array'),
        ({"events": [1]}, '"events" is not an array'),
        ({"secret": 1}, '"secret"'),
        ({"description": "\ud800"}, '"description" is not valid text'),
    ],
)
@pytest.mark.parametrize("verb", ["POST", "PUT"])
def test_structure(
    api: Api, sandbox: Sandbox, change: dict[str, Any], word: str, verb: str
) -> None:
    """A wrong type or a missing field: `fields` is a list of texts."""
    hook = sandbox.plant_hook("acme/web", "https://ci.example.com")
    body = {name: value for name, value in {**HOOK, **change}.items() if value is not ...}
    answer = api.call(verb, PLACE if verb == "POST" else f"{PLACE}/{hook.uuid}", json=body)
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["message"] == "Bad request"
    assert word in " ".join(error["fields"])
    assert error["fields"][0].startswith("Field: {FieldValidationException: ")
    assert sandbox.hooks() == [hook]


@pytest.mark.parametrize(
    "change",
    [
        {"events": []},
        {"events": ["repo:push", "repo:push"]},
        {"events": ["repo:pushed"]},
        {"secret": "x" * 129},
        {"description": "x" * (MAX_DESCRIPTION + 1)},
        {"url": ""},
        {"url": "ftp://ci.example.com"},
        {"url": "https://"},
        {"url": "https:///path"},
        {"url": "https://ci.example.com/a b"},
        {"url": "https://ci.example.com/\n"},
        {"url": "https://[x"},
        {"url": "https://ci.example.com:99999/"},
    ],
)
def test_values(api: Api, sandbox: Sandbox, change: dict[str, Any]) -> None:
    """A wrong value: `fields` is an object that names the field."""
    answer = api.post(PLACE, {**HOOK, **change})
    assert answer.status_code == 400
    assert answer.json()["error"]["fields"].keys() == change.keys()
    assert sandbox.hooks() == []


def test_limits_are_inclusive(api: Api) -> None:
    """The longest secret and description pass."""
    body = {**HOOK, "secret": "x" * 128, "description": "x" * MAX_DESCRIPTION}
    assert api.post(PLACE, body).status_code == 201


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"{", b"[]", b"null", b"\xff"),
        *(b"[" * 100_000 + b"]" * 100_000, b'{"url":' * 100_000),
    ],
)
def test_no_json_object(api: Api, body: bytes) -> None:
    """Anything else than a JSON object is refused, and what is nested too deep to be read."""
    answer = api.call("POST", PLACE, data=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["type"] == "error"


@pytest.mark.parametrize(
    ("host", "status"),
    [
        *((host, 400) for host in ("127.0.0.1:8000", "10.0.0.1", "[::1]", "169.254.1.1")),
        *((host, 400) for host in ("jenkins", "ci.internal.", "ci.corp")),
        *((host, 201) for host in ("8.8.8.8", "ci.example.com")),
    ],
)
def test_private_hosts(api: Api, sandbox: Sandbox, host: str, status: int) -> None:
    """Are refused when the sandbox is strict: addresses by their range, names by their look."""
    body = {**HOOK, "url": f"http://{host}/"}
    assert api.post(PLACE, body).status_code == 201
    sandbox.configure(allow_private_urls=False)
    answer = api.post(PLACE, body)
    assert answer.status_code == status
    assert status == 201 or "url" in answer.json()["error"]["fields"]


def test_history_may_not_be_writable(api: Api, sandbox: Sandbox) -> None:
    """Both answers to an open question can be had."""
    body = {**HOOK, "history_enabled": True}
    assert api.post(PLACE, body).json()["history_enabled"]
    sandbox.configure(history_writable=False)
    assert not api.post(PLACE, body).json()["history_enabled"]
