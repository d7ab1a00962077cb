"""`bitbucket-hooks send`: what arrives at a real receiver, and what is told of its answer."""

from __future__ import annotations

import json
import re
import socket
import ssl
import uuid
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from click.testing import Result

from bitbucket_hooks import verify_signature
from bitbucket_hooks.deliveries.payloads import payload
from bitbucket_hooks.model.events import CATALOGUE
from support.command import run
from support.fake_pulumi import FakePulumi
from support.raw_server import CERTIFICATE, answering, dripping, raw_server
from support.receiver import Receiver, receiver

KEYS = [event.event for event in CATALOGUE]
SECRET = "canary-secret"
SELF_SIGNED = f"self{'-' if ssl.OPENSSL_VERSION_INFO >= (3,) else ' '}signed certificate"
QUERY = "?token=canary-token&v=1&canary-bare"
PRIVATE = "Note: 127.0.0.1 is a private host: Bitbucket itself can't reach it\n"


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No proxy, no bundle of authorities and no stack from outside; one secret."""
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PULUMI_STACK"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOOK_SECRET", SECRET)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def there() -> Iterator[Receiver]:
    """Give a receiver over plain http."""
    with receiver() as state:
        yield state


@pytest.fixture
def safe() -> Iterator[Receiver]:
    """Give a receiver over https whose certificate nobody vouches for."""
    with receiver(tls=True) as state:
        yield state


def send(*arguments: str, code: int = 0) -> Result:
    """Run the command; neither the secret nor the query is ever in what it prints."""
    result = run("send", *arguments, code=code)
    assert "canary" not in result.output
    return result


def as_json(*arguments: str, code: int = 0) -> dict[str, Any]:
    """Run the command for a program."""
    value: dict[str, Any] = json.loads(send(*arguments, "--json", code=code).stdout)
    return value


@pytest.mark.parametrize("event", KEYS)
def test_every_event(there: Receiver, event: str) -> None:
    """Arrives signed, with the headers of a real delivery and a payload of its own."""
    send(event, "--url", there.url + QUERY, "--secret-from", "env:HOOK_SECRET")
    (delivery,) = there.received
    headers = delivery.headers
    assert delivery.path == f"/hook{QUERY}"
    assert verify_signature(SECRET, delivery.body, headers["X-Hub-Signature"])
    assert not verify_signature("another", delivery.body, headers["X-Hub-Signature"])
    assert headers["X-Event-Key"] == event
    assert headers["X-Attempt-Number"] == "1"
    assert headers["User-Agent"] == "Bitbucket-Webhooks/2.0"
    assert headers["Content-Type"] == "application/json"
    for name in ("X-Hook-UUID", "X-Request-UUID"):
        assert headers[name] == str(uuid.UUID(headers[name]))  # no braces
    content = json.loads(delivery.body)
    assert content["actor"]["type"] == "user"
    assert ("project" if event == "project:updated" else "repository") in content


def test_without_a_secret(there: Receiver) -> None:
    """There is no signature, as from Bitbucket."""
    result = send("repo:push", "--url", there.url)
    (delivery,) = there.received
    assert not delivery.headers.keys() & {"X-Hub-Signature", "Authorization"}
    first, second = result.stdout.splitlines()
    size = len(delivery.body)
    assert first == f"sent         repo:push to {there.url}, {size} bytes, not signed"
    assert re.fullmatch(r"answer       200 OK, in \d+\.\d\ds", second)
    assert result.stderr == PRIVATE


AT = datetime(2026, 8, 1, 12, tzinfo=timezone.utc)


def sample(event: str) -> dict[str, Any]:
    """Give the payload of an event."""
    return payload(event, "acme", "web", AT)


@pytest.mark.parametrize("event", KEYS)
def test_payloads(event: str) -> None:
    """Fit into a delivery, name the repository throughout, and have links that can be followed."""
    content = sample(event)
    text = json.dumps(content)
    assert len(text) < 256 * 1024
    links = re.findall(r'"href": "([^"]*)"', text)
    assert links
    assert all(link.startswith("https://") and "//" not in link[8:] for link in links)
    if event == "repo:fork":
        assert content["fork"]["parent"]["uuid"] == content["repository"]["uuid"]
        assert content["fork"]["uuid"] != content["repository"]["uuid"]
    if event != "project:updated":
        assert content["repository"]["full_name"] == "acme/web"
        assert content["repository"]["uuid"] == sample("repo:push")["repository"]["uuid"]


def test_a_push() -> None:
    """Tells what moved from where to where, and the commits between."""
    (change,) = sample("repo:push")["push"]["changes"]
    (commit,) = change["commits"]
    assert (change["old"]["type"], change["new"]["type"]) == ("branch", "branch")
    assert change["new"]["target"]["hash"] == commit["hash"]
    assert commit["parents"][0]["hash"] == change["old"]["target"]["hash"]
    assert re.fullmatch("[0-9a-f]{40}", commit["hash"])
    assert commit["author"]["raw"].endswith("<author@example.com>")
    flags = ("created", "closed", "forced", "truncated")
    assert [change[flag] for flag in flags] == [False] * 4


REQUEST_STATES = {"pullrequest:fulfilled": "MERGED", "pullrequest:rejected": "DECLINED"}
REQUEST_DETAILS = {"approved": "approval", "unapproved": "approval", "changes": "changes_request"}


@pytest.mark.parametrize("event", [key for key in KEYS if key.startswith("pullrequest:")])
def test_a_pull_request(event: str) -> None:
    """Is in the state that the event left it in, and tells what was said."""
    content = sample(event)
    request = content["pullrequest"]
    state = REQUEST_STATES.get(event, "OPEN")
    word = event.removeprefix("pullrequest:").partition("_")[0]
    detail = "comment" if word == "comment" else REQUEST_DETAILS.get(word)
    assert content.keys() - {"actor", "repository", "pullrequest"} == {detail} - {None}
    assert request["state"] == state
    assert (request["merge_commit"] is not None) == (state == "MERGED")
    assert (request["closed_by"] is not None) == (state != "OPEN")
    assert bool(request["reason"]) == (state == "DECLINED")
    for end in ("source", "destination"):
        assert request[end].keys() == {"branch", "commit", "repository"}
    (reviewer,) = request["participants"]
    assert reviewer["approved"] == (word == "approved")
    assert (reviewer["state"] == "changes_requested") == event.endswith("request_created")
    assert request["comment_count"] == (detail == "comment")
    if detail == "comment":
        comment = content["comment"]
        assert comment["deleted"] == event.endswith("deleted")
        assert ("resolution" in comment) == event.endswith("resolved")
        for link in ("html", "self"):
            assert comment["links"][link]["href"].startswith(request["links"][link]["href"])


@pytest.mark.parametrize(
    ("event", "more"),
    [
        ("issue:created", set()),
        ("issue:updated", {"comment", "changes"}),
        ("issue:comment_created", {"comment"}),
    ],
)
def test_an_issue(event: str, more: set[str]) -> None:
    """Tells what changed and what was said."""
    content = sample(event)
    assert content.keys() == {"actor", "repository", "issue", *more}
    if "changes" in more:
        assert content["changes"]["status"]["new"] == content["issue"]["state"] == "open"


@pytest.mark.parametrize(
    ("event", "meant"),
    [
        ("repo:psh", 'unknown event "repo:psh"; did you mean "repo:push"?'),
        ("pullrequest:merged", 'did you mean "pullrequest:fulfilled"?'),
        ("\x1b[31mzzz", 'unknown event "\\x1b[31mzzz"; `bitbucket-hooks events` lists them'),
    ],
)
def test_unknown_events(there: Receiver, event: str, meant: str) -> None:
    """Are mistakes; nothing is sent."""
    assert meant in send(event, "--url", there.url, code=1).stderr
    assert there.received == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "no receiver is named; give --url URL, or --hook NAME"),
        (["--url", ""], "--url: must not be empty"),
        (["--url", "ftp://x.example.com/?canary"], "--url: must start with https://"),
        (["--url", "https://me:canary@x.example.com/"], "--url: contains credentials"),
        (["--url", "http://127.0.0.1/ canary"], "--url: contains a space"),
        (["--url", "http://127.0.0.1:9/", "--secret-from", "canary"], "Give env:NAME or file:PATH"),
        (["--url", "http://127.0.0.1:9/", "--secret-from", "env:NO"], "the variable is not set"),
        (["--url", "http://127.0.0.1:9/", "--timeout", "0"], "--timeout"),
        (["--hook", "ci", "--stack", "dev"], "there is no Pulumi.yaml"),
    ],
)
def test_mistakes(arguments: list[str], message: str) -> None:
    """Are told before anything is sent."""
    assert message in send("repo:push", *arguments, code=1).stderr


@pytest.mark.parametrize(("status", "code"), [(200, 0), (204, 0), (299, 0), (301, 2), (500, 2)])
def test_answers(there: Receiver, status: int, code: int) -> None:
    """A 2xx is fine; everything else is the receiver's failure, and is not tried again."""
    there.status = status
    assert as_json("repo:push", "--url", there.url, code=code)["status"] == status
    assert len(there.received) == 1


def test_what_the_receiver_says(there: Receiver) -> None:
    """Is shown by its first line, harmless for a terminal."""
    there.status, there.reason = 403, "Go \x9b away"
    there.answer = b"\r\n  \x1b[31mbad\xff signature \nTraceback\n"
    result = send("repo:push", "--url", there.url, code=2)
    _, answer, line = result.stdout.splitlines()
    assert answer.startswith("answer       403 Go \\x9b away, in ")
    assert line == " " * 13 + "\\x1b[31mbad\N{REPLACEMENT CHARACTER} signature"


@pytest.mark.parametrize(
    "echo",
    [
        f"no route for /hook{QUERY}",
        "no route for /hook?token=canary-token&amp;v=1&amp;canary-bare",
        "v=1, canary-bare",
        json.dumps({"query": QUERY}).replace("-", "\\u002d"),
        "got canary%2Dtoken",
        f"expected {SECRET}",
        "x" * 190 + SECRET,
    ],
)
def test_what_a_receiver_echoes(there: Receiver, echo: str) -> None:
    """Gives neither the query nor the secret away; `send` looks for `canary` in every output."""
    there.status, there.reason, there.answer = 404, f"No {QUERY} {SECRET}", echo.encode()
    there.headers["Location"] = f"/{SECRET}/{QUERY}"
    arguments = ("repo:push", "--url", there.url + QUERY, "--secret-from", "env:HOOK_SECRET")
    found = as_json(*arguments, code=2)
    assert "…" in found["body"]
    assert found["reason"] == "No ?… …"
    assert found["url"] == f"{there.url}?…"
    line = send(*arguments, code=2).stdout.splitlines()[2]
    assert line.endswith("to /…/?…, which isn't followed")


def test_a_redirect(there: Receiver) -> None:
    """Isn't followed: the signature is for one receiver."""
    there.status, there.headers["Location"] = 307, f"{there.url}/other{QUERY}"
    result = send("repo:push", "--url", there.url, code=2)
    assert f"to {there.url}/other?…, which isn't followed" in result.stdout
    assert len(there.received) == 1


def test_json(there: Receiver) -> None:
    """Tells programs the same."""
    there.answer = b"thanks"
    found = as_json("repo:push", "--url", there.url, "--secret-from", "env:HOOK_SECRET")
    (delivery,) = there.received
    assert 0 <= found.pop("seconds") < 60
    assert found == {
        "event": "repo:push",
        "url": there.url,
        "requestUuid": delivery.headers["X-Request-UUID"],
        "bytes": len(delivery.body),
        "signed": True,
        "status": 200,
        "reason": "OK",
        "body": "thanks",
        "location": None,
        "problem": None,
        "certificatePasses": None,
        "certificateProblem": None,
    }


def test_a_certificate_that_does_not_pass(safe: Receiver) -> None:
    """Ends it with the reason, before anything is sent."""
    found = as_json("repo:push", "--url", safe.url + QUERY, code=2)
    assert (found["status"], found["certificatePasses"]) == (None, False)
    assert found["certificateProblem"] == SELF_SIGNED
    assert found["problem"] == "nothing was sent, as its TLS certificate didn't pass verification"
    assert safe.received == []
    shown = send("repo:push", "--url", safe.url + QUERY, code=2).stdout.splitlines()
    assert shown[1] == f"certificate  doesn't pass verification: {SELF_SIGNED}"
    assert shown[3].endswith(f": {found['problem']}")


def test_insecure(safe: Receiver) -> None:
    """Delivers all the same, and still says that Bitbucket wouldn't."""
    arguments = ("repo:push", "--url", safe.url, "--insecure", "--secret-from", "env:HOOK_SECRET")
    result = send(*arguments)
    (delivery,) = safe.received
    assert verify_signature(SECRET, delivery.body, delivery.headers["X-Hub-Signature"])
    _, certificate, remark, answer = result.stdout.splitlines()
    assert certificate == f"certificate  doesn't pass verification: {SELF_SIGNED}"
    assert remark.strip() == "Bitbucket delivers there only with skip_cert_verification"
    assert answer.startswith("answer       200 OK")
    found = as_json(*arguments)
    assert (found["status"], found["certificatePasses"], found["problem"]) == (200, False, None)


def test_a_certificate_that_passes(safe: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    """Is told, too; the usual variable names who may vouch for it."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(CERTIFICATE))
    result = send("repo:push", "--url", safe.url, "--insecure")
    assert result.stdout.splitlines()[1] == "certificate  passes verification"
    assert len(safe.received) == 1


def test_authorities_that_are_not_there(safe: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    """Are a mistake in the environment, not the receiver's failure."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere/canary.pem")
    result = send("repo:push", "--url", safe.url, "--insecure", code=1)
    assert "REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE names no file" in result.stderr
    assert safe.received == []


DRIPPING_HEAD = dripping(b"HTTP/1.1 200 OK\r\nX-Slow: ")
DRIPPING_BODY = dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n")


def _silent(connection: socket.socket) -> None:
    while connection.recv(65536):
        pass


BROKEN = "the connection broke before there was an answer"


@pytest.mark.parametrize(
    ("serve", "problem"),
    [
        (DRIPPING_HEAD, "there was no answer within 0.3 s"),
        (DRIPPING_BODY, "there was no answer within 0.3 s"),
        (_silent, "there was no answer within 0.3 s"),
        (answering(b""), BROKEN),
        (answering(b"nonsense\r\n\r\n"), BROKEN),
        (
            answering(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nshort"),
            "the connection broke in the middle of the answer",
        ),
        (
            answering(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nbad"),
            "the answer's body can't be decoded",
        ),
    ],
)
def test_no_answer(serve: Any, problem: str) -> None:
    """Is told in words that hold nothing of the url, with how long it took."""
    with raw_server(serve) as (base, connections):
        wait = "0.3" if serve in (DRIPPING_HEAD, DRIPPING_BODY, _silent) else "9"
        result = send("repo:push", "--url", base + QUERY, "--timeout", wait, code=2)
        assert len(connections) == 1
    assert re.search(
        rf"answer +none, after \d+\.\d\ds: {re.escape(problem)}$", result.stdout, re.MULTILINE
    )


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("http://127.0.0.1:{port}/", "nobody listens there (connection refused)"),
        ("http://nowhere.invalid/", "its host name can't be resolved"),
        (
            "https://127.0.0.1:{plain}/",
            "no TLS connection could be made; is it an http:// address?",
        ),
        ("http://*.example.com/", "its host name can't be read as one"),
        ("http://a..example.com/", "its host name can't be read as one"),
    ],
)
def test_nobody_there(
    there: Receiver, url: str, problem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Is told by what is in the way."""
    monkeypatch.setenv("NO_PROXY", "*")
    plain = there.url.removesuffix("/hook").rpartition(":")[2]
    address = url.format(port=_free_port(), plain=plain)
    found = as_json("repo:push", "--url", address + QUERY, code=2)
    assert (found["status"], found["problem"]) == (None, problem)
    assert there.received == []


def test_a_proxy_that_is_not_there(monkeypatch: pytest.MonkeyPatch, there: Receiver) -> None:
    """Is named as what is in the way; this machine's own receiver needs none."""
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{_free_port()}")
    found = as_json("repo:push", "--url", "http://ci.example.com/", code=2)
    assert found["problem"] == "the proxy didn't let it through"
    send("repo:push", "--url", there.url)
    send("repo:push", "--url", there.url.replace("127.0.0.1", "localhost"))
    assert len(there.received) == 2


def test_a_netrc(there: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Has credentials for others."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password canary\n")
    monkeypatch.setenv("NETRC", str(netrc))
    assert requests.utils.get_netrc_auth(there.url) == ("me", "canary")
    send("repo:push", "--url", there.url)
    assert "Authorization" not in there.received[0].headers


def _stacks(folder: Path, **stacks: list[dict[str, Any]]) -> None:
    shared = {"bitbucket:workspace": "widgets", "bitbucket:apiUrl": "sandbox:.sandbox.db"}
    (folder / "Pulumi.yaml").write_text(yaml.safe_dump({"name": "hooks", "config": shared}))
    for name, hooks in stacks.items():
        text = yaml.safe_dump({"config": {"bitbucket-hooks:hooks": hooks}})
        (folder / f"Pulumi.{name}.yaml").write_text(text)


SEALED = {"secure": "v1:abc"}


def test_a_hook_of_a_stack(there: Receiver, tmp_path: Path) -> None:
    """Gives the url, the secret, and what the payload tells of."""
    ci = {"name": "ci", "url": there.url + QUERY, "repositories": ["svc-*", "gears"]}
    _stacks(
        tmp_path,
        dev=[{**ci, "secretFrom": "env:HOOK_SECRET"}, {**ci, "name": "other", "url": there.url}],
    )
    result = send("repo:push", "--hook", "ci")
    (delivery,) = there.received
    assert delivery.path == f"/hook{QUERY}"
    assert verify_signature(SECRET, delivery.body, delivery.headers["X-Hub-Signature"])
    assert json.loads(delivery.body)["repository"]["full_name"] == "widgets/gears"
    assert result.stderr == PRIVATE


@pytest.mark.parametrize(
    ("hook", "signed", "note"),
    [
        ({"secret": SECRET}, True, None),
        ({"secret": ""}, False, None),
        ({}, False, "doesn't say what the hook's secret is"),
        ({"events": ["repo:fork"], "secret": ""}, False, 'hook "ci" doesn\'t listen to repo:push'),
        ({"repositories": ["svc-*"], "secret": ""}, False, None),
    ],
)
def test_what_a_stack_says(
    there: Receiver, tmp_path: Path, hook: dict[str, Any], note: str | None, *, signed: bool
) -> None:
    """Of the secret, and of the events that the hook listens to."""
    ci = {"name": "ci", "url": there.url, "repositories": ["web"]}
    _stacks(tmp_path, dev=[{**ci, **hook}])
    result = send("repo:push", "--hook", "ci")
    assert ("X-Hub-Signature" in there.received[0].headers) == signed
    assert (note or "") in result.stderr
    assert len(result.stderr.splitlines()) == (1 if note is None else 2)


def test_options_go_before_the_stack(
    there: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is encrypted there is given by hand where the engine doesn't open it."""
    monkeypatch.setenv("PATH", str(tmp_path))
    ci = {"name": "ci", "url": SEALED, "secret": SEALED, "repositories": ["web"]}
    _stacks(tmp_path, dev=[ci], prod=[])
    arguments = ("repo:push", "--hook", "ci", "--stack", "organization/hooks/dev")
    assert "Or give it with --url URL." in send(*arguments, code=1).stderr
    given = (*arguments, "--url", there.url)
    message = send(*given, code=1).stderr
    assert 'the secret of hook "ci" is encrypted in the stack dev' in message
    assert "there is no `pulumi` on the PATH" in message
    assert "Or give it with --secret-from env:NAME or file:PATH." in message
    assert as_json(*given, "--secret-from", "env:HOOK_SECRET")["signed"]
    assert len(there.received) == 1


def test_what_is_encrypted(
    there: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Is opened by the engine, and a url that is a secret shows nowhere."""
    path = f"/services/{SECRET}-in-the-path"
    url = there.url.replace("/hook", path)
    ci = {"name": "ci", "repositories": ["web"]}
    _stacks(tmp_path, dev=[{**ci, "url": SEALED, "secret": SEALED}])
    opened = [{**ci, "url": url, "secret": SECRET}]
    fake = FakePulumi(tmp_path / "bin").put()
    fake.says("config", {"bitbucket-hooks:hooks": {"objectValue": opened, "secret": True}})
    monkeypatch.setenv("PATH", fake.path)
    there.answer = f"no route for {path}".encode()
    result = send("repo:push", "--hook", "ci")
    (delivery,) = there.received
    assert delivery.path == path
    assert verify_signature(SECRET, delivery.body, delivery.headers["X-Hub-Signature"])
    assert SECRET not in result.output
    assert f"repo:push to {there.url.removesuffix('hook')}…, " in result.stdout
    assert "no route for …" in result.stdout


def test_a_hook_whose_certificate_goes_unchecked(safe: Receiver, tmp_path: Path) -> None:
    """Gets its delivery, as it does from Bitbucket."""
    ci = {"name": "ci", "url": safe.url, "repositories": ["web"], "skipCertVerification": True}
    _stacks(tmp_path, dev=[ci])
    found = as_json("repo:push", "--hook", "ci")
    assert (found["status"], found["certificatePasses"]) == (200, False)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["--hook", "nope", "-s", "dev"],
            'the stack dev has no hook "nope"\nName one of: ci, unset.',
        ),
        (
            ["--hook", "ci", "-s", "prod"],
            'the stack prod has no hook "ci"\nDeclare it there first.',
        ),
        (
            ["--hook", "ci"],
            "the hook's stack isn't named, and there are 3\nName one of: bad, ",
        ),
        (["--hook", "ci", "-s", "bad"], "the stack config of bad has mistakes"),
        (["--hook", "unset", "-s", "dev"], "or give another place with --secret-from"),
        (["--hook", "ci", "-s", "none"], "there is no Pulumi.none.yaml"),
    ],
)
def test_hooks_that_are_not_there(tmp_path: Path, arguments: list[str], message: str) -> None:
    """Are mistakes that say what there is."""
    ci = {"name": "ci", "url": "http://127.0.0.1:9/", "repositories": ["web"]}
    unset = {**ci, "name": "unset", "repositories": ["api"], "secretFrom": "env:NOT_SET"}
    _stacks(tmp_path, dev=[ci, unset], prod=[], bad=[{"name": "ci"}])
    assert message in send("repo:push", *arguments, code=1).stderr
