"""Events of the sandbox arrive at real receivers, as the service's own deliveries do."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import socket
import sqlite3
import threading
from pathlib import Path
from typing import Any

import pytest

from bitbucket_hooks.model.events import KEYS
from bitbucket_hooks.sandbox import delivering
from bitbucket_hooks.sandbox.delivering import EventRun
from bitbucket_hooks.sandbox.errors import SandboxError
from bitbucket_hooks.sandbox.historystore import MOST, Sent
from sandbox.conftest import forget_process, prepare
from support.command import run
from support.receiver import Received, Receiver, receiver
from support.sandbox import Sandbox

SECRET = "canary-secret"
QUERY = "?token=canary-token"
EVERY = {"history_enabled": True, "secret": SECRET}


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "BITBUCKET_API_URL"):
        monkeypatch.delenv(name, raising=False)


def answers(run: EventRun) -> list[int | None]:
    """Give the status that each delivery ended with."""
    return [sent.last.status if sent.last else None for sent in run.deliveries]


def is_signed(received: Received) -> bool:
    """Check a signature without our own code."""
    digest = hmac.new(SECRET.encode(), received.body, hashlib.sha256).hexdigest()
    return received.headers.get("X-Hub-Signature") == f"sha256={digest}"


def test_a_push_arrives(sandbox: Sandbox, there: Receiver) -> None:
    """Signed, and with the headers that Bitbucket sends."""
    hook = sandbox.plant_hook("acme/web", there.url, secret=SECRET)
    run = sandbox.trigger("acme/web", "repo:push")

    (got,) = there.received
    assert answers(run) == [200]
    assert is_signed(got)
    assert got.headers["X-Event-Key"] == "repo:push"
    assert got.headers["X-Hook-UUID"] == hook.uuid.strip("{}")
    assert re.fullmatch("[0-9a-f-]{36}", got.headers["X-Request-UUID"])
    assert got.headers["X-Attempt-Number"] == "1"
    assert got.headers["User-Agent"] == "Bitbucket-Webhooks/2.0"
    body = json.loads(got.body)
    assert body["repository"]["full_name"] == "acme/web"
    assert body["push"]["changes"]


def test_who_hears_of_it(sandbox: Sandbox, there: Receiver) -> None:
    """The active hooks of repository and workspace that listen to the event; nobody else."""
    heard = {
        sandbox.plant_hook("acme/web", there.url).uuid,
        sandbox.plant_hook("acme", there.url, events=("repo:push", "issue:created")).uuid,
        sandbox.plant_hook("acme/web", there.url, read_only=True).uuid,
    }
    sandbox.plant_hook("acme/web", there.url, active=False)
    sandbox.plant_hook("acme/web", there.url, events=("repo:fork",))
    sandbox.plant_hook("acme/api", there.url)
    sandbox.plant_hook("globex", there.url)
    sandbox.trigger("acme/web", "repo:push")
    assert {f"{{{got.headers['X-Hook-UUID']}}}" for got in there.received} == heard
    assert all("X-Hub-Signature" not in got.headers for got in there.received)


def test_every_event_of_the_catalogue(sandbox: Sandbox, there: Receiver) -> None:
    """Those that came after this program was made, too."""
    sandbox.add_event("repo:news", "workspace")
    sandbox.plant_hook("acme", there.url, events=(*sorted(KEYS), "repo:news"))
    for event in (*sorted(KEYS), "repo:news"):
        assert answers(sandbox.trigger("acme/web", event)) == [200]
    assert {got.headers["X-Event-Key"] for got in there.received} == {*KEYS, "repo:news"}
    with pytest.raises(SandboxError, match='unknown event "repo:pusj"; did you mean "repo:push"'):
        sandbox.trigger("acme/web", "repo:pusj")
    with pytest.raises(SandboxError, match="events` lists them"):
        sandbox.trigger("acme/web", "☃")
    with pytest.raises(SandboxError, match="no repository"):
        sandbox.trigger("acme/nothing", "repo:push")


@pytest.mark.parametrize(
    ("answered", "attempts"),
    [
        *(([status], [status]) for status in (200, 204, 302, 404, 499)),
        *(([status] * 3, [status] * 3) for status in (500, 599)),
        ([503], [503, 200]),
    ],
)
def test_tries(sandbox: Sandbox, there: Receiver, answered: list[int], attempts: list[int]) -> None:
    """A 5xx is tried twice more, with the same payload and request; nothing else is."""
    there.statuses = [*answered]
    hook = sandbox.plant_hook("acme/web", there.url, **EVERY)
    (sent,) = sandbox.trigger("acme/web", "repo:push").deliveries
    numbers = [got.headers["X-Attempt-Number"] for got in there.received]
    assert numbers == ["1", "2", "3"][: len(attempts)]
    assert len({(got.body, got.headers["X-Request-UUID"]) for got in there.received}) == 1
    assert all(map(is_signed, there.received))
    (kept,) = sandbox.history(hook.uuid)
    assert kept.done
    for seen in (sent, kept):
        assert [attempt.status for attempt in seen.attempts] == attempts


def test_history(sandbox: Sandbox, there: Receiver) -> None:
    """Has what was sent and what was answered; only where it is enabled, and without secrets."""
    there.status = 418
    there.headers = {"X-Echo": f"{SECRET} and more"}
    there.answer = f"line one\nthe secret is {SECRET}".encode()
    kept = sandbox.plant_hook("acme/web", there.url + QUERY, **EVERY)
    quiet = sandbox.plant_hook("acme/web", there.url, secret=SECRET)
    sandbox.trigger("acme/web", "repo:push")

    assert sandbox.history(quiet.uuid) == []
    (sent,) = sandbox.history(kept.uuid)
    (got,) = [received for received in there.received if received.path.endswith(QUERY)]
    assert sent.body == got.body
    assert sent.headers.items() <= got.headers.items()
    assert (sent.event, sent.subject, sent.url) == ("repo:push", "acme/web", kept.url)
    assert sent.last
    assert (sent.last.status, sent.last.reason) == (418, "I'm a Teapot")
    assert sent.last.body == "line one\nthe secret is …"
    assert ("X-Echo", "… and more") in sent.last.headers
    connection = sqlite3.connect(sandbox.path)
    stored = str(connection.execute("SELECT * FROM deliveries").fetchall())
    connection.close()
    assert "acme/web" in stored
    assert SECRET not in stored


def test_history_is_bounded_and_goes_with_its_hook(sandbox: Sandbox, there: Receiver) -> None:
    """The latest hundred of each hook stay; those of others are left alone."""
    hook = sandbox.plant_hook("acme/web", there.url, history_enabled=True)
    other = sandbox.plant_hook("acme/api", there.url, history_enabled=True)
    sandbox.trigger("acme/api", "repo:push")
    for _ in range(MOST + 3):
        sandbox.trigger("acme/web", "repo:push")
    kept = sandbox.history(hook.uuid)
    assert len(kept) == MOST
    assert [sent.id for sent in kept] == sorted((sent.id for sent in kept), reverse=True)
    assert len(sandbox.history(other.uuid)) == 1
    sandbox.delete_hook(hook.uuid)
    connection = sqlite3.connect(sandbox.path)
    assert connection.execute("SELECT count(*) FROM deliveries").fetchone() == (1,)
    connection.close()


def test_no_answer(sandbox: Sandbox) -> None:
    """A receiver that keeps still, and one that isn't there, are given up after one try."""
    sandbox.configure(delivery_timeout_ms=300)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        hook = sandbox.plant_hook("acme/web", f"http://127.0.0.1:{port}/", history_enabled=True)
        (sent,) = sandbox.trigger("acme/web", "repo:push").deliveries
    (outcome,) = sent.attempts
    assert outcome.problem == "there was no answer within 0.3 s"
    sandbox.configure(delivery_timeout_ms=60_000)
    sandbox.change_hook(hook.uuid, url=f"http://127.0.0.1:{port}/")
    sandbox.trigger("acme/web", "repo:push")
    latest, _ = sandbox.history(hook.uuid)
    assert latest.last
    assert latest.last.problem == "nobody listens there (connection refused)"
    assert latest.last.status is None


def test_certificates(sandbox: Sandbox) -> None:
    """Are verified, unless the hook says otherwise."""
    with receiver(tls=True) as safe:
        hook = sandbox.plant_hook("acme/web", safe.url)
        (sent,) = sandbox.trigger("acme/web", "repo:push").deliveries
        assert safe.received == []
        assert sent.last
        assert "didn't pass verification" in str(sent.last.problem)
        sandbox.change_hook(hook.uuid, skip_cert_verification=True)
        assert answers(sandbox.trigger("acme/web", "repo:push")) == [200]
        assert len(safe.received) == 1


def test_a_bundle_that_is_not_there(
    sandbox: Sandbox, there: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Is named as the reason why nothing arrived."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere.pem")
    sandbox.plant_hook("acme/web", there.url.replace("http:", "https:"))
    (sent,) = sandbox.trigger("acme/web", "repo:push").deliveries
    assert sent.last
    assert "REQUESTS_CA_BUNDLE" in str(sent.last.problem)


def test_a_payload_that_is_too_large(sandbox: Sandbox, there: Receiver) -> None:
    """Is not sent at all."""
    hook = sandbox.plant_hook("acme/web", there.url)
    for size, count in ((256 * 1024, 1), (256 * 1024 + 1, 0)):
        there.received.clear()
        sent = Sent(hook, "repo:push", "acme/web", hook.url, {}, b"x" * size)
        delivering.carry_out(sandbox._database, sent)
        assert len(there.received) == count
    assert sent.last
    assert sent.last.problem == "nothing was sent: the payload is larger than 256 KB"


def test_waiting_holds_nothing_up(sandbox: Sandbox) -> None:
    """While a receiver takes its time, the sandbox is written; the hook may even be deleted."""
    with socket.create_server(("127.0.0.1", 0)) as slow:
        hook = sandbox.plant_hook("acme/web", f"http://127.0.0.1:{slow.getsockname()[1]}/", **EVERY)
        runs: list[EventRun] = []
        thread = threading.Thread(
            target=lambda: runs.append(sandbox.trigger("acme/web", "repo:push"))
        )
        thread.start()
        connection, _ = slow.accept()
        (pending,) = sandbox.history(hook.uuid)
        assert not pending.done
        assert pending.last is None
        assert not pending.is_lost
        sandbox.delete_hook(hook.uuid)
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        thread.join(20)
        connection.close()
    (run,) = runs
    assert answers(run) == [200]
    assert run.done


def test_a_run_that_is_read_stays_as_it_was(sandbox: Sandbox, there: Receiver) -> None:
    """Else a page shows a delivery under way, and takes it for done a line below."""
    gate = threading.Event()
    there.before = gate.wait
    sandbox.plant_hook("acme/web", there.url)
    deliverer = delivering.Deliverer(sandbox._database)
    run = prepare(sandbox)
    deliverer.start(run)
    before = deliverer.run(run.id)
    gate.set()
    deliverer.wait(20)
    after = deliverer.run(run.id)
    assert before
    assert after
    assert [before.done, *answers(before)] == [False, None]
    assert [after.done, *answers(after)] == [True, 200]
    assert not deliverer.run("another")


def run_(path: Path, *arguments: str, code: int = 0) -> str:
    """Run `bitbucket-hooks sandbox …`; no secret is ever printed."""
    result = run("sandbox", *arguments, "--db", path, code=code)
    assert "canary" not in result.output
    return result.output


def test_the_commands(path: Path, sandbox: Sandbox, there: Receiver) -> None:
    """`sandbox trigger` tells each answer, `sandbox history` what a hook has sent."""
    assert "No active webhook listens to repo:push" in run_(
        path, "trigger", "acme/web", "repo:push"
    )
    hook = sandbox.plant_hook("acme/web", there.url + QUERY, description="CI", secret=SECRET)
    there.answer = b"taken"
    text = run_(path, "trigger", "acme/web", "repo:push")
    assert re.search(r"acme/web +CI +http://127.0.0.1:\d+/hook\?… +200 OK +1 ", text)
    text = run_(path, "history", "acme/web")
    assert "keeps no history" in text
    assert "Nothing was sent." in text

    run_(path, "change-hook", "acme/web", "CI", "--history-enabled")
    there.status = 500
    (result,) = json.loads(run_(path, "trigger", "acme/web", "repo:push", "--json", code=2))
    assert result | {"seconds": 0, "requestUuid": ""} == {
        "subject": "acme/web",
        "hook": hook.uuid,
        "description": "CI",
        "event": "repo:push",
        "url": there.url + "?…",
        "signed": True,
        "attempts": 3,
        "status": 500,
        "seconds": 0,
        "reason": "Internal Server Error",
        "body": "taken",
        "problem": None,
        "requestUuid": "",
        "accepted": False,
    }
    assert re.search(r"repo:push +500 Internal Server Error +3 ", run_(path, "history", "acme/web"))
    sent: list[dict[str, Any]] = json.loads(run_(path, "history", "acme/web", "CI", "--json"))
    assert sent[0]["request"]["headers"]["X-Request-UUID"] == result["requestUuid"]
    assert [attempt["body"] for attempt in sent[0]["attempts"]] == ["taken"] * 3

    sandbox.change_hook(hook.uuid, url="http://127.0.0.1:1/")
    text = run_(path, "trigger", "acme/web", "repo:push", code=2)
    assert "nobody listens there" in text
    assert "unknown event" in run_(path, "trigger", "acme/web", "x", code=1)


def test_a_delivery_whose_process_died(path: Path, sandbox: Sandbox, there: Receiver) -> None:
    """Is pending for a while, and then shown as interrupted."""
    hook = sandbox.plant_hook("acme/web", there.url, history_enabled=True)
    prepare(sandbox)
    assert " pending " in run_(path, "history", "acme/web")
    forget_process(sandbox)
    assert " interrupted " in run_(path, "history", "acme/web")
    assert sandbox.history(hook.uuid)[0].is_lost
