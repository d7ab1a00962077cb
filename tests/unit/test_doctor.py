"""`bitbucket-hooks doctor` without a project: accounts, their rights and limits, the network."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import click.testing
import pytest

from bitbucket_hooks.doctor import connection, limits, network
from bitbucket_hooks.doctor.configuration import ConfiguredAccount
from bitbucket_hooks.doctor.connection import Connection
from bitbucket_hooks.model.settings import Settings
from bitbucket_hooks.sandbox.seed import OWNER_EMAIL, OWNER_TOKEN
from support.doctor import examine, run_doctor
from support.raw_server import answering, raw_server
from support.rooms import Canned, canned_client
from support.sandbox import Sandbox, serve

ONLY_READS = ("read:webhook:bitbucket", "read:repository:bitbucket")
TOKEN, USER, PASSWORD = "BITBUCKET_OAUTH_TOKEN", "BITBUCKET_USERNAME", "BITBUCKET_PASSWORD"
OWNER = {USER: OWNER_EMAIL, PASSWORD: OWNER_TOKEN}


@pytest.fixture(autouse=True)
def _apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    for name in ("https_proxy", "all_proxy", "no_proxy", "requests_ca_bundle", "curl_ca_bundle"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setattr(connection, "PATIENCE", 0.3)


@pytest.fixture
def api(sandbox_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Serve the sandbox as the API of the environment's account."""
    with serve(sandbox_path) as base:
        monkeypatch.setenv("BITBUCKET_API_URL", base)
        monkeypatch.setenv("BITBUCKET_WORKSPACE", "acme")
        yield base


def _response(body: bytes, *headers: str) -> bytes:
    head = ["HTTP/1.1 200 OK", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*head, "", ""]).encode() + body


@pytest.mark.usefixtures("api")
def test_no_credentials() -> None:
    """That is what has to be mended; the API is reached all the same."""
    found = examine({}, code=1)
    assert found.levels("credentials") == ["error"]
    assert "BITBUCKET_OAUTH_TOKEN" in found.text("credentials")
    assert found.levels("clock") == ["ok"]
    assert found.levels("scopes") == []


@pytest.mark.usefixtures("api")
def test_an_api_token(sandbox: Sandbox) -> None:
    """Who it is; what an answer proves, and what can't be known; nothing is written."""
    found = examine(OWNER)
    assert "the API token of owner@acme.example, from the environment" in found.text("credentials")
    assert "Olivia Owner" in found.text("identity")
    known, open_ = found.lines("scopes")
    assert known == "ok enough to read repositories"
    assert open_.startswith("note can't be known without trying")
    assert "delete webhooks" in open_
    assert "delete:webhook:bitbucket" in open_
    assert "a year at most" in found.text("expiry")
    assert "id.atlassian.com" in found.text("expiry")
    assert {request.method for request in sandbox.requests()} == {"GET"}


@pytest.mark.usefixtures("api")
def test_scopes_from_a_header(sandbox: Sandbox) -> None:
    """Then every action is known, and what is missing has a name."""
    sandbox.configure(scope_headers=True)
    assert examine(OWNER).levels("scopes") == ["ok"]
    token = sandbox.issue_api_token(OWNER_EMAIL, [*ONLY_READS, "read:user:bitbucket"])
    _, lacking, optional = examine({**OWNER, PASSWORD: token}, code=1).lines("scopes")
    assert lacking.startswith("error too few to create and change webhooks and delete webhooks")
    assert "write:webhook:bitbucket and delete:webhook:bitbucket" in lacking
    assert optional.startswith("note")
    assert "write:pullrequest:bitbucket" in optional


@pytest.mark.parametrize(
    ("scopes", "levels"),
    [
        ("read:webhook:bitbucket", ["ok", "error", "note"]),
        ("something else", ["note"]),  # words that nobody knows prove no lack
        ("webhook, repository", ["ok", "note"]),
    ],
)
def test_scopes_of_an_api_token_in_other_words(scopes: str, levels: list[str]) -> None:
    """Which words the header uses is reported, and not sure."""
    response = _response(b'{"type": "user"}', f"X-OAuth-Scopes: {scopes}")
    with raw_server(answering(response)) as (base, _):
        found = examine({**OWNER, "BITBUCKET_API_URL": base}, code=int("error" in levels))
    assert found.levels("scopes") == levels
    assert found.text("identity") == "ok somebody without a name"


@pytest.mark.usefixtures("api")
def test_scopes_from_a_refusal(sandbox: Sandbox) -> None:
    """Of an access token that may not ask who it is, nor for repositories."""
    found = examine({TOKEN: sandbox.issue_access_token("acme", ["webhook"])}, code=1)
    assert found.levels("identity") == ["note"]
    assert "or an OAuth token; it may not ask who it is" in found.text("identity")
    assert found.levels("scopes") == ["ok", "error", "note"]
    assert "It has: webhook" in found.lines("scopes")[1]
    assert "Access tokens" in found.text("expiry")


@pytest.mark.usefixtures("api")
def test_kinds_of_access_tokens(sandbox: Sandbox) -> None:
    """The headers of the limit come with three kinds only; such a token belongs to nobody."""
    sandbox.configure(rate_limit=500)
    token = sandbox.issue_access_token("acme", ["webhook", "repository", "account"])
    found = examine({TOKEN: token})
    assert "an access token of a repository, a project or a workspace:" in found.text("identity")
    assert "500 requests an hour, as Bitbucket tells" in found.text("pace")
    assert found.levels("headroom") == ["ok"]
    above = {TOKEN: token, "BITBUCKET_RATE_LIMIT": "900"}
    assert examine(above).levels("pace") == ["warning"]
    found = examine({TOKEN: token, "BITBUCKET_RATE_LIMIT": "100"})
    assert "100 requests an hour (bitbucket:rateLimit)" in found.text("pace")
    sandbox.configure(rate_limit=9)
    assert examine({TOKEN: token}).levels("headroom") == ["warning"]


@pytest.mark.parametrize(
    ("chosen", "pace", "requests"),
    [
        (
            None,
            "1,000 requests an hour, as Bitbucket documents",
            "preview 20, refresh or drift 2,520 (over 2 hours), first up 5,020 (over 5 hours)",
        ),
        (
            5000,
            "5,000 requests an hour (bitbucket:rateLimit); 1,000 is what Bitbucket promises",
            "preview 20, refresh or drift 2,520, first up 5,020 (over 1 hour)",
        ),
    ],
)
def test_the_public_limit(chosen: int | None, pace: str, requests: str) -> None:
    """Is what the documentation says, until Bitbucket tells more."""
    settings = Settings(rate_limit=chosen)
    account = ConfiguredAccount(None, settings)
    connected = Connection(account, settings, canned_client(Canned())[0])
    costs = {"preview": 20, limits.REFRESH: 2520, "first up": 5020}
    said = [finding.what for check in limits.CHECKS.values() for finding in check(connected, costs)]
    assert said[0] == pace
    assert said[1].startswith("Bitbucket doesn't tell these credentials")
    assert said[2].endswith(requests)


@pytest.mark.usefixtures("api")
def test_an_oauth_consumer(sandbox: Sandbox) -> None:
    """Its token tells scopes and life."""
    client, secret = sandbox.add_oauth_consumer("acme")
    given = {"BITBUCKET_OAUTH_CLIENT_ID": client, "BITBUCKET_OAUTH_CLIENT_SECRET": secret}
    assert secret not in run_doctor(given).output
    found = examine(given)
    assert found.levels("scopes") == ["ok"]
    assert "lasts 2 h and is renewed" in found.text("expiry")
    sandbox.configure(oauth_seconds=600)
    assert "lasts 10 min" in examine(given).text("expiry")
    sandbox.configure(oauth_seconds=30)
    assert examine(given).levels("expiry") == ["warning"]
    run_doctor(given, "--strict", code=1)
    found = examine({**given, "BITBUCKET_OAUTH_CLIENT_SECRET": "canary-wrong"}, code=1)
    assert found.levels("identity") == ["error"]
    assert "private consumer" in found.text("identity")
    assert found.levels("scopes") == ["unknown"]


APP_PASSWORD = "removed in July 2026"


@pytest.mark.usefixtures("api")
@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({TOKEN: "ATATTcanary"}, "Set it as bitbucket:password"),
        ({USER: "a@b.c", PASSWORD: "ATCTTcanary"}, "Set it as bitbucket:oauthToken"),
        ({USER: "x-token-auth", PASSWORD: "canary"}, "Set it as bitbucket:oauthToken"),
        ({USER: "olivia", PASSWORD: "canary-password"}, APP_PASSWORD),
        ({USER: OWNER_EMAIL, PASSWORD: "ATBBcanaryABCDEFGHIJKLMNOPQRSTUVWX"}, APP_PASSWORD),
        ({TOKEN: "canary-token", USER: "a@b.example"}, "two kinds"),
    ],
)
def test_credentials_in_the_wrong_place(given: dict[str, str], said: str) -> None:
    """Are known by their look, before anything is asked."""
    found = examine(given, code=1)
    assert found.levels("credentials") == ["error"]
    assert said in found.text("credentials")
    assert bool(found.lines("api")) is (said != "two kinds")


@pytest.mark.usefixtures("api")
def test_a_wrong_token() -> None:
    """Is refused, which is ours to mend."""
    found = examine({TOKEN: "canary-token"}, code=1)
    assert found.levels("identity") == ["error"]
    assert "not revoked and not expired" in found.text("identity")
    assert found.levels("scopes") == ["unknown"]
    assert found.levels("pace") == []


@pytest.mark.parametrize("status", ["400 Bad Request", "401 Unauthorized", "404 Not Found"])
@pytest.mark.parametrize("workspace", ["", "acme"])
def test_an_access_token_without_a_user(status: str, workspace: str) -> None:
    """However `/user` turns it down, it is judged by what it gets elsewhere."""

    def serve(connected: socket.socket) -> None:
        is_user = b" /user " in connected.recv(65536)
        response = _response(b'{"values": []}', "Connection: close")
        connected.sendall(response.replace(b"200 OK", status.encode()) if is_user else response)

    with raw_server(serve) as (base, _):
        env = {"BITBUCKET_API_URL": base, TOKEN: "canary", "BITBUCKET_WORKSPACE": workspace}
        found = examine(env)
    sure = bool(workspace) or "404" in status
    assert found.levels("identity") == ["note" if sure else "unknown"]


@pytest.mark.usefixtures("api")
def test_the_service_fails(sandbox: Sandbox) -> None:
    """5xx, a rate limit, nobody there: not ours to mend."""
    sandbox.plan_fault("503", "GET", "/2.0/user", times=100)
    assert "503" in examine(OWNER, code=2).text("identity")
    sandbox.clear_faults()
    sandbox.configure(rate_limit=1)
    examine(OWNER, code=2)
    found = examine(OWNER, code=2)
    assert "rate limit" in found.text("identity")
    assert "maxWait" not in found.text("identity")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    found = examine({**OWNER, "BITBUCKET_API_URL": f"http://127.0.0.1:{port}/2.0"}, code=2)
    assert "no connection" in found.text("identity")
    assert found.levels("clock") == ["unknown"]


@pytest.mark.usefixtures("api")
def test_a_workspace_that_is_not_there() -> None:
    """Is an error of access."""
    found = examine({**OWNER, "BITBUCKET_WORKSPACE": "nowhere"}, code=1)
    assert found.levels("access") == ["error"]
    assert "not found" in found.text("access")


def test_the_embedded_sandbox(sandbox_path: Path) -> None:
    """Needs no credentials and no network."""
    found = examine({"BITBUCKET_API_URL": f"sandbox:{sandbox_path}"})
    assert "the owner of the sandbox" in found.text("credentials")
    assert "no network is used" in found.text("api")
    for check in ("proxy", "tls", "clock", "expiry"):
        assert found.levels(check) == []
    new = sandbox_path.parent / "new.db"
    fresh = examine({"BITBUCKET_API_URL": f"sandbox:{new}"})
    assert "which the first run makes" in fresh.text("api")
    assert fresh.levels("identity") == ["note"]
    assert not new.exists()
    lost = examine({"BITBUCKET_API_URL": f"sandbox:{new.parent / 'none' / 'new.db'}"}, code=1)
    assert "first run" not in lost.text("api")
    assert "can't be made: its folder isn't there" in lost.text("identity")


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
    now = datetime.now(timezone.utc)
    date = "no date" if off is None else format_datetime(now + off, usegmt=True)
    body = b'{"type": "user", "display_name": "\\u001b[31mOlivia"}'
    with raw_server(answering(_response(body, f"Date: {date}"))) as (base, _):
        code = 1 if level == "error" else 0
        found = examine({"BITBUCKET_API_URL": base, TOKEN: "canary"}, code=code)
    assert found.levels("clock") == [level]
    assert said in found.text("clock")
    assert found.text("identity") == "ok \\x1b[31mOlivia"


def test_a_certificate_that_nobody_vouches_for() -> None:
    """Has the remedy of who sits behind a proxy that opens TLS."""
    with raw_server(answering(b""), tls=True) as (base, _):
        found = examine({"BITBUCKET_API_URL": base, TOKEN: "canary"}, code=2)
    assert "REQUESTS_CA_BUNDLE" in found.text("identity")


NOWHERE = {"BITBUCKET_API_URL": "https://127.0.0.1:9/2.0", TOKEN: "canary"}


@pytest.mark.parametrize(
    ("variables", "line"),
    [
        (
            {"HTTPS_PROXY": "http://user:canary-pw@127.0.0.1:9"},
            "ok http://(credentials hidden)@127.0.0.1:9 ",
        ),
        ({"HTTPS_PROXY": "127.0.0.1:9"}, "ok http://127.0.0.1:9 "),
        ({"HTTPS_PROXY": "http://u:canary@p:1", "NO_PROXY": "127.0.0.1"}, "ok none, as NO_PROXY"),
        ({"HTTPS_PROXY": "http://canary:99999999"}, "error the proxy's address can't be read"),
        ({"HTTPS_PROXY": "http://"}, "error the proxy's address can't be read"),
        ({"HTTPS_PROXY": "http://[canary"}, "error the proxy's address can't be read"),
    ],
)
def test_the_proxy(variables: dict[str, str], line: str) -> None:
    """Is named without its password; NO_PROXY is heeded."""
    found = examine({**NOWHERE, **variables}, code=1 if line.startswith("error") else 2)
    assert found.text("proxy").startswith(line)
    refused = "the proxy refused or can't be reached" in found.text("identity")
    assert refused is line.startswith("ok http")


def test_authorities(tmp_path: Path) -> None:
    """Those of a bundle, which must be there, or the usual ones."""
    found = examine(NOWHERE, code=2)
    assert "usual" in found.text("tls")
    assert found.text("proxy") == "ok none"
    bundle = tmp_path / "ca.pem"
    found = examine({**NOWHERE, "REQUESTS_CA_BUNDLE": str(bundle)}, code=1)
    assert found.levels("tls") == ["error"]
    bundle.write_text("")
    found = examine({**NOWHERE, "CURL_CA_BUNDLE": str(bundle)}, code=2)
    assert "(CURL_CA_BUNDLE)" in found.text("tls")


@pytest.mark.usefixtures("api")
def test_a_check_that_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Is unknown, without the text of the error, and the others are done."""

    def broken(*_: object) -> Iterator[Any]:
        raise KeyError("canary")

    monkeypatch.setitem(network.CHECKS, "clock", broken)
    found = examine(OWNER)
    assert found.levels("clock") == ["unknown"]
    assert "KeyError" in found.text("clock")
    assert found.levels("identity") == ["ok"]
    run_doctor(OWNER, "--strict", code=1)


@pytest.mark.usefixtures("api")
def test_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Groups, marks, remedies with an arrow, a last line; also where nobody watches."""
    variables = {TOKEN: "canary-token", "COLUMNS": "100"}
    plain = run_doctor(variables, code=1).stdout
    assert "Account\n  ok       credentials  the access token" in plain
    assert "→ Check that the token is whole" in plain
    assert plain.splitlines()[-1].startswith("1 error, 1 unknown, ")
    monkeypatch.setattr(click.testing._NamedTextIOWrapper, "isatty", lambda _: True)
    drawn = run_doctor(variables, code=1).stdout
    assert "✗" in drawn
    assert "→ Check that the token is whole" in drawn
    assert "✓" in run_doctor(OWNER, "--strict").stdout  # notes are no failure


def test_a_stack_without_a_project() -> None:
    """Can't be looked at."""
    assert examine({}, "dev", code=1).levels("stack") == ["error"]
