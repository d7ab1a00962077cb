"""`bitbucket-hooks doctor` without a project: accounts, their rights and limits, the network."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import click.testing
import pytest
from click.testing import CliRunner, Result

from bitbucket_hooks.cli import main
from bitbucket_hooks.doctor import connection, limits, network
from bitbucket_hooks.doctor.configuration import ConfiguredAccount
from bitbucket_hooks.doctor.connection import Connection
from bitbucket_hooks.model.settings import Settings
from bitbucket_hooks.sandbox.admin import Sandbox
from bitbucket_hooks.sandbox.seed import OWNER_EMAIL, OWNER_TOKEN
from bitbucket_hooks.sandbox.server import serve
from support.fake_pulumi import unmeasured
from support.raw_server import answering, raw_server
from support.rooms import Canned, canned_client

ONLY_READS = ("read:webhook:bitbucket", "read:repository:bitbucket")


def run(env: Mapping[str, str], *arguments: str, code: int = 0) -> Result:
    """Run the command and expect an exit code; nothing that it prints holds a canary."""
    runner = CliRunner(env={**unmeasured(), **env})
    result = runner.invoke(main, ["doctor", *arguments], catch_exceptions=False)
    assert result.exit_code == code, result.output
    assert "canary" not in result.output, result.output
    assert "Traceback" not in result.output
    return result


Findings = dict[str, list[dict[str, Any]]]


def told(env: Mapping[str, str], *arguments: str, code: int = 0) -> Findings:
    """Give the findings by check."""
    shown = json.loads(run(env, "--json", *arguments, code=code).stdout)
    assert shown["exitCode"] == code
    found: Findings = {}
    for one in shown["findings"]:
        found.setdefault(one["check"], []).append(one)
    return found


def levels(found: Findings, check: str) -> list[str]:
    """Give how bad the findings of a check are."""
    return [one["level"] for one in found.get(check, ())]


def what(found: Findings, check: str) -> str:
    """Give all that is said of a check, on one line."""
    parts = [[one["what"], *one["details"], one["remedy"] or ""] for one in found.get(check, ())]
    return " ".join(" ".join(part) for part in parts)


TOKEN = "BITBUCKET_OAUTH_TOKEN"
OWNER = {"BITBUCKET_USERNAME": OWNER_EMAIL, "BITBUCKET_PASSWORD": OWNER_TOKEN}


@pytest.fixture(autouse=True)
def _apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(connection, "PATIENCE", 0.3)


@pytest.fixture
def api(sandbox_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Serve the sandbox as the API of the environment's account."""
    with serve(sandbox_path) as base:
        monkeypatch.setenv("BITBUCKET_API_URL", base)
        monkeypatch.setenv("BITBUCKET_WORKSPACE", "acme")
        yield base


@pytest.mark.usefixtures("api")
def test_nobody() -> None:
    """Without credentials that is what has to be mended; the API is reached all the same."""
    found = told({}, code=1)
    assert levels(found, "credentials") == ["error"]
    assert "BITBUCKET_OAUTH_TOKEN" in what(found, "credentials")
    assert levels(found, "clock") == ["ok"]
    assert "scopes" not in found


@pytest.mark.usefixtures("api")
def test_an_api_token(sandbox: Sandbox) -> None:
    """Who it is; what an answer proves, and what can't be known; nothing is written."""
    found = told(OWNER)
    assert "the API token of owner@acme.example, from the environment" in what(found, "credentials")
    assert "Olivia Owner" in what(found, "identity")
    assert levels(found, "scopes") == ["ok", "note"]
    known, open_ = found["scopes"]
    assert known["what"] == "enough to read repositories"
    assert "delete webhooks" in open_["what"]
    assert "delete:webhook:bitbucket" in open_["remedy"]
    assert "a year at most" in what(found, "expiry")
    assert "id.atlassian.com" in what(found, "expiry")
    assert {one.method for one in sandbox.requests()} == {"GET"}


@pytest.mark.usefixtures("api")
def test_scopes_that_the_service_tells(sandbox: Sandbox) -> None:
    """By a header: then every action is known, and what is missing has a name."""
    sandbox.configure(scope_headers=True)
    assert levels(told(OWNER), "scopes") == ["ok"]
    token = sandbox.issue_api_token(OWNER_EMAIL, [*ONLY_READS, "read:user:bitbucket"])
    found = told({**OWNER, "BITBUCKET_PASSWORD": token}, code=1)
    assert levels(found, "scopes") == ["ok", "error", "note"]
    lacking = found["scopes"][1]
    assert lacking["what"] == "too few to create and change webhooks and delete webhooks"
    assert "write:webhook:bitbucket and delete:webhook:bitbucket" in lacking["remedy"]
    assert "write:pullrequest:bitbucket" in found["scopes"][2]["remedy"]


@pytest.mark.parametrize(
    ("told_scopes", "known"),
    [
        ("read:webhook:bitbucket", ["ok", "error", "note"]),
        ("something else", ["note"]),  # words that nobody knows prove no lack
        ("webhook, repository", ["ok", "note"]),
    ],
)
def test_scopes_of_an_api_token_in_other_words(told_scopes: str, known: list[str]) -> None:
    """Which words the header uses is reported, and not sure."""
    body = b'{"type": "user"}'
    head = (
        f"HTTP/1.1 200 OK\r\nX-OAuth-Scopes: {told_scopes}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with raw_server(answering(head.encode() + body)) as (base, _):
        found = told({**OWNER, "BITBUCKET_API_URL": base}, code=int("error" in known))
    assert levels(found, "scopes") == known
    assert what(found, "identity") == "somebody without a name "


@pytest.mark.usefixtures("api")
def test_scopes_that_a_refusal_tells(sandbox: Sandbox) -> None:
    """Of an access token that may not ask who it is, nor for repositories."""
    found = told({TOKEN: sandbox.issue_access_token("acme", ["webhook"])}, code=1)
    assert levels(found, "identity") == ["note"]
    assert "or an OAuth token; it may not ask who it is" in what(found, "identity")
    assert levels(found, "scopes") == ["ok", "error", "note"]
    assert found["scopes"][1]["details"] == ["It has: webhook"]
    assert "Access tokens" in what(found, "expiry")


@pytest.mark.usefixtures("api")
def test_kinds_of_access_tokens(sandbox: Sandbox) -> None:
    """The headers of the limit come with three kinds only; such a token belongs to nobody."""
    sandbox.configure(rate_limit=500)
    token = sandbox.issue_access_token("acme", ["webhook", "repository", "account"])
    found = told({TOKEN: token})
    assert what(found, "identity").startswith("an access token of a repository, a project or a w")
    assert "500 requests an hour, as Bitbucket tells" in what(found, "pace")
    assert levels(found, "headroom") == ["ok"]
    found = told({TOKEN: token, "BITBUCKET_RATE_LIMIT": "900"})
    assert levels(found, "pace") == ["warning"]
    found = told({TOKEN: token, "BITBUCKET_RATE_LIMIT": "100"})
    assert "100 requests an hour (bitbucket:rateLimit)" in what(found, "pace")
    sandbox.configure(rate_limit=9)
    assert levels(told({TOKEN: token}), "headroom") == ["warning"]


def test_the_public_limit() -> None:
    """Is what the documentation says, until Bitbucket tells more."""

    def said(rate_limit: int | None = None) -> str:
        settings = Settings(rate_limit=rate_limit)
        account = ConfiguredAccount(None, settings)
        connected = Connection(account, settings, canned_client(Canned())[0])
        costs = {"preview": 20, limits.REFRESH: 2520, "first up": 5020}
        found = [
            *limits.pace(connected, costs),
            *limits.headroom(connected, costs),
            *limits.requests(connected, costs),
        ]
        return " ".join(one.what for one in found)

    assert "1,000 requests an hour, as Bitbucket documents Bitbucket doesn't tell" in said()
    assert "preview 20, refresh or drift 2,520 (over 2 hours), first up 5,020 (over 5 h" in said()
    assert "5,000 requests an hour (bitbucket:rateLimit); 1,000 is what Bitbucket pr" in said(5000)
    assert "refresh or drift 2,520, first up 5,020 (over 1 hour)" in said(5000)


@pytest.mark.usefixtures("api")
def test_an_oauth_consumer(sandbox: Sandbox) -> None:
    """Its token tells scopes and life."""
    client, secret = sandbox.add_oauth_consumer("acme")
    given = {"BITBUCKET_OAUTH_CLIENT_ID": client, "BITBUCKET_OAUTH_CLIENT_SECRET": secret}
    result = run(given)
    assert secret not in result.output
    found = told(given)
    assert levels(found, "scopes") == ["ok"]
    assert "lasts 2 h and is renewed" in what(found, "expiry")
    sandbox.configure(oauth_seconds=600)
    assert "lasts 10 min" in what(told(given), "expiry")
    sandbox.configure(oauth_seconds=30)
    assert levels(told(given), "expiry") == ["warning"]
    found = told({**given, "BITBUCKET_OAUTH_CLIENT_SECRET": "canary-wrong"}, code=1)
    assert levels(found, "identity") == ["error"]
    assert "private consumer" in what(found, "identity")
    assert levels(found, "scopes") == ["unknown"]


@pytest.mark.usefixtures("api")
@pytest.mark.parametrize(
    ("user", "password"),
    [("olivia", "canary-password"), (OWNER_EMAIL, "ATBBcanaryABCDEFGHIJKLMNOPQRSTUVWX")],
)
def test_app_passwords(user: str, password: str) -> None:
    """Are recognised by their user or by their look."""
    found = told({"BITBUCKET_USERNAME": user, "BITBUCKET_PASSWORD": password}, code=1)
    assert levels(found, "credentials") == ["error"]
    assert "removed in July 2026" in what(found, "credentials")
    assert "API token with Bitbucket scopes" in what(found, "credentials")


@pytest.mark.usefixtures("api")
@pytest.mark.parametrize(
    ("given", "remedy"),
    [
        ({TOKEN: "ATATTcanary"}, "Set it as bitbucket:password"),
        (
            {"BITBUCKET_USERNAME": "a@b.c", "BITBUCKET_PASSWORD": "ATCTTcanary"},
            "Set it as bitbucket:oauthToken",
        ),
        (
            {"BITBUCKET_USERNAME": "x-token-auth", "BITBUCKET_PASSWORD": "canary"},
            "Set it as bitbucket:oauthToken",
        ),
    ],
)
def test_credentials_in_the_wrong_place(given: dict[str, str], remedy: str) -> None:
    """Are known by how they begin, before anything is asked."""
    found = told(given, code=1)
    assert levels(found, "credentials") == ["error"]
    assert remedy in what(found, "credentials")


@pytest.mark.usefixtures("api")
def test_a_wrong_token() -> None:
    """Is refused, which is ours to mend."""
    found = told({TOKEN: "canary-token"}, code=1)
    assert levels(found, "identity") == ["error"]
    assert "not revoked and not expired" in what(found, "identity")
    assert levels(found, "scopes") == ["unknown"]
    assert "pace" not in found


@pytest.mark.parametrize("status", ["400 Bad Request", "401 Unauthorized", "404 Not Found"])
@pytest.mark.parametrize("workspace", ["", "acme"])
def test_an_access_token_without_a_user(status: str, workspace: str) -> None:
    """However `/user` turns it down, it is judged by what it gets elsewhere."""

    def serve(connection: socket.socket) -> None:
        asked = connection.recv(65536)
        body, line = b'{"values": []}', "200 OK"
        if b" /user " in asked:
            body, line = b"no", status
        head = f"HTTP/1.1 {line}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        connection.sendall(head.encode() + body)

    with raw_server(serve) as (base, _):
        env = {"BITBUCKET_API_URL": base, TOKEN: "canary", "BITBUCKET_WORKSPACE": workspace}
        found = told(env)
    sure = bool(workspace) or "404" in status
    assert levels(found, "identity") == ["note" if sure else "unknown"]
    assert "error" not in {one["level"] for every in found.values() for one in every}


def test_two_kinds_at_once() -> None:
    """Is a mistake that needs no network."""
    variables = {TOKEN: "canary-token", "BITBUCKET_USERNAME": "a@b.example"}
    found = told(variables, code=1)
    assert "two kinds" in what(found, "credentials")
    assert "api" not in found


@pytest.mark.usefixtures("api")
def test_the_service_fails(sandbox: Sandbox) -> None:
    """5xx, a rate limit, nobody there: not ours to mend."""
    sandbox.plan_fault("503", "GET", "/2.0/user", times=100)
    found = told(OWNER, code=2)
    assert "503" in what(found, "identity")
    sandbox.clear_faults()
    sandbox.configure(rate_limit=1)
    told(OWNER, code=2)
    found = told(OWNER, code=2)
    assert "rate limit" in what(found, "identity")
    assert "maxWait" not in what(found, "identity")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    found = told({**OWNER, "BITBUCKET_API_URL": f"http://127.0.0.1:{port}/2.0"}, code=2)
    assert "no connection" in what(found, "identity")
    assert levels(found, "clock") == ["unknown"]


@pytest.mark.usefixtures("api")
def test_a_workspace_that_is_not_there() -> None:
    """Is told as what it is."""
    found = told({**OWNER, "BITBUCKET_WORKSPACE": "nowhere"}, code=1)
    assert levels(found, "access") == ["error"]
    assert "not found" in what(found, "access")


def test_the_embedded_sandbox(sandbox_path: Path) -> None:
    """Needs no credentials and no network."""
    found = told({"BITBUCKET_API_URL": f"sandbox:{sandbox_path}"})
    assert "the owner of the sandbox" in what(found, "credentials")
    assert "no network is used" in what(found, "api")
    assert not {"proxy", "tls", "clock", "expiry"} & found.keys()
    fresh = told({"BITBUCKET_API_URL": f"sandbox:{sandbox_path.parent / 'new.db'}"})
    assert "which the first run makes" in what(fresh, "api")
    assert levels(fresh, "identity") == ["note"]
    assert not (sandbox_path.parent / "new.db").exists()
    lost = told({"BITBUCKET_API_URL": f"sandbox:{sandbox_path.parent / 'none' / 'new.db'}"}, code=1)
    assert "first run" not in what(lost, "api")
    assert "can't be made: its folder isn't there" in what(lost, "identity")


@pytest.mark.parametrize(
    ("off", "level", "said"),
    [
        (timedelta(seconds=3), "ok", "goes with"),
        (timedelta(minutes=-2, seconds=-30), "warning", "2 min"),
        (timedelta(hours=3, seconds=30), "error", "3 h 0 min behind"),
        (None, "unknown", "no answer"),
    ],
)
def test_the_clock(off: timedelta | None, level: str, said: str) -> None:
    """Is held against the time that answers tell."""
    date = "no date"
    if off is not None:
        date = format_datetime(datetime.now(timezone.utc) + off, usegmt=True)
    body = b'{"type": "user", "display_name": "\\u001b[31mOlivia"}'
    head = f"HTTP/1.1 200 OK\r\nDate: {date}\r\nContent-Length: {len(body)}\r\n\r\n"
    with raw_server(answering(head.encode() + body)) as (base, _):
        code = 1 if level == "error" else 0
        found = told({"BITBUCKET_API_URL": base, TOKEN: "canary"}, code=code)
    assert levels(found, "clock") == [level]
    assert said in what(found, "clock")
    assert what(found, "identity") == "\\x1b[31mOlivia "


def test_a_certificate_that_nobody_vouches_for() -> None:
    """Has the remedy of who sits behind a proxy that opens TLS."""
    with raw_server(answering(b""), tls=True) as (base, _):
        found = told({"BITBUCKET_API_URL": base, TOKEN: "canary"}, code=2)
    assert "REQUESTS_CA_BUNDLE" in what(found, "identity")


NOWHERE = {"BITBUCKET_API_URL": "https://127.0.0.1:9/2.0", TOKEN: "canary"}


def test_the_proxy() -> None:
    """Is named without its password; NO_PROXY is heeded."""
    found = told({**NOWHERE, "HTTPS_PROXY": "http://user:canary-pw@127.0.0.1:9"}, code=2)
    assert "http://(credentials hidden)@127.0.0.1:9" in what(found, "proxy")
    assert "the proxy refused or can't be reached" in what(found, "identity")
    found = told({**NOWHERE, "HTTPS_PROXY": "127.0.0.1:9"}, code=2)
    assert what(found, "proxy").startswith("http://127.0.0.1:9 ")
    found = told({**NOWHERE, "HTTPS_PROXY": "http://u:canary@p:1", "NO_PROXY": "127.0.0.1"}, code=2)
    assert what(found, "proxy") == "none, as NO_PROXY says "
    assert what(told({**NOWHERE}, code=2), "proxy") == "none "
    for wrong in ("http://canary:99999999", "http://", "http://[canary"):
        found = told({**NOWHERE, "HTTPS_PROXY": wrong}, code=1)
        assert levels(found, "proxy") == ["error"]


def test_authorities(tmp_path: Path) -> None:
    """Those of a bundle, which must be there, or the usual ones."""
    assert "usual" in what(told({**NOWHERE}, code=2), "tls")
    bundle = tmp_path / "ca.pem"
    found = told({**NOWHERE, "REQUESTS_CA_BUNDLE": str(bundle)}, code=1)
    assert levels(found, "tls") == ["error"]
    bundle.write_text("")
    found = told({**NOWHERE, "CURL_CA_BUNDLE": str(bundle)}, code=2)
    assert "(CURL_CA_BUNDLE)" in what(found, "tls")


@pytest.mark.usefixtures("api")
def test_a_check_that_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Is told without the text of a stranger's error, and the others are done."""

    def broken(*_: object) -> Iterator[Any]:
        raise KeyError("canary")

    monkeypatch.setitem(network.CHECKS, "clock", broken)
    found = told(OWNER)
    assert levels(found, "clock") == ["unknown"]
    assert "KeyError" in what(found, "clock")
    assert levels(found, "identity") == ["ok"]


@pytest.mark.usefixtures("api")
def test_strict(sandbox: Sandbox) -> None:
    """Warnings fail too; notes don't."""
    run(OWNER, "--strict")
    sandbox.configure(rate_limit=10)
    token = sandbox.issue_access_token("acme")
    variables = {TOKEN: token, "BITBUCKET_RATE_LIMIT": "90"}
    run(variables)
    run(variables, "--strict", code=1)


@pytest.mark.usefixtures("api")
def test_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Groups, marks, remedies with an arrow, a last line; also where nobody watches."""
    variables = {TOKEN: "canary-token", "COLUMNS": "100"}
    plain = run(variables, code=1).stdout
    assert "Account\n  ok       credentials  the access token" in plain
    assert "→ Check that the token is whole" in plain
    assert plain.splitlines()[-1].startswith("1 error, 1 unknown, ")
    monkeypatch.setattr(click.testing._NamedTextIOWrapper, "isatty", lambda _: True)
    drawn = run(variables, code=1).stdout
    assert "✗" in drawn
    assert "→ Check that the token is whole" in drawn
    assert "✓" in run(OWNER).stdout


def test_a_stack_without_a_project() -> None:
    """Can't be looked at."""
    assert levels(told({}, "dev", code=1), "stack") == ["error"]
