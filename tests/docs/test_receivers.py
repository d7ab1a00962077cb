"""The page of receivers does what it says: its examples take real deliveries, its commands run."""

from __future__ import annotations

import asyncio
import re
import shlex
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from werkzeug.serving import make_server
from werkzeug.test import Client

from bitbucket_hooks.deliveries.payloads import payload
from bitbucket_hooks.deliveries.sending import delivery
from bitbucket_hooks.deliveries.signing import SIGNATURE
from support.command import run
from support.transcript import steps

PAGE = (Path(__file__).parents[2] / "docs" / "receivers.md").read_text("utf-8")
SECRET = "the secret"
OLD = "the old one"
PATH = "/bitbucket"

Post = Callable[[bytes, Mapping[str, str]], int]


@pytest.fixture(autouse=True)
def _secrets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOOK_SECRET", SECRET)
    monkeypatch.setenv("OLD_HOOK_SECRET", OLD)
    monkeypatch.chdir(tmp_path)


def example(word: str) -> dict[str, Any]:
    """Run the page's one example that has a word in it and give its names."""
    blocks = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    (text,) = [block for block in blocks if word in block]
    names: dict[str, Any] = {"__name__": "example"}
    exec(compile(text, "page", "exec"), names)  # noqa: S102
    return names


def flask() -> Post:
    """Give a way to post to the Flask example."""
    client = Client(example("Flask(")["app"])
    return lambda body, headers: client.post(PATH, data=body, headers=dict(headers)).status_code


def fastapi() -> Post:
    """Give a way to post to the FastAPI example: plain ASGI."""
    app = example("FastAPI(")["app"]
    return lambda body, headers: asyncio.run(_asgi(app, body, headers))


async def _asgi(app: Any, body: bytes, headers: Mapping[str, str]) -> int:
    sent: list[dict[str, Any]] = []
    half = len(body) // 2  # servers hand a body over in parts
    parts = [
        {"type": "http.request", "body": body[:half], "more_body": True},
        {"type": "http.request", "body": body[half:], "more_body": False},
    ]

    async def receive() -> dict[str, Any]:
        return parts.pop(0) if parts else {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": PATH,
        "raw_path": PATH.encode(),
        "query_string": b"",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
    }
    await app(scope, receive, send)
    return int(sent[0]["status"])


@pytest.mark.parametrize("receiver", [flask, fastapi])
@pytest.mark.parametrize("event", ["repo:push", "pullrequest:created", "issue:updated"])
def test_the_examples_take_what_is_signed(receiver: Callable[[], Post], event: str) -> None:
    """And nothing else: no other secret, no changed body, no missing or broken header."""
    post = receiver()
    content = payload(event, "acme", "web", datetime.now(timezone.utc))
    signed = delivery(event, content, SECRET)
    assert post(signed.body, signed.headers) == 200

    forged = delivery(event, content, "another")
    unsigned = delivery(event, content, None)
    refused = [
        (forged.body, forged.headers),
        (unsigned.body, unsigned.headers),
        (signed.body + b" ", signed.headers),
        (signed.body.replace(b"acme", b"ecma"), signed.headers),
        (b"", signed.headers),
        (signed.body, {**signed.headers, SIGNATURE: "sha256="}),
        (signed.body, {**signed.headers, SIGNATURE: signed.headers[SIGNATURE][7:]}),
    ]
    assert [post(body, headers) for body, headers in refused] == [401] * len(refused)


def test_while_the_secret_is_exchanged() -> None:
    """The example with two takes both."""
    post = fastapi()
    assert example("FastAPI(")["SECRETS"] == [SECRET, OLD]
    for secret, status in ((SECRET, 200), (OLD, 200), ("another", 401)):
        signed = delivery("repo:push", {}, secret)
        assert post(signed.body, signed.headers) == status


@pytest.mark.parametrize("word", ["Flask(", "FastAPI("])
def test_a_lost_secret(word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keeps an example from starting."""
    monkeypatch.delenv("HOOK_SECRET")
    with pytest.raises(KeyError):
        example(word)


@contextmanager
def served(app: Any) -> Iterator[str]:
    """Serve an application on this machine."""
    server = make_server("127.0.0.1", 0, app)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


def test_the_commands_print_what_the_page_shows(tmp_path: Path) -> None:
    """`send` against the Flask example as a real server; `verify` of a file."""
    (tmp_path / "body.json").write_bytes(b'{"push": {}}')
    shown = list(steps(PAGE))
    assert [step.command.split()[1] for step in shown] == ["send", "verify"]
    with served(example("Flask(")["app"]) as base:
        for step in shown:
            name, *arguments = shlex.split(step.command.replace("http://127.0.0.1:8000", base))
            assert name == "bitbucket-hooks"
            printed = run(*arguments).stdout.replace(base, "http://127.0.0.1:8000")
            assert step.missing(printed) is None, printed


def test_the_short_example() -> None:
    """Runs as it stands."""
    example('"the secret"')


def test_the_page_knows_every_header() -> None:
    """That a delivery has."""
    rows = set(re.findall(r"^\| `([A-Za-z-]+)` \|", PAGE, re.MULTILINE))
    assert rows | {"Content-Type"} == delivery("repo:push", {}, SECRET).headers.keys()
