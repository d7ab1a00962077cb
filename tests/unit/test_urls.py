"""Urls: what is refused, what is equal, what is shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitbucket_hooks.model.urls import (
    comparable,
    is_private_host,
    near_key,
    origin_shown,
    shown,
    url_problem,
    veiled,
)

CANARY = "https://user:canary@ci.example.com/path?token=canary#canary"


@pytest.mark.parametrize(
    "host",
    [
        *("localhost", "intranet", "ci.local", "a.internal", "x.home.arpa", "10.0.0.1", "::1"),
        *("127.0.0.1", "192.168.1.1", "169.254.0.1", "ci.lan.", "fe80::1", "0.0.0.0"),  # noqa: S104
    ],
)
def test_private_hosts(host: str) -> None:
    """Hosts that the public internet can't reach are known as such."""
    assert is_private_host(host)


@pytest.mark.parametrize("host", ["example.com", "EXAMPLE.com.", "8.8.8.8", "2606:4700::1111"])
def test_public_hosts(host: str) -> None:
    """Others aren't."""
    assert not is_private_host(host)


@pytest.mark.parametrize(
    ("url", "other"),
    [
        ("HTTPS://CI.Example.com", "https://ci.example.com/"),
        ("https://ci.example.com:443/x", "https://ci.example.com/x"),
        ("http://ci.example.com:80/x", "http://ci.example.com/x"),
        ("http://[::1]:80/x", "http://[::1]/x"),
        ("https://user@CI.example.com:443/", "https://user@ci.example.com/"),
        ("https://BÜCHER.example/x", "https://xn--bcher-kva.example/x"),
        ("https://ci.example.com/a%2fb", "https://ci.example.com/a%2Fb"),
        ("https://ci.example.com/%7Ehook%2d%41?q=%5f", "https://ci.example.com/~hook-A?q=_"),
        ("https://ci.example.com/ü?ä", "https://ci.example.com/%c3%bc?%C3%A4"),
    ],
)
def test_equal_addresses_compare_alike(url: str, other: str) -> None:
    """Case of scheme and host, default port, empty path, punycode and needless escapes."""
    assert comparable(url) == comparable(other)


@pytest.mark.parametrize(
    ("url", "other", "near"),
    [
        ("https://ci.example.com/x/", "http://CI.example.com/x", True),
        ("https://ci.example.com", "http://ci.example.com:80//", True),
        ("https://ci.example.com:8443/x", "https://ci.example.com/x", False),
        ("https://ci.example.com/x?a", "https://ci.example.com/x", False),
        ("https://ci.example.com/x", "https://ci.example.com/X", False),
        ("https://[", "https://[", True),
    ],
)
def test_near_urls(url: str, other: str, near: bool) -> None:
    """Differ by the scheme or slashes at the end alone."""
    assert (near_key(url) == near_key(other)) is near


@pytest.mark.parametrize(
    ("url", "other"),
    [
        ("https://ci.example.com/a", "https://ci.example.com/A"),
        ("https://ci.example.com:80/", "https://ci.example.com/"),
        ("https://ci.example.com/", "http://ci.example.com/"),
        ("https://ci.example.com/?a", "https://ci.example.com/?b"),
        ("https://ci.example.com/", "https://user@ci.example.com/"),
        ("http://[::1]:8080/x", "http://[::1]/x"),
        ("https://ci.example.com/a%2Fb", "https://ci.example.com/a/b"),
        ("https://ci.example.com/a%20b", "https://ci.example.com/a+b"),
        ("https://stra\u00dfe.example/", "https://strasse.example/"),  # two domains since 2010
        ("https://ci.example.com/x/", "https://ci.example.com/x"),
    ],
)
def test_different_addresses_differ(url: str, other: str) -> None:
    """Everything else does."""
    assert comparable(url) != comparable(other)


@given(st.text())
def test_no_text_breaks_them(text: str) -> None:
    """Whatever a live hook holds can be compared and shown; comparing twice changes nothing."""
    assert comparable(comparable(text)) == comparable(text)
    assert isinstance(shown(text), str)
    assert url_problem(text, allow_private=True) is None or text == text  # noqa: PLR0124


@given(st.text(alphabet="ab/:@[]?#.1%\\", max_size=30))
def test_no_odd_address_breaks_them(rest: str) -> None:
    """Neither do half addresses."""
    for url in (f"https://{rest}", f"https:{rest}", rest):
        assert comparable(comparable(url)) == comparable(url)
        shown(url)
        origin_shown(url)
        url_problem(url, allow_private=False)


def test_what_is_secret_is_not_shown() -> None:
    """Neither credentials nor query nor fragment; of a secret url only where it leads."""
    assert shown(CANARY) == "https://ci.example.com/path?…"
    assert shown("https://ci.example.com/path") == "https://ci.example.com/path"
    assert shown("https://[half") == "(an unreadable url)"
    assert origin_shown(CANARY) == "https://ci.example.com/…"


def test_a_problem_shows_no_part_of_the_url() -> None:
    """Whatever is wrong with it."""
    for url in (CANARY, CANARY.replace("https", "ftp"), f"{CANARY} ", "canary", "x" * 3000):
        problem = url_problem(url, allow_private=True)
        assert problem is not None
        assert "canary" not in problem


@pytest.mark.parametrize(
    "path",
    ["services/T0/B0/TOKEN", "hooks/catch/1234567/abc", "in/9f8e7d6c5b4a", "in/qzxkvbnmtr"],
)
def test_a_path_that_may_be_a_capability_is_hidden(path: str) -> None:
    """Whatever the host; what is shown is shown again as it is."""
    url = f"https://collector.example.com/{path}"
    assert shown(url) == "https://collector.example.com/…" == shown(shown(url))
    assert veiled(f"acme/web {url} x") == "acme/web https://collector.example.com/… x"
    assert shown("https://ci.example.com/bitbucket-hook/") == (
        "https://ci.example.com/bitbucket-hook/"
    )


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("see https://a.example.com/x,CANARY now", "see https://a.example.com/… now"),
        ("(https://a.example.com/x)CANARY; b", "(https://a.example.com/…; b"),
        ("at (https://a.example.com/x): no", "at (https://a.example.com/x): no"),
        ("https://[::1]:8080/CANARY", "https://[::1]:8080/…"),
        ("s3://bucket?key=CANARY", "s3://bucket?…"),
        ("file:///tmp/state", "file:///tmp/state"),
    ],
)
def test_urls_in_a_text(text: str, seen: str) -> None:
    """Are shown as urls are, to their very end, and shown again as they are."""
    assert veiled(text) == seen == veiled(seen)


@pytest.mark.parametrize(
    "url",
    ["https://[canary/", "https://ci.example.com:canary/", "https://user:canary/word@example.com/"],
)
def test_an_address_that_cannot_be_read(url: str) -> None:
    """Is refused, equal to itself alone, and shown nowhere: it may be a password with a slash."""
    problem = url_problem(url, allow_private=False)
    assert problem == "can't be read as an address; check its host and port"
    assert comparable(url) == url
    assert origin_shown(url) == shown(url) == "(an unreadable url)"
    assert "canary" not in veiled(f"at {url} it")


def test_a_text_without_a_host() -> None:
    """Is compared as it stands."""
    assert comparable("Nowhere") == "Nowhere"
