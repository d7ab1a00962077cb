"""HTTP against servers and proxies that send what no service should."""

from __future__ import annotations

import gc
import gzip
import socket
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bitbucket_hooks.api import connections, http
from bitbucket_hooks.api.client import Client
from bitbucket_hooks.api.errors import AnswerLost, UnexpectedAnswer, Unreachable
from bitbucket_hooks.api.ip_ranges import published
from bitbucket_hooks.connect import open_client, open_signed_client
from bitbucket_hooks.model.credentials import AccessToken, Credentials, OAuthConsumer
from bitbucket_hooks.model.errors import ConfigError, HooksError
from bitbucket_hooks.model.settings import Settings
from support.clocks import FakeClock
from support.raw_server import CERTIFICATE, Serve, answering, dripping, raw_server, tunnel_to

HEAD = b"HTTP/1.1 200 OK\r\n"
FINE = HEAD + b"Content-Length: 8\r\nConnection: close\r\n\r\n" + b'{"a": 1}'
NOWHERE = "https://api.example.invalid"
TOKEN = AccessToken("canary")


@contextmanager
def _client(base: str, credentials: Credentials = TOKEN) -> Iterator[Client]:
    given = Settings(api_url=base, credentials=credentials)
    client = open_client(given, lambda _: None, clock=FakeClock())
    yield client
    client.close()


BROKEN = {
    "nothing": b"",
    "no HTTP": b"hello\r\n\r\n",
    "half a head": b"HTTP/1.1 200 OK\r\nContent-",
    "half a body": HEAD + b'Content-Length: 8\r\n\r\n{"a"',
    "half a chunk": HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nab",
    "odd chunks": HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nab",
    "no gzip": HEAD + b"Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
    "half a gzip": HEAD
    + b"Content-Encoding: gzip\r\nContent-Length: 12\r\n\r\n"
    + gzip.compress(b"x" * 99)[:12],
    "two lengths": HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_answer_is_asked_for_again(name: str) -> None:
    """A read, as long as there is patience; a POST may have been done."""
    with raw_server(answering(BROKEN[name])) as (base, accepted), _client(base) as client:
        with pytest.raises((Unreachable, UnexpectedAnswer)) as refused:
            client.get("x", "reading")
        assert len(accepted) > 5 or isinstance(refused.value, UnexpectedAnswer)
        with pytest.raises(AnswerLost):
            client.post("x", "making", {})
    assert "canary" not in str(refused.value)


@pytest.mark.parametrize("encoding", [b"", b"Content-Encoding: gzip\r\n"])
@pytest.mark.parametrize("status", [b"200 OK", b"302 Found\r\nLocation: /elsewhere"])
def test_a_body_of_absurd_size(
    encoding: bytes, status: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Is not read to its end, packed or not, of a redirect neither; a POST may have been done."""
    monkeypatch.setattr(http, "MAX_BODY", 2**20)
    body = gzip.compress(b"x" * 2**22) if encoding else b"x" * 2**22
    answer = b"HTTP/1.1 " + status + b"\r\n" + encoding + b"\r\n" + body
    with raw_server(answering(answer)) as (base, _), _client(base) as client:
        with pytest.raises(UnexpectedAnswer, match="over 1 MiB long"):
            client.get("x", "reading")
        with pytest.raises(AnswerLost, match="over 1 MiB long"):
            client.post("x", "making", {})


def test_a_redirect_with_a_garbled_target() -> None:
    """Bytes that are no text."""
    answer = b"HTTP/1.1 302 Found\r\nLocation: http://[\xff\xfe\r\nContent-Length: 0\r\n\r\n"
    with (
        raw_server(answering(answer)) as (base, _),
        _client(base) as client,
        pytest.raises(UnexpectedAnswer, match="another host"),
    ):
        client.get("x", "reading")


HEADERS = st.lists(
    st.sampled_from(
        [
            b"Content-Length: -1",
            b"Content-Length: 99999999999999999999",
            b"Content-Length: " + b"9" * 5000,
            b"Content-Length: x",
            b"Content-Type: application/json; charset=\xff",
            b"Content-Encoding: br, gzip, deflate",
            b"Transfer-Encoding: chunked",
            b"Location: \xff://",
            b"Set-Cookie: \xff=\x00; Expires=never",
            b"Retry-After: \xb2",
            b"X-RateLimit-Limit: " + b"9" * 5000,
            b": empty",
            b"no colon",
            b" folded",
        ]
    )
    | st.binary(max_size=20),
    max_size=4,
)


@settings(
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    status=st.sampled_from([b"200", b"204", b"301", b"400", b"401", b"999", b"-1", b"x", b""]),
    headers=HEADERS,
    body=st.binary(max_size=40) | st.just(b'{"values": []}'),
)
def test_no_bytes_break_it(status: bytes, headers: list[bytes], body: bytes) -> None:
    """An error of ours or an answer, whatever comes."""
    head = b"\r\n".join([b"HTTP/1.1 " + status + b" OK", *headers, b"Connection: close"])
    with warnings.catch_warnings():
        # when a head is broken, the standard library leaves some answers to the garbage collector
        warnings.simplefilter("ignore", ResourceWarning)
        with (
            raw_server(answering(head + b"\r\n\r\n" + body)) as (base, _),
            _client(base) as client,
        ):
            try:
                client.get("x", "reading")
            except HooksError as error:
                assert "canary" not in str(error)  # noqa: PT017 - there may be no error
        gc.collect(1)


# Answers that drip


DRIPS = {
    "before the status": b"",
    "in the head": HEAD + b"X-Slow: ",
    "in the body": HEAD + b"Content-Length: 99999\r\n\r\n",
    "in a chunk": HEAD + b"Transfer-Encoding: chunked\r\n\r\nffff\r\n",
}
IN_THE_HEAD = dripping(DRIPS["in the head"])


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bound that a test can wait for."""
    monkeypatch.setattr(connections, "MAX_SECONDS", 0.05)


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("name", DRIPS)
def test_an_answer_that_drips(name: str) -> None:
    """Is given up after some minutes, however regular the drops; a POST may have been done."""
    with raw_server(dripping(DRIPS[name])) as (base, _), _client(base) as client:
        with pytest.raises(Unreachable, match="the answer took over"):
            client.get("x", "reading")
        with pytest.raises(AnswerLost, match="the answer took over"):
            client.post("x", "making", {})


@pytest.mark.usefixtures("hasty")
def test_other_addresses_that_drip(monkeypatch: pytest.MonkeyPatch) -> None:
    """A token's, that of the address ranges, a signing proxy, and one that opens a tunnel."""
    with raw_server(IN_THE_HEAD) as (base, _):
        with _client(base) as client, pytest.raises(Unreachable, match="the answer took over"):
            published(client)
        with (
            _client(base, OAuthConsumer("key", "canary")) as client,
            pytest.raises(Unreachable, match="token: the answer took over"),
        ):
            client.get("x", "reading")
        client = open_signed_client(Settings(), lambda _: None, base, FakeClock())
        with pytest.raises(Unreachable, match="the answer took over"):
            client.put("x", "reporting", {})
        client.close()
        monkeypatch.setenv("HTTPS_PROXY", base)
        with _client(NOWHERE) as client, pytest.raises(Unreachable, match="the answer took over"):
            client.get("x", "reading")


# Connections that are kept


def _serve_twice(connection: socket.socket) -> None:
    """Answer the first request and keep the connection; of a second one nobody hears."""
    if connection.recv(65536):
        connection.sendall(HEAD + b"Content-Length: 8\r\n\r\n" + b'{"a": 1}')
        connection.recv(65536)


def test_a_connection_that_died_without_a_sign(monkeypatch: pytest.MonkeyPatch) -> None:
    """A POST over it may have been done; one that lay idle isn't used again."""
    with raw_server(_serve_twice) as (base, accepted), _client(base) as client:
        client.get("x", "reading")
        with pytest.raises(AnswerLost):
            client.post("x", "making", {})
        assert len(accepted) == 1
        client.get("x", "reading")
        monkeypatch.setattr(connections, "MAX_IDLE", -1.0)
        assert client.post("x", "making", {}) == {"a": 1}
        client.close()
    assert len(accepted) == 3


# TLS


@pytest.fixture
def trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trust the server's certificate, by the usual variable."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(CERTIFICATE))


def test_a_certificate_that_nobody_vouches_for() -> None:
    """Is refused at once, before anything is sent, with the way to name a bundle."""
    with (
        raw_server(answering(b""), tls=True) as (base, accepted),
        _client(base) as client,
        pytest.raises(Unreachable, match=r"(?s)certificate can't be trusted.*CA_BUNDLE"),
    ):
        client.get("x", "reading")
    assert len(accepted) == 1


@pytest.mark.usefixtures("trusted")
def test_a_bundle_from_the_usual_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes it trusted."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with raw_server(answering(FINE), tls=True) as (base, _), _client(base) as client:
        assert client.get("x", "reading") == {"a": 1}


@pytest.mark.usefixtures("trusted")
def test_a_tls_connection_that_breaks_may_have_been_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is no matter of trust: a read is repeated, a POST may have been done."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with raw_server(answering(b""), tls=True) as (base, accepted), _client(base) as client:
        with pytest.raises(AnswerLost):
            client.post("x", "making", {})
        with pytest.raises(Unreachable, match="the connection broke"):
            client.get("x", "reading")
    assert len(accepted) > 5


def test_a_bundle_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Is the set-up's mistake, named with its variable."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere/bundle.pem")
    with (
        _client("https://127.0.0.1:1") as client,
        pytest.raises(ConfigError, match="REQUESTS_CA_BUNDLE"),
    ):
        client.get("x", "reading")


# Proxies


@pytest.mark.parametrize("proxy", ["http://", "nonsense://127.0.0.1:1", "http://[half"])
def test_a_proxy_that_is_no_address(proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Is an error of ours, without delay."""
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    with _client(NOWHERE) as client, pytest.raises(HooksError):
        client.get("x", "reading")


def test_a_proxy_that_does_not_connect(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing was sent, so that even a POST is repeated; in the end the proxy is named."""
    refusal = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"
    with raw_server(answering(refusal)) as (refusing, accepted):
        for proxy in ("http://user:canary@127.0.0.1:1", refusing):
            monkeypatch.setenv("HTTPS_PROXY", proxy)
            with (
                _client(NOWHERE) as client,
                pytest.raises(Unreachable, match="the proxy refused") as refused,
            ):
                client.post("x", "making", {})
            assert "canary" not in str(refused.value)
    assert len(accepted) > 5


@contextmanager
def _proxied(
    monkeypatch: pytest.MonkeyPatch, serve: Serve
) -> Iterator[tuple[Client, list[socket.socket]]]:
    """Give a client behind a proxy that opens a tunnel to a server; and that one's connections."""
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    with (
        raw_server(serve, tls=True) as (base, accepted),
        raw_server(tunnel_to(base)) as (proxy, _),
    ):
        monkeypatch.setenv("HTTPS_PROXY", proxy)
        with _client(base) as client:
            yield client, accepted


@pytest.mark.usefixtures("trusted")
def test_a_tunnel_that_breaks_may_have_been_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library blames the proxy, but the POST has gone through it."""
    with _proxied(monkeypatch, answering(FINE)) as (client, _):
        assert client.get("x", "reading") == {"a": 1}
    with _proxied(monkeypatch, answering(b"")) as (client, accepted):
        with pytest.raises(AnswerLost, match="the connection broke"):
            client.post("x", "making", {})
        assert len(accepted) == 1


@pytest.mark.usefixtures("hasty", "trusted")
def test_a_tunnel_that_drips(monkeypatch: pytest.MonkeyPatch) -> None:
    """Through a proxy, in TLS."""
    with (
        _proxied(monkeypatch, IN_THE_HEAD) as (client, _),
        pytest.raises(Unreachable, match="the answer took over"),
    ):
        client.get("x", "reading")
