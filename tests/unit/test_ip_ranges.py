"""The published address ranges: read, filtered, sorted, and what isn't such a document."""

from __future__ import annotations

from typing import Any

import pytest
from requests import PreparedRequest

from bitbucket_hooks.api.errors import ServerFailed, UnexpectedAnswer
from bitbucket_hooks.api.ip_ranges import published
from bitbucket_hooks.model.credentials import ApiToken, OAuthConsumer
from bitbucket_hooks.model.errors import HooksError
from bitbucket_hooks.model.settings import PUBLIC_API
from support.rooms import Canned, canned_client

HOOKS = {"cidr": "198.51.100.0/25", "product": ["bitbucket"], "direction": ["egress"]}
BOTH = {"cidr": "2001:DB8::/48", "product": ["jira", "bitbucket"], "direction": ["egress", "in"]}
JIRA = {
    "cidr": "192.0.2.7/24",
    "product": ["jira"],
    "direction": ["in"],
    "region": ["us", "eu"],
    "perimeter": "commercial",
    "and": "more",
}
WHOLE = {"syncToken": 7, "items": [BOTH, HOOKS, JIRA, HOOKS]}


def _published(body: Any, status: int = 200, **headers: str) -> Any:
    return published(canned_client(Canned(status, body, headers))[0])


def test_ranges_are_sorted_and_unique() -> None:
    """IPv4 first; the network, mask and its length follow from the CIDR."""
    document = _published(WHOLE)
    assert document.sync_token == "7"
    assert [found.cidr for found in document.ranges] == [
        "192.0.2.0/24",
        "198.51.100.0/25",
        "2001:db8::/48",
    ]
    jira = document.ranges[0]
    assert (jira.network, jira.mask, jira.mask_len) == ("192.0.2.0", "255.255.255.0", 24)
    assert (jira.regions, jira.perimeter) == (("eu", "us"), "commercial")
    assert (document.ranges[1].regions, document.ranges[1].perimeter) == ((), "")


@pytest.mark.parametrize(
    ("product", "direction", "count"),
    [(None, None, 3), ("bitbucket", "egress", 2), (" Jira", None, 2), (None, "IN", 2)],
)
def test_filters(product: str | None, direction: str | None, count: int) -> None:
    """In any case of letters; none means all."""
    assert len(_published(WHOLE).select(product, direction)) == count


@pytest.mark.parametrize(
    ("product", "direction", "says"),
    [
        ("jra", None, 'the product "jra"\nGive one of: bitbucket, jira.'),
        (None, "out", 'the direction "out"\nGive one of: egress, in.'),
        ("", None, 'the product ""'),
    ],
)
def test_names_that_no_range_has(product: str | None, direction: str | None, says: str) -> None:
    """Are a mistake, not an empty list for a firewall."""
    with pytest.raises(HooksError, match="no address range has") as refused:
        _published(WHOLE).select(product, direction)
    assert says in str(refused.value)


@pytest.mark.parametrize(
    "body",
    [
        *([], "text", b"\xff", b"", {}, {"items": 7}, {"items": []}, {"items": [7]}),
        *({"items": [{**HOOKS, **wrong}]} for wrong in ({"cidr": None}, {"cidr": "x\x1b[1m"})),
        *({"items": [{**HOOKS, **wrong}]} for wrong in ({"product": "x"}, {"direction": [7]})),
    ],
)
def test_what_is_no_such_document(body: Any) -> None:
    """Is an error that says so, whatever it holds."""
    with pytest.raises(UnexpectedAnswer, match="reading the published address ranges") as refused:
        _published(body)
    assert "\x1b" not in str(refused.value)
    assert refused.value.exit_code == 2


@pytest.mark.parametrize("status", [301, 302, 307, 401, 403, 404])
def test_refusals_and_redirects(status: int) -> None:
    """Are shown with address and status; nobody is sent to another host."""
    client, adapter = canned_client(
        Canned(status, "<title>no</title>", {"Location": "https://api.example.com/elsewhere"})
    )
    with pytest.raises(UnexpectedAnswer, match=f"example.com/ip-ranges answers with .* {status}"):
        published(client)
    assert len(adapter.asked) == 1


def test_failures_are_waited_out() -> None:
    """A 429 and a 5xx; one that lasts is an error in under half a minute."""
    busy, broken = Canned(429, "Rate limit"), Canned(503, "")
    client, adapter = canned_client([busy, broken, Canned(body=WHOLE)])
    assert len(published(client).ranges) == 3
    assert len(adapter.asked) == 3
    client, _ = canned_client(broken)
    with pytest.raises(ServerFailed):
        published(client)
    assert client.sender.clock.now() < 30


@pytest.mark.parametrize(
    ("api_url", "asked"),
    [
        (PUBLIC_API, "https://ip-ranges.atlassian.com/"),
        ("https://api.example.com:8443/2.0", "https://api.example.com:8443/ip-ranges"),
    ],
)
@pytest.mark.parametrize("who", [ApiToken("a@b.c", "canary"), OAuthConsumer("id", "canary")])
def test_nobodys_credentials_are_sent(api_url: str, asked: str, who: Any) -> None:
    """The public API's ranges are at another host; no token is asked for either."""
    seen: list[PreparedRequest] = []

    def answers(request: PreparedRequest) -> Canned:
        seen.append(request)
        return Canned(body=WHOLE)

    client, _ = canned_client(answers, api_url=api_url, credentials=who)
    published(client)
    (request,) = seen
    assert request.url == asked
    assert "Authorization" not in request.headers
    assert "canary" not in str(request.headers)
