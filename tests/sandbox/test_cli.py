"""`bitbucket-hooks sandbox`, for people and for programs."""

from __future__ import annotations

import json
import re
import socket
import sys
from pathlib import Path
from typing import Any

import attrs
import click
import pytest
import requests
from click.testing import CliRunner, Result

from bitbucket_hooks.cli import main
from bitbucket_hooks.model.errors import HooksError, RemoteError
from bitbucket_hooks.sandbox import server
from bitbucket_hooks.sandbox.seed import OWNER_EMAIL
from support.sandbox import Sandbox, serve


@attrs.frozen
class Shell:
    """Runs commands on one sandbox."""

    path: Path

    def run(self, *arguments: str, code: int = 0) -> Result:
        """Run `bitbucket-hooks sandbox …` and expect an exit code."""
        result = invoke("sandbox", *arguments, "--db", str(self.path))
        assert result.exit_code == code, result.output
        return result

    def json(self, *arguments: str) -> Any:
        """Run a command and read its JSON."""
        return json.loads(self.run(*arguments, "--json").stdout)


def invoke(*arguments: str) -> Result:
    """Run the command line in this process."""
    return CliRunner().invoke(main, list(arguments), catch_exceptions=False)


@pytest.fixture
def shell(path: Path) -> Shell:
    """Give a shell on a new sandbox."""
    return Shell(path)


def test_the_top(monkeypatch: pytest.MonkeyPatch) -> None:
    """Help, version, and wrong words."""
    assert "sandbox" in invoke("--help").stdout
    printed = invoke("--version").stdout
    assert re.match(
        r"bitbucket-hooks \d.+\nPython \d.+\nPulumi's SDK \d.+\nPulumi's engine: ", printed
    )
    wrong = invoke("nonsense")
    assert (wrong.exit_code, wrong.stdout) == (1, "")
    assert "No such command" in wrong.stderr
    monkeypatch.setattr(sys, "argv", ["bitbucket-hooks", "-h"])
    assert main(standalone_mode=False) == 0


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (HooksError("a\x1b[1m", "b"), 1, "Error: a\\x1b[1m\nb\n"),
        (RemoteError("gone"), 2, "Error: gone\n"),
        (click.Abort(), 1, "Error: stopped\n"),
    ],
)
def test_errors_have_their_code(
    monkeypatch: pytest.MonkeyPatch, error: Exception, code: int, line: str
) -> None:
    """Ours are printed without a traceback or control characters."""

    @click.command()
    def fail() -> None:
        raise error

    monkeypatch.setattr(main, "commands", {"fail": fail})
    result = invoke("fail")
    assert (result.exit_code, result.stderr) == (code, line)


def test_hooks_by_hand(shell: Shell, sandbox: Sandbox) -> None:
    """Add, look, change, delete."""
    added = shell.json("add-hook", "acme/web", "https://ci.example.com/a", "--description", "CI")
    shell.run("add-hook", "acme", "https://audit.example.com", "--secret", "canary")
    table = shell.run("hooks").stdout
    assert "canary" not in table + repr(sandbox.hooks())
    lines = table.splitlines()
    assert lines[0].split() == [
        *("SUBJECT", "DESCRIPTION", "URL", "ACTIVE", "EVENTS", "SECRET", "UUID")
    ]
    assert lines[1].split() == [
        *("acme/web", "CI", "https://ci.example.com/a", "yes", "repo:push", "no", added["uuid"])
    ]
    assert "\x1b" not in table
    changed = shell.run("change-hook", "acme/web", "ci", "--inactive", "--secret", "s").stdout
    assert changed == f"changed CI of acme/web, {added['uuid']}\n"
    options = ["--events", "repo:fork, issue:created", "--skip-cert-verification"]
    shell.run("change-hook", added["uuid"].strip("{}"), "--url", "https://x", *options)
    (hook,) = shell.json("hooks", "acme/web")
    assert hook == added | {
        "url": "https://x",
        "active": False,
        "events": ["repo:fork", "issue:created"],
        "secret_set": True,
        "skip_cert_verification": True,
    }
    assert sandbox.secret_of(hook["uuid"]) == "s"
    shell.run("change-hook", "acme", "--history-enabled", "--verify-cert", "--secret", "")
    assert shell.json("delete-hook", "acme")["subject"] == "acme"
    shell.run("delete-hook", "acme/web", "https://x")
    assert shell.run("hooks").stdout == "There are no webhooks.\n"


def test_hooks_must_be_meant(shell: Shell, sandbox: Sandbox) -> None:
    """None and several are told apart, and what there is is listed."""
    first = sandbox.plant_hook("acme/web", "https://ci.example.com/1", description="CI")
    second = sandbox.plant_hook("acme/web", "https://ci.example.com/2", description="CI two")
    error = shell.run("delete-hook", "acme/web", code=1).stderr
    assert first.uuid in error
    assert second.uuid in error
    assert "2 webhooks match" in shell.run("delete-hook", "acme/web", "ci.ex", code=1).stderr
    assert "no webhook matches" in shell.run("delete-hook", "acme/web", "deploy", code=1).stderr
    assert "acme/api has none" in shell.run("delete-hook", "acme/api", code=1).stderr
    unknown = first.uuid.replace(first.uuid[1], "0" if first.uuid[1] == "f" else "f")
    assert "there is no webhook" in shell.run("delete-hook", unknown, code=1).stderr
    shell.run("delete-hook", "acme/web", "CI")
    assert sandbox.hooks() == [second]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("change-hook acme/web --events pullrequest:merged", 'mean "pullrequest:fulfilled"?'),
        ("change-hook acme/web --events xyzzy", "`bitbucket-hooks events` lists them"),
        ("change-hook acme/web", "nothing to change"),
        ("hooks acme/nothing", "no repository"),
        ("set latency=1", "did you mean"),
        ("add-hook acme/web notaurl", "url: Enter a valid URL."),
        ("add-hook acme ftp://x.example.com", "url: Enter a valid URL."),
        ("change-hook acme/web --url notaurl", "url: Enter a valid URL."),
        (f"change-hook acme/web --secret {'x' * 129}", "secret: Ensure this value has at most"),
        ("add-token acme --scope hooks", 'no scope "hooks"'),
        ("add-token nowhere", "no workspace"),
    ],
)
def test_mistakes(shell: Shell, sandbox: Sandbox, arguments: str, words: str) -> None:
    """Exit code 1 and a line with the remedy; what the API refuses is refused by hand, too."""
    hook = sandbox.plant_hook("acme/web", "https://ci.example.com/1")
    assert words in shell.run(*arguments.split(), code=1).stderr
    assert sandbox.hooks() == [hook]


def test_control_characters_are_escaped(shell: Shell, sandbox: Sandbox) -> None:
    """What comes from outside can't move the cursor."""
    sandbox.plant_hook("acme/web", "https://ci.example.com/", description="a\x1b[31m\nb\u202e")
    text = shell.run("hooks").stdout + shell.run("change-hook", "acme/web", "--inactive").stdout
    assert text.count("a\\x1b[31m\\nb\\u202e") == 2
    assert "\x1b" not in text


def test_repositories(shell: Shell, sandbox: Sandbox) -> None:
    """Add, rename, delete, list."""
    shell.run("add-repository", "acme/one", "acme/two", "--project", "NEW", "--public")
    shell.run("rename-repository", "acme/one", "three")
    shell.run("delete-repository", "acme/two")
    sandbox.plant_hook("acme/three", "https://ci.example.com")
    found = {row["repository"]: row for row in shell.json("repositories")}
    assert found["acme/three"] | {"uuid": ""} == {
        "repository": "acme/three",
        "project": "NEW",
        "private": False,
        "hooks": 1,
        "uuid": "",
    }
    assert "acme/two" not in found
    assert "REPOSITORY" in shell.run("repositories").stdout


def test_settings(shell: Shell, sandbox: Sandbox) -> None:
    """Set, show, reset."""
    defaults = shell.json("set")
    shown = shell.run("set", "latency_ms=20", "fault-kinds=500,502").stdout
    assert "latency_ms           20.0\n" in shown
    assert sandbox.settings().fault_kinds == ("500", "502")
    assert shell.json("set")["latency_ms"] == 20
    shell.run("set", "--reset", "rate_limit=5")
    assert shell.json("set") == {**defaults, "rate_limit": 5}


def test_requests(shell: Shell, sandbox: Sandbox) -> None:
    """The log, its end, and none."""
    assert shell.run("requests").stdout == "There are none.\n"
    with sandbox._database.writing() as connection:
        connection.executemany(
            "INSERT INTO requests VALUES (NULL, 1, 'GET', ?, '', 200, 'x', NULL)",
            [("/1",), ("/2",)],
        )
    assert shell.json("requests")[0]["at"] == "1970-01-01T00:00:01+00:00"
    assert [request["path"] for request in shell.json("requests")] == ["/1", "/2"]
    assert [request["path"] for request in shell.json("requests", "--last", "1")] == ["/2"]
    shell.run("requests", "--clear")
    assert shell.json("requests") == []


def test_which_sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The option, the environment, the project; a new one only for what writes."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("BITBUCKET_API_URL", raising=False)
    nowhere = invoke("sandbox", "hooks")
    assert nowhere.exit_code == 1
    assert "--db PATH" in nowhere.stderr
    (tmp_path / "Pulumi.yaml").touch()
    (tmp_path / "deep").mkdir()
    monkeypatch.chdir(tmp_path / "deep")
    missing = invoke("sandbox", "hooks")
    assert missing.exit_code == 1
    assert f"no sandbox at {tmp_path / '.sandbox.db'}" in missing.stderr
    assert not (tmp_path / ".sandbox.db").exists()
    made = invoke("sandbox", "add-hook", "acme", "https://x")
    assert made.stderr == f"A new sandbox: {tmp_path / '.sandbox.db'}\n"
    assert len(json.loads(invoke("sandbox", "hooks", "--json").stdout)) == 1
    monkeypatch.setenv("BITBUCKET_API_URL", "sandbox:other.db")
    assert invoke("sandbox", "add-repository", "acme/new").exit_code == 0
    assert (tmp_path / "other.db").exists()


def test_a_pull_request_and_its_comments(shell: Shell) -> None:
    """Comments are shown line by line, without what a terminal would obey."""
    assert shell.run("add-pull-request", "acme/web").stdout == "opened pull request 1 of acme/web\n"
    assert shell.run("comments", "acme/web", "1").stdout == "There are none.\n"
    with Sandbox(shell.path) as opened:
        opened.plant_comment("acme/web", 1, "one\ntwo \x1b[31m", author=OWNER_EMAIL)
    assert shell.run("comments", "acme/web", "1").stdout == "one\ntwo \\x1b[31m\n"
    (comment,) = shell.json("comments", "acme/web", "1")
    assert (comment["id"], comment["raw"]) == (1, "one\ntwo \x1b[31m")
    assert "pull request 2" in shell.run("comments", "acme/web", "2", code=1).stderr


def test_serve_says_what_is_wrong(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """A port that is taken, a file that is none, and an address that others reach."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        result = invoke("sandbox", "serve", str(shell.path), "--port", port)
    assert result.exit_code == 1
    assert "Give another --port" in result.stderr
    shell.path.write_text("nothing of ours, but of some length: nothing of ours")
    assert invoke("sandbox", "serve", str(shell.path)).exit_code == 1
    result = invoke("sandbox", "serve", "--db", str(shell.path))
    assert (result.exit_code, str(shell.path) in result.stderr) == (1, True)
    both = invoke("sandbox", "serve", "a.db", "--db", "b.db")
    assert (both.exit_code, "give one of them" in both.stderr) == (1, True)

    def refuse(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(server, "serving", refuse)
    result = invoke("sandbox", "serve", str(shell.path), "--host", "0.0.0.0")  # noqa: S104
    assert result.exit_code == 0
    assert "Warning: everybody who reaches 0.0.0.0" in result.stderr


def test_access_tokens(shell: Shell) -> None:
    """They are printed alone, and reach what they belong to, within their scopes."""
    with serve(shell.path) as base:

        def status(path: str, *arguments: str) -> int:
            token = shell.run("add-token", *arguments).stdout.strip()
            headers = {"Authorization": f"Bearer {token}"}
            return requests.get(f"{base}{path}", headers=headers, timeout=60).status_code

        assert status("/workspaces/acme/hooks", "acme") == 200
        assert status("/repositories/acme/web/hooks", "acme/web") == 200
        assert status("/repositories/acme/api/hooks", "acme/web") == 404
        assert status("/repositories/acme/api/hooks", "acme:PLAT") == 200
        assert status("/repositories/acme/web/hooks", "acme/web", "--scope", "repository") == 403


def test_a_command_that_reads_makes_no_sandbox(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that isn't there was mistyped."""
    mistyped = tmp_path / "sandbx.db"
    monkeypatch.setenv("BITBUCKET_API_URL", f"sandbox:{mistyped}")
    for command in (("inventory", "acme"), ("events",)):
        assert invoke(*command).exit_code == 1
        assert not mistyped.exists()
