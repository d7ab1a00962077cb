"""The sandbox over real sockets."""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from bitbucket_hooks.sandbox import store
from bitbucket_hooks.sandbox.seed import OWNER_EMAIL, OWNER_TOKEN
from bitbucket_hooks.sandbox.server import Server, serving
from support.sandbox import Sandbox, serve

EVERYWHERE = "0.0.0.0"  # noqa: S104 - that is tested; the page for people is not served there


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
        ("Content-Length", "x", 400),
        ("Content-Length", "-1", 400),
        ("Content-Length", "9" * 5000, 400),
        ("Transfer-Encoding", "chunked", 411),
        ("Content-Length", "99999999", 413),
    ],
)
def test_bodies_that_are_not_taken(base: str, header: str, value: str, status: int) -> None:
    """Without a length, or too long; the answer arrives although the body was sent."""
    connection = connect(base)
    connection.putrequest("POST", "/2.0/hook_events")
    connection.putheader(header, value)
    connection.endheaders()
    connection.send(b"x" * 1_000_000)
    assert connection.getresponse().status == status
    connection.close()


def bare(base: str, request: bytes) -> bytes:
    """Send bytes that no client would, and give the status that is answered."""
    parts = urlsplit(base)
    with socket.create_connection((parts.hostname, parts.port or 0), timeout=60) as client:
        client.sendall(request)
        return client.makefile("rb").readline().split()[1]


@pytest.mark.parametrize("target", ["http://[", "http://[/2.0/user"])
def test_a_target_that_is_no_url(base: str, target: str, capfd: pytest.CaptureFixture[str]) -> None:
    """Is refused, without a traceback."""
    host = urlsplit(base).netloc
    assert bare(base, f"GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()) == b"400"
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    ("address", "host", "status"),
    [
        *(("127.0.0.1", name, 200) for name in ("localhost", "127.0.0.1:1", "127.9.9.9")),
        *(("127.0.0.1", name, 200) for name in ("LOCALHOST:80", "[::1]:8720", "sandbox:8720")),
        *(("127.0.0.1", name, 421) for name in ("evil.example.com", "", "[::1", "x@localhost")),
        *(("127.0.0.1", name, 421) for name in ("127.0.0.1.evil.example.com", "192.0.2.1")),
        *(("127.0.0.1", name, 421) for name in ("localhost:123456", "a, localhost")),
        *((EVERYWHERE, name, 200) for name in ("192.0.2.1:8720", "[2001:db8::1]", "Sandbox")),
        (EVERYWHERE, "box.example.com", 421),
    ],
)
def test_names_that_the_api_answers_to(path: Path, address: str, host: str, status: int) -> None:
    """Those of this machine, and those that were allowed: else any page's script could ask it.

    Where other machines reach it, addresses too: nobody can let one of those lead there.
    """
    with serving(path, address, names=["sandbox"]) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        url = f"http://127.0.0.1:{server.server_address[1]}/2.0/hook_events"
        answer = requests.get(url, headers={"Host": host}, timeout=60)
        server.shutdown()
        thread.join()
    assert answer.status_code == status
    if status != 200:
        assert "--allow-host" in answer.json()["error"]["message"]


def test_a_full_disk(
    path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Is answered as such, and ends with its cause."""
    check_references = store._check_references

    def fill_disk(connection: sqlite3.Connection) -> None:
        check_references(connection)
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages}")

    def post(base: str) -> requests.Response:
        return requests.post(
            f"{base}/repositories/acme/web/hooks",
            json={"url": "https://ci.example.com/", "events": ["repo:push"], "description": text},
            auth=(OWNER_EMAIL, OWNER_TOKEN),
            timeout=60,
        )

    text = "x" * 1000
    with monkeypatch.context() as patch:
        patch.setattr(store, "_check_references", fill_disk)
        with serve(path) as base:
            answers = [post(base) for _ in range(20)]
    refused = [answer for answer in answers if answer.status_code != 201]
    assert {answer.status_code for answer in refused} == {507}
    assert "free some space" in refused[-1].json()["error"]["message"]
    with serve(path) as base, Sandbox(path) as sandbox:
        assert len(sandbox.hooks("acme/web")) == 20 - len(refused)
        assert post(base).status_code == 201
    assert capfd.readouterr().err == ""


def test_a_client_that_goes_away_is_no_error(base: str, capfd: pytest.CaptureFixture[str]) -> None:
    """Nothing is printed about it."""
    parts = urlsplit(base)
    with socket.create_connection((parts.hostname, parts.port or 0)) as client:
        client.sendall(b"GET /2.0/hook_events HTTP/1.1\r\nHost: 127.0.0.1\r\n")
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    assert requests.get(f"{base}/hook_events", timeout=5).ok
    assert capfd.readouterr().err == ""


def test_a_bug_is_seen(
    base: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """An exception of ours is not swallowed."""

    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Server, "respond", fail)
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
