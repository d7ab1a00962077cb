"""What a terminal of 80 columns shows: whole words, or cut with …; --wide shows everything."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import click.testing
import pytest
import yaml
from click.testing import CliRunner

from bitbucket_hooks.cli import main, output
from bitbucket_hooks.model.events import CATALOGUE
from support.report_runs import events as printed_events
from support.report_runs import hook, preview, state, step, urn
from support.sandbox import Sandbox

COLUMNS = 80
URL = "https://jenkins.example.com/bitbucket-hook/for/every/branch/and/every/pull/request"
EVENTS = [event.event for event in CATALOGUE if event.event.startswith("pullrequest:")][:12]
EVENTS += ["repo:push", "repo:fork", "issue:created"]
IN_SHORT = "12 of pullrequest, 2 of repo, 1 of issue"
HOOKS = [
    {"name": "ci", "url": URL, "events": EVENTS, "repositories": ["api", "web", "svc-*"]},
    {"name": "audit", "url": URL, "workspace": True, "secretFrom": "env:CI_HOOK_SECRET"},
]
HINT = "--wide shows everything"


@pytest.fixture
def uuid(
    tmp_path: Path, sandbox: Sandbox, sandbox_path: Path, monkeypatch: pytest.MonkeyPatch
) -> str:
    """Give the live hook of a project with two declarations; standard output is a terminal."""
    monkeypatch.setattr(click.testing._NamedTextIOWrapper, "isatty", lambda _: True)
    monkeypatch.setenv("COLUMNS", str(COLUMNS))
    monkeypatch.setenv("BITBUCKET_API_URL", f"sandbox:{sandbox_path}")
    live = sandbox.plant_hook("acme/web", URL, description="Jenkins", events=tuple(EVENTS))
    (tmp_path / "Pulumi.yaml").write_text("name: hooks\nruntime: python\n")
    config = {
        "bitbucket:apiUrl": f"sandbox:{sandbox_path}",
        "bitbucket:workspace": "acme",
        "bitbucket-hooks:hooks": HOOKS,
    }
    (tmp_path / "Pulumi.dev.yaml").write_text(yaml.safe_dump({"config": config}))
    del config["bitbucket-hooks:hooks"]
    (tmp_path / "Pulumi.empty.yaml").write_text(yaml.safe_dump({"config": config}))
    monkeypatch.chdir(tmp_path)
    return live.uuid


def _shown(*arguments: str) -> str:
    done = CliRunner().invoke(main, arguments, catch_exceptions=False)
    assert done.exit_code in (0, 3), done.output
    return re.sub(r"\x1b\[[0-9;]*m", "", done.stdout)


def _words(text: str) -> set[str]:
    return {word.strip(",;.") for word in text.lower().split()} - {""}


def _assert_whole_words(text: str, known: set[str]) -> None:
    """Each word is a known one, or the beginning of one with …."""
    for word in _words(text):
        cut = word.removesuffix("…")
        whole = known if cut == word else {other[: len(cut)] for other in known}
        assert cut in whole, word


COMMANDS = {
    "check": ("check", "dev"),
    "inventory": ("inventory", "acme"),
    "import": ("import", "acme", "--stack", "empty"),
    "stacks": ("stacks",),
    "sandbox hooks": ("sandbox", "hooks", "acme/web"),
    "sandbox requests": ("sandbox", "requests"),
    "events": ("events", "--offline", "--no-pager"),
}


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS.keys())
def test_tables(uuid: str, command: Sequence[str]) -> None:
    """No word is broken; what is cut ends in …; --wide has all of it."""
    if "requests" in command:
        _shown("inventory", "acme")
    narrow, wide = _shown(*command), _shown(*command, "--wide")
    assert HINT not in wide
    yaml_has = URL, "$schema="  # import shows a file's lines, which aren't cut
    lines = [line for line in narrow.splitlines() if not any(text in line for text in yaml_has)]
    table = "\n".join(lines)
    assert max(map(len, table.splitlines())) <= COLUMNS
    known = _words(wide)
    _assert_whole_words(re.sub(r"─+|--wide shows everything.*", "", table), known)
    if command[0] in ("check", "inventory") or "hooks" in command:
        assert HINT in narrow
        assert "https://jenkins.example" in narrow
        assert URL in wide
        assert set(EVENTS) <= known
    if command[0] == "inventory" or "hooks" in command:
        assert uuid in wide


def test_many_events(uuid: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Are counted where there is room for the column; a few are named."""
    assert uuid
    monkeypatch.setenv("COLUMNS", "250")
    for command in (COMMANDS["check"], COMMANDS["inventory"], COMMANDS["sandbox hooks"]):
        assert IN_SHORT in " ".join(_shown(*command).split()), _shown(*command)
    monkeypatch.setattr(click.testing._NamedTextIOWrapper, "isatty", lambda _: False)
    assert IN_SHORT in _shown("check", "dev")
    assert URL in _shown("check", "dev")


RUNS = {
    "new": preview(step("create", "Hook", "ci", None, hook(url=URL, events=EVENTS))),
    "drift": printed_events(
        step("refresh", "Hook", "ci", hook(url=URL), state(hook(url=URL, events=EVENTS))),
        preview=True,
    ),
    "warning": printed_events(
        step("create", "Hook", "ci", None, hook(url=URL)),
        {
            "diagnosticEvent": {
                "severity": "warning",
                "message": f"odd: {URL}/{'b' * 60}",
                "urn": urn("Hook", "ci"),
            }
        },
    ),
}


@pytest.mark.parametrize("run", RUNS.values(), ids=RUNS.keys())
def test_reports(uuid: str, run: str, tmp_path: Path) -> None:
    """Break between words too; a new hook's events are counted, and --wide names them."""
    assert uuid
    (tmp_path / "run.json").write_text(run)
    narrow, wide = _shown("report", "run.json"), _shown("report", "run.json", "--wide")
    assert max(map(len, narrow.splitlines())) <= COLUMNS
    text = re.sub(rf"events {IN_SHORT}|{HINT}\.", "", " ".join(narrow.split()))
    _assert_whole_words(text, _words(wide))
    assert URL in wide
    assert (HINT in narrow) == (run != RUNS["drift"] or len(URL) > COLUMNS - 8)


def test_a_new_hooks_events(uuid: str, tmp_path: Path) -> None:
    """Are counted on a terminal alone: reviewers read Markdown."""
    assert uuid
    (tmp_path / "run.json").write_text(RUNS["new"])
    assert f"events {IN_SHORT}" in " ".join(_shown("report", "run.json").split())
    for options in (["--wide"], ["--format", "markdown"]):
        text = _shown("report", "run.json", *options)
        assert IN_SHORT not in text
        assert all(event in text for event in EVENTS)


def test_columns_that_are_left_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The first that may go goes first, and none where all fit; brackets are no markup."""
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    row = ["[red]" + "a" * 25, "b" * 30, "c" * 30]
    monkeypatch.setenv("COLUMNS", "80")
    output.table(["one", "two", "three"], [row], "", wide=["two", "one"])
    text = capsys.readouterr().out
    assert (row[0] in text, "bbb" in text, row[2] in text) == (True, False, True)
    assert f"{HINT}, also two." in text
    monkeypatch.setenv("COLUMNS", "120")
    output.table(["one", "two", "three"], [row], "", wide=["two", "one"])
    text = capsys.readouterr().out
    assert all(cell in text for cell in row)
    assert HINT not in text
    monkeypatch.setenv("COLUMNS", "20")
    output.table(["one", "two", "three"], [row], "")
    text = capsys.readouterr().out
    assert text.count("…") == 4  # one in a heading
    assert " [r…   bbb…   ccc… \n" in text
