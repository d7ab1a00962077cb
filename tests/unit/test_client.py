"""The client: pages, redirects and what must never leave for another host."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import quote

import pytest
from requests import PreparedRequest

from bitbucket_hooks.api.errors import AnswerLost, ApiError, UnexpectedAnswer, Unreachable
from bitbucket_hooks.connect import open_client
from bitbucket_hooks.model.credentials import AccessToken, Anonymous, ApiToken, OAuthConsumer
from bitbucket_hooks.model.errors import ConfigError
from bitbucket_hooks.model.settings import Settings
from support.rooms import BASE, Canned, canned_client, session_of


def _page(values: list[dict[str, Any]], following: object = None) -> Canned:
    return Canned(body={"values": values, **({"next": following} if following else {})})


def test_pages_are_followed_as_they_come() -> None:
    """The first asks for the longest page; `next` is never built."""
    client, adapter = canned_client([_page([{"a": 1}], f"{BASE}/odd?next"), _page([{"a": 2}])])
    pages = client.pages("things", "listing")
    assert [page.values for page in pages] == [[{"a": 1}], [{"a": 2}]]
    urls = [request.url for request in adapter.asked]
    assert urls == [f"{BASE}/things?pagelen=100", f"{BASE}/odd?next"]


FOREIGN = [
    "https://evil.example.com/2.0/things",
    "http://api.example.com/2.0/things",
    "https://api.example.com:444/2.0/things",
    "https://api.example.com@evil.example.com/",
    "https://evil.example.com\\@api.example.com/",
    "https://evil.example.com\\\t@api.example.com/",
    "//evil\\@api.example.com/",
    "https://[half",
    "//evil.example.com/",
    "ftp:x",
]


@pytest.mark.parametrize(
    "answer",
    [
        *(_page([], url) for url in (*FOREIGN, "/relative")),
        *(Canned(302, headers={"Location": url}) for url in FOREIGN),
    ],
)
def test_no_link_leads_to_another_host(answer: Canned) -> None:
    """Neither to the next page nor by a redirect: credentials go to the API's origin alone."""
    client, adapter = canned_client([answer])
    with pytest.raises(UnexpectedAnswer, match="a link to another host"):
        list(client.pages("things", "listing"))
    assert len(adapter.asked) == 1


@pytest.mark.parametrize(
    ("following", "asked"),
    [([7], 1), ([f"{BASE}/again"] * 2, 2), (map(f"{BASE}/{{}}".format, range(10**6)), 1000)],
)
def test_pages_that_never_end(following: Iterable[object], asked: int) -> None:
    """A `next` that is no text, one that came before, and ever new ones are errors."""
    rest = iter(following)
    client, adapter = canned_client(lambda _: _page([], next(rest)))
    with pytest.raises(UnexpectedAnswer, match="never end"):
        list(client.pages("things", "listing"))
    assert len(adapter.asked) == asked


@pytest.mark.parametrize("body", [[], {}, {"values": 7}, {"values": [7]}, "text", b"\xff\xfe", b""])
def test_a_page_that_is_none(body: Any) -> None:
    """Is an error that says what it is instead."""
    client, _ = canned_client(Canned(body=body))
    with pytest.raises(UnexpectedAnswer, match="listing: the answer is "):
        list(client.pages("things", "listing"))


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_on_the_same_host_is_followed(status: int) -> None:
    """A read only, signed again."""
    moved = Canned(status, headers={"Location": "/2.0/there"})
    client, adapter = canned_client([moved, Canned(body={"a": 1})])
    assert client.get("here", "reading") == {"a": 1}
    assert adapter.asked[1].url == f"{BASE}/there"
    assert adapter.asked[1].headers["Authorization"] == "Bearer canary"


def test_redirects_that_are_not_followed() -> None:
    """One in circles ends; a write might be done elsewhere."""
    client, adapter = canned_client(Canned(302))
    with pytest.raises(UnexpectedAnswer, match="leads nowhere"):
        client.get("here", "reading")
    assert len(adapter.asked) == 3
    client, adapter = canned_client(Canned(307, headers={"Location": "/2.0/there"}))
    with pytest.raises(UnexpectedAnswer, match="status 307"):
        client.put("here", "writing", {})
    assert len(adapter.asked) == 1


@pytest.mark.parametrize("body", [b"", "<html>", [], "7"])
def test_a_post_whose_answer_cannot_be_read_may_have_been_done(body: Any) -> None:
    """So it isn't just a failure."""
    client, _ = canned_client(Canned(201, body))
    with pytest.raises(AnswerLost):
        client.post("here", "making", {})


SECRETS = {"secret": 'canary"2/\u00e9', "url": "https://ci.example.com/canary-4?token=canary-3"}


@pytest.mark.parametrize(
    "echo",
    [
        lambda said: {"error": {"message": said}},
        lambda said: {"error": {"message": "Bad", "fields": {"x": [f"{'y' * 380}{said}"]}}},
        lambda said: said,
        lambda said: {"error": {"message": json.dumps(json.dumps(said))}},
        lambda said: {"error": {"message": repr({"it's": quote(said, safe="")})}},
    ],
)
def test_echoed_secrets_are_hidden(echo: Callable[[str], Any]) -> None:
    """Token, secret and url, which may be one as a whole, even where the message is cut short."""
    body = echo(f"bad: canary, {SECRETS['secret']} or {SECRETS['url']}")
    client, _ = canned_client(Canned(400, body))
    with pytest.raises(ApiError) as refused:
        client.put("here", "writing", SECRETS)
    assert "canary" not in str(refused.value)
    assert "canar" not in str(refused.value).replace("[secret]", "")


@pytest.mark.parametrize(
    "who", [ApiToken("a@b.c", "canary-token"), OAuthConsumer("id", "canary-secret")]
)
def test_an_echoed_header_is_hidden(who: ApiToken | OAuthConsumer) -> None:
    """A proxy that shows what it got shows credentials in a form that anybody can read."""

    def echo(request: PreparedRequest) -> Canned:
        return Canned(400, f"I got {request.headers['Authorization']}")

    client, _ = canned_client(echo, credentials=who)
    with pytest.raises(ApiError, match=r"I got Basic \[secret\]"):
        client.get("here", "reading")


def test_what_every_request_says() -> None:
    """User agent and what is accepted, but no cookie of an earlier answer."""
    client, adapter = canned_client(Canned(body={}, headers={"Set-Cookie": "a=b; Path=/"}))
    client.get("here", "reading")
    client.get("here", "reading")
    headers = adapter.asked[1].headers
    assert headers["User-Agent"].startswith("bitbucket-hooks/")
    assert headers["Accept"] == "application/json"
    assert "Cookie" not in headers


def test_a_netrc_is_not_used(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has no credentials has none."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine api.example.com login user password canary\n")
    monkeypatch.setenv("NETRC", str(netrc))
    client, adapter = canned_client(Canned(body={}), credentials=Anonymous())
    client.get("here", "reading")
    assert "Authorization" not in adapter.asked[0].headers


def test_a_proxy_is_not_used_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """It could not reach its server; for all others the usual variables count."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    local = open_client(Settings(api_url="http://127.0.0.1:1234"), print)
    assert session_of(local).trust_env is False
    assert session_of(open_client(Settings(), print)).trust_env is True


@pytest.mark.parametrize(
    ("settings", "limit"),
    [
        ({}, 1000),
        ({"rate_limit": 50}, 50),
        ({"api_url": BASE}, None),
        ({"api_url": BASE, "rate_limit": 7}, 7),
    ],
)
def test_the_pace(settings: dict[str, Any], limit: int | None) -> None:
    """1,000 requests an hour at the public API, as the service says; of others nothing is known."""
    assert open_client(Settings(**settings), print).sender.throttle.limit == limit


@pytest.mark.parametrize("token", ["canary\n", "canary…"])
def test_credentials_that_no_header_takes(token: str) -> None:
    """A pasted line break or ellipsis is the user's mistake, shown without the token."""
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        base = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        client = open_client(Settings(api_url=base, credentials=AccessToken(token)), print)
        with pytest.raises(ConfigError, match="can't be sent as an HTTP header") as refused:
            client.get("here", "reading")
    assert "canary" not in str(refused.value)


def test_what_no_answer_came_from_is_unreachable() -> None:
    """After some minutes of trying, with what to check."""

    def refuse(_: PreparedRequest) -> Canned:
        raise ConnectionRefusedError

    client, adapter = canned_client(refuse)
    with pytest.raises(Unreachable, match=r"reading: .*for 150 s of trying\nCheck the network"):
        client.get("here", "reading")
    assert len(adapter.asked) > 5
