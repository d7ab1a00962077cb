"""Signing requests, and the token of an OAuth consumer: fetched once, renewed in time."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from requests import PreparedRequest

from bitbucket_hooks.api.client import Client
from bitbucket_hooks.api.errors import ApiError, AuthenticationFailed, UnexpectedAnswer
from bitbucket_hooks.api.request import Authorization
from bitbucket_hooks.model.credentials import ApiToken, OAuthConsumer
from bitbucket_hooks.model.settings import PUBLIC_API
from bitbucket_hooks.model.subject import Subject
from support.clocks import FakeClock
from support.rooms import Canned, Rooms, canned_client, open_rooms
from support.sandbox import Sandbox

CONSUMER = OAuthConsumer("id", "canary-secret")


def _consumer(
    token: Any, clock: FakeClock | None = None, status: int = 200
) -> tuple[Client, list[str]]:
    """Give a client whose token url answers so, and a log of what was asked."""
    asked: list[str] = []

    def answers(request: PreparedRequest) -> Canned:
        path = (request.url or "").removeprefix("https://api.example.com")
        signed = request.headers["Authorization"].split()[0]
        asked.append(f"{request.method} {path} {signed} {request.body or ''!s}".strip())
        return Canned(status, token) if "access_token" in path else Canned(body={})

    return canned_client(answers, clock, credentials=CONSUMER)[0], asked


def test_the_token_is_fetched_once() -> None:
    """By client credentials, signed with key and secret, from the API's own origin."""
    client, asked = _consumer({"access_token": "canary", "expires_in": 7200})
    client.get("here", "reading")
    client.get("here", "reading")
    assert asked == [
        "POST /site/oauth2/access_token Basic grant_type=client_credentials",
        "GET /2.0/here Bearer",
        "GET /2.0/here Bearer",
    ]


def test_where_the_public_api_gives_tokens() -> None:
    """At the site beside it."""
    token = Canned(body={"access_token": "canary"})
    client, adapter = canned_client(token, api_url=PUBLIC_API, credentials=CONSUMER)
    client.get("here", "reading")
    assert adapter.asked[0].url == "https://bitbucket.org/site/oauth2/access_token"


@pytest.mark.parametrize(
    ("answer", "life"),
    [
        ({"expires_in": 7200}, 7140),
        ({}, 3540),
        ({"expires_in": 100}, 50),
        ({"expires_in": -1}, 3540),
        ({"expires_in": 1e308}, 3540),
        ({"expires_in": 10**400}, 3540),
        ({"expires_in": float("nan")}, 3540),
    ],
)
def test_the_token_is_renewed_before_it_runs_out(answer: dict[str, Any], life: float) -> None:
    """A minute early, or half its life; an hour's when nothing sensible is said."""
    clock = FakeClock()
    client, asked = _consumer({"access_token": "canary", **answer}, clock)
    client.get("here", "reading")
    clock.time += life - 1
    client.get("here", "reading")
    assert len(asked) == 3
    clock.time += 2
    client.get("here", "reading")
    assert len(asked) == 5


@pytest.mark.parametrize(
    "body",
    [{}, [], "x", {"access_token": 7}, {"access_token": "x", "expires_in": "y"}, b"\xff"],
)
def test_an_answer_that_is_no_token(body: Any) -> None:
    """Is an error of ours."""
    client, _ = _consumer(body)
    with pytest.raises(UnexpectedAnswer):
        client.get("here", "reading")


@pytest.mark.parametrize("status", [400, 401])
def test_a_consumer_that_is_refused(status: int) -> None:
    """Is named; its secret isn't, even when the service echoes it."""
    body = {"error_description": "canary-secret", "error": "canary-secret is wrong"}
    client, _ = _consumer(body, status=status)
    with pytest.raises(ApiError, match="asking for an OAuth token") as refused:
        client.get("here", "reading")
    assert "canary" not in str(refused.value)


@pytest.fixture
def consumer(sandbox: Sandbox, sandbox_path: Any, tmp_path: Any) -> Rooms:
    """Give rooms that speak as an OAuth consumer of the sandbox."""
    who = OAuthConsumer(*sandbox.add_oauth_consumer("acme"))
    return open_rooms(f"sandbox:{sandbox_path}", tmp_path / "claims", credentials=who)


def test_a_token_that_ran_out_early_is_renewed(consumer: Rooms, sandbox: Sandbox) -> None:
    """After a 401, once; the call goes through."""
    web = Subject("acme", "web")
    assert consumer.api.listing(web).hooks == []
    sandbox.revoke_oauth_tokens()
    assert consumer.api.listing(web).hooks == []
    assert [request.status for request in sandbox.requests()] == [200, 200, 401, 200, 200]
    consumer.close()


def test_a_renewed_token_that_is_refused_again_is_an_error() -> None:
    """It isn't asked for without end."""
    asked: list[str] = []

    def answers(request: PreparedRequest) -> Canned:
        asked.append(request.method or "")
        token = {"access_token": f"canary-{len(asked)}"}
        return Canned(body=token) if request.method == "POST" else Canned(401, "no")

    client, _ = canned_client(answers, credentials=CONSUMER)
    with pytest.raises(AuthenticationFailed, match="private consumer"):
        client.get("here", "reading")
    assert asked == ["POST", "GET", "POST", "GET"]


def test_threads_share_one_token() -> None:
    """The first fetches, the others wait for it."""
    client, asked = _consumer({"access_token": "canary"})
    team = [threading.Thread(target=client.get, args=("here", "reading")) for _ in range(8)]
    for thread in team:
        thread.start()
    for thread in team:
        thread.join(30)
    assert len([line for line in asked if line.startswith("POST")]) == 1
    assert len(asked) == 9


def test_a_token_renewed_by_another_thread_is_kept() -> None:
    """A late 401 for the old one doesn't throw the new one away."""
    client, asked = _consumer({"access_token": "canary"})
    old = client.auth.authorization()
    assert client.auth.renew(old) is True
    new = client.auth.authorization()
    assert client.auth.renew(Authorization("Basic x")) is True
    assert client.auth.authorization().value == new.value
    assert len(asked) == 2


def test_no_secret_in_repr() -> None:
    """Of what signs."""
    client, _ = _consumer({"access_token": "canary"})
    client.get("here", "reading")
    assert "canary" not in repr(client.auth) + repr(client.auth.authorization()) + repr(client)
    assert {"canary-secret", "canary"} <= set(client.auth.secrets())


@pytest.mark.parametrize(
    ("user", "password", "sent"),
    [
        ("ü@b.c", "p", "w7xAYi5jOnA="),
        # a variable of the environment may hold any bytes
        ("a@b.c", b"\xff".decode("utf-8", "surrogateescape"), "YUBiLmM6/w=="),
    ],
)
def test_an_api_token_is_sent_as_basic(user: str, password: str, sent: str) -> None:
    """In UTF-8."""
    client, adapter = canned_client(Canned(body={}), credentials=ApiToken(user, password))
    client.get("here", "reading")
    assert adapter.asked[0].headers["Authorization"] == f"Basic {sent}"
