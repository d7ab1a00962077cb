"""From every shape of refusal that the service is known for to an error with a remedy."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from requests.structures import CaseInsensitiveDict

from bitbucket_hooks.api.errors import (
    ApiError,
    AuthenticationFailed,
    NotFound,
    PermissionRefused,
    RateLimited,
    Refused,
    ScopeMissing,
    ServerFailed,
    UnexpectedAnswer,
)
from bitbucket_hooks.api.explain import explain
from bitbucket_hooks.api.request import Request, Response
from bitbucket_hooks.model.credentials import (
    AccessToken,
    Anonymous,
    ApiToken,
    Credentials,
    OAuthConsumer,
)
from support.rooms import Canned

CALL = Request("PUT", "https://api.example.com/", "acme/web: updating")
TOKEN = AccessToken("canary")


def _explain(status: int, body: Any, who: Credentials = TOKEN, kind: str = "") -> ApiError:
    headers = CaseInsensitiveDict({"Content-Type": kind} if kind else {})
    return explain(CALL, Response(status, headers, Canned(body=body).content), who)


FIELD = 'Field: {…} Error: {Required field: "url" is not present.}'
FIELDS = {"events": ["one", "two"], "url": "bad"}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (
            {"type": "error", "error": {"message": "Bad request", "fields": [FIELD]}},
            f"Bad request; {FIELD}",
        ),
        (
            {"error": {"message": "Bad", "fields": FIELDS, "detail": "more"}},
            "Bad; more; events: one, two; url: bad",
        ),
        ({"error": "invalid_client"}, "invalid_client"),
        ("Plain text", "Plain text"),
        ({"error": {"message": "Went wrong", "id": "abc"}}, "Went wrong; error id abc"),
        ("<html><title>\n 502 Bad\tGateway</title>", "an HTML page: 502 Bad Gateway"),
        ("<html>", "an HTML page"),
        ("", "without a word"),
        (b"\x00\xff", "\\x00\ufffd"),
        ("[1]", "something unreadable (an unnamed type)"),
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        ("x" * 1000, "x" * 400 + "…"),
    ],
)
def test_what_the_service_said(body: Any, said: str) -> None:
    """On one line: fields as a list or an object, OAuth's errors, pages of gateways, garbage."""
    error = _explain(400, body)
    assert isinstance(error, Refused)
    assert error.message == f"acme/web: updating: refused with 400 ({said})"


@pytest.mark.parametrize(
    ("status", "kind", "says"),
    [
        (400, Refused, "Correct what Bitbucket names here"),
        (404, NotFound, "the access token may see it"),
        (429, RateLimited, "Run it again later"),
        (500, ServerFailed, "https://bitbucket.status.atlassian.com"),
        (599, ServerFailed, "https://bitbucket.status.atlassian.com"),
        *((status, UnexpectedAnswer, "Check bitbucket:apiUrl") for status in (100, 303, 304)),
    ],
)
def test_each_status_has_its_remedy(status: int, kind: type[ApiError], says: str) -> None:
    """And what the service said; what isn't of its statuses isn't the API's."""
    error = _explain(status, "Some words")
    assert type(error) is kind
    assert "(Some words)" in error.message
    assert says in error.remedy


@pytest.mark.parametrize(
    ("who", "remedy"),
    [
        (Anonymous(), "Set bitbucket:username"),
        (ApiToken("name", "canary"), "must be the email of the Atlassian account"),
        (ApiToken("a@b.c", "canary"), "app passwords were removed"),
        (TOKEN, "not revoked and not expired"),
        (OAuthConsumer("id", "canary"), "private consumer"),
        (AccessToken("ATATTcanary"), "Set it as bitbucket:password, with the Atlassian account"),
        (ApiToken("a@b.c", "ATCTTcanary"), "Set it as bitbucket:oauthToken"),
        (ApiToken("x-token-auth", "canary"), "Set it as bitbucket:oauthToken"),
    ],
)
def test_credentials_that_are_not_taken(who: Credentials, remedy: str) -> None:
    """The remedy depends on their kind."""
    error = _explain(401, "No", who)
    assert isinstance(error, AuthenticationFailed)
    assert remedy in error.remedy
    assert "canary" not in str(error)


@pytest.mark.parametrize(
    ("detail", "lacks", "has"),
    [
        ({"required": ["webhook"], "granted": ["repository"]}, "webhook", "repository"),
        ({"required": ["a", "b"], "granted": ["b"]}, "scope a", "b"),
        ({"required": ["a"], "granted": ["a"]}, "scope a", "a"),
        ({"required": ["a", 7]}, "scope a", "none"),
    ],
)
def test_a_missing_scope(detail: Any, lacks: str, has: str) -> None:
    """403 with `detail` as an object: what to add."""
    error = _explain(403, {"error": {"message": "Your credentials lack", "detail": detail}})
    assert isinstance(error, ScopeMissing)
    assert f"{lacks} (it has: {has})" in error.message
    assert error.remedy.startswith("Add ")


@pytest.mark.parametrize(
    "body",
    [
        "Forbidden",
        {"error": {"message": "no", "detail": "words"}},
        {"error": {"detail": {"required": "webhook"}}},
        {"error": {"detail": {"required": []}}},
    ],
)
def test_no_administrator(body: Any) -> None:
    """403 without scopes."""
    error = _explain(403, body)
    assert isinstance(error, PermissionRefused)
    assert "administrator of the repository" in error.remedy


def test_a_body_of_another_type() -> None:
    """Is named by its type."""
    error = _explain(503, "{broken", kind="application/json; charset=x")
    assert error.message.endswith("(something unreadable (application/json))")


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
ERROR = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("message", "detail", "fields", "id"), JSON)
)


@given(
    status=st.integers(300, 599),
    body=st.binary() | JSON.map(json.dumps) | ERROR.map(lambda e: json.dumps({"error": e})),
)
def test_no_body_breaks_it(status: int, body: Any) -> None:
    """An error of ours with a message that a terminal can show, whatever comes."""
    error = _explain(status, body)
    assert len(error.message) < 3000
    error.message.encode()


@pytest.mark.parametrize("inner", ["[" * 100_000, '{"a":' * 900 + "1" + "}" * 900])
def test_depth_does_not_break_it(inner: str) -> None:
    """Neither unreadable nor readable."""
    deep = '{"error":{"fields":' + inner + "}}"
    assert isinstance(_explain(400, deep), Refused)
    fields = '{"error":{"fields":' + "[" * 900 + "]" * 900 + "}}"
    assert isinstance(_explain(400, fields), Refused)
