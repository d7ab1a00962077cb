"""The sandbox over real sockets."""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
import requests

from bitbucket_hooks.sandbox.seed import OWNER_EMAIL, OWNER_TOKEN
from bitbucket_hooks.sandbox.server import serve, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bitbucket_hooks.sandbox.estate import Sandbox


@pytest.fixture
def base(path: Path) -> Iterator[str]:
    """Give the base url of a served sandbox."""
    with serve(path) as url:
        yield url


def connect(base: str) -> http.client.HTTPConnection:
    """Open a bare connection."""
    return http.client.HTTPConnection(urlsplit(base).netloc, timeout=60)


def test_connections_persist(base: str) -> None:
    """One connection carries many requests, with bodies and without."""
    connection = connect(base)
    sockets = set()
    for verb, body in [("GET", None), ("POST", "{}"), ("HEAD", None), ("GET", None)]:
        connection.request(verb, "/2.0/hook_events", body)
        connection.getresponse().read()
        assert connection.sock
        sockets.add(connection.sock.getsockname())
    connection.close()
    assert len(sockets) == 1


def test_a_drop_resets_the_connection(base: str, sandbox: Sandbox) -> None:
    """It is not merely closed."""
    sandbox.plan_fault("drop-before")
    connection = connect(base)
    connection.request("GET", "/2.0/hook_events")
    with pytest.raises(ConnectionResetError):
        connection.getresponse()
    connection.close()


@pytest.mark.parametrize(
    ("header", "value", "status"),
    [
        ("Content-Length", "x", 411),
        ("Transfer-Encoding", "chunked", 411),
        ("Content-Length", "99999999", 413),
    ],
)
def test_bodies_that_are_not_taken(base: str, header: str, value: str, status: int) -> None:
    """Without a length, or too long."""
    connection = connect(base)
    connection.putrequest("POST", "/2.0/hook_events")
    connection.putheader(header, value)
    connection.endheaders()
    assert connection.getresponse().status == status
    connection.close()


def test_a_client_that_goes_away_is_no_error(base: str, capfd: pytest.CaptureFixture[str]) -> None:
    """Nothing is printed about it."""
    parts = urlsplit(base)
    with socket.create_connection((parts.hostname, parts.port or 0)) as client:
        client.sendall(b"GET /2.0/hook_events HTTP/1.1\r\nHost: x\r\n")
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    assert requests.get(f"{base}/hook_events", timeout=5).ok
    assert capfd.readouterr().err == ""


def test_a_bug_is_seen(
    base: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """An exception of ours is not swallowed."""

    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("bitbucket_hooks.sandbox.wire.answer", fail)
    with pytest.raises(requests.exceptions.ConnectionError):
        requests.get(f"{base}/hook_events", timeout=5)
    assert "ZeroDivisionError" in capfd.readouterr().err


def test_the_server_ends_with_connections_open(path: Path) -> None:
    """Clients that idle don't hold it up."""
    with requests.Session() as session:
        with serve(path) as base:
            session.get(f"{base}/hook_events")
        with pytest.raises(requests.exceptions.ConnectionError):
            requests.get(f"{base}/hook_events", timeout=5)


def test_ipv6(path: Path) -> None:
    """An IPv6 address stands in brackets."""
    if not socket.has_ipv6:
        pytest.skip("no IPv6 here")
    try:
        with serving(path, host="::1") as server:
            assert re.fullmatch(r"http://\[::1\]:\d+", server.origin)
    except OSError:
        pytest.skip("no IPv6 here")


def test_the_command(path: Path) -> None:
    """`sandbox serve` prints its url, answers, tells of requests and ends on a signal."""
    command = "from bitbucket_hooks.cli import main; main()"
    arguments = ["sandbox", "serve", str(path), "--port", "0", "-v"]
    with subprocess.Popen(
        [sys.executable, "-W", "error", "-c", command, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as process:
        assert process.stdout
        output = "".join(process.stdout.readline() for _ in range(5))
        found = re.search(r"http://127\.0\.0\.1:\d+/2\.0", output)
        assert found
        answer = requests.get(f"{found[0]}/user", auth=(OWNER_EMAIL, OWNER_TOKEN), timeout=60)
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=60)
    assert answer.ok
    assert f"bitbucket:apiUrl {found[0]}" in output
    assert errors == "200 GET /2.0/user\nstopped\n"
    assert process.returncode == 0
