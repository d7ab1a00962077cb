"""What only a terminal gets, or who asks for it: a pager, colours, a line that moves."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest
from click.testing import CliRunner

from bitbucket_hooks.cli import main
from support.report_runs import events, hook, root, state, step
from support.sandbox import Sandbox
from support.terminal import on_terminal

_COMMAND: Final = str(Path(sys.executable).with_name("bitbucket-hooks"))
_PAGER: Final = {"PAGER": "sed s/^/paged:/"}
_LONG: Final = ".".join(["x" * 50, "y" * 50])  # too long for a line
_COLOUR: Final = re.compile(r"\x1b\[[\d;]*3\dm")


@pytest.fixture
def run_file(tmp_path: Path) -> Path:
    """A run that the engine printed, with a long url in it."""
    new = step("create", "Hook", "ci", None, state(hook(url=f"https://{_LONG}.example.com/")))
    file = tmp_path / "run.json"
    file.write_text(events(root(), new, preview=True))
    return file


def test_what_is_longer_than_the_screen_is_paged() -> None:
    """By the pager of PAGER, unless --no-pager says otherwise."""
    listing = [_COMMAND, "events", "--offline"]
    assert "paged: repo:push" in on_terminal(listing, env=_PAGER)
    assert "paged:" not in on_terminal(listing, env=_PAGER, lines=200)
    assert "paged:" not in on_terminal([*listing, "--no-pager"], env=_PAGER)


def test_a_report_and_an_inventory_are_paged(run_file: Path, sandbox: Sandbox) -> None:
    """Too."""
    sandbox.plant_hook("acme/web", "https://ci.example.com/")
    env = {**_PAGER, "BITBUCKET_API_URL": f"sandbox:{sandbox.path}"}
    for command in (["report", str(run_file)], ["inventory", "acme"]):
        assert "paged:" in on_terminal([_COMMAND, *command], env=env, lines=2)


def test_no_pager_in_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever PAGER says."""
    monkeypatch.setenv("PAGER", _PAGER["PAGER"])
    assert "paged:" not in CliRunner().invoke(main, ["events", "--offline"]).output


def test_colours(run_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal; in a log, where FORCE_COLOR asks for them: it breaks no line."""
    shown = [_COMMAND, "report", "--no-pager", str(run_file)]
    drawn = on_terminal(shown)
    assert _COLOUR.search(drawn)
    assert _LONG not in drawn
    plain = CliRunner().invoke(main, ["report", str(run_file)]).stdout
    assert "\x1b" not in plain
    monkeypatch.setenv("FORCE_COLOR", "1")
    forced = CliRunner().invoke(main, ["report", str(run_file)], color=True)
    assert _COLOUR.search(forced.stdout)
    assert _LONG in re.sub(r"\x1b\[[\d;]*m", "", forced.stdout)


@pytest.mark.parametrize(
    ("env", "expected"),
    [
        ({"NO_COLOR": ""}, (True, False)),
        ({"NO_COLOR": "1"}, (False, False)),
        ({"CLICOLOR": "0"}, (False, False)),
        ({"CLICOLOR": "1"}, (True, False)),
        ({"CLICOLOR_FORCE": "1"}, (True, True)),
        ({"CLICOLOR_FORCE": "0"}, (True, False)),
        ({"CLICOLOR": "0", "FORCE_COLOR": "1"}, (True, True)),
        ({"NO_COLOR": "1", "CLICOLOR_FORCE": "1", "FORCE_COLOR": "1"}, (False, False)),
    ],
)
def test_variables_of_colours(
    run_file: Path, env: dict[str, str], expected: tuple[bool, bool]
) -> None:
    """NO_COLOR is over those that force colours, and they are over CLICOLOR."""
    command = [_COMMAND, "report", "--no-pager", str(run_file)]
    in_log = subprocess.run(
        command, env={**os.environ, **env}, capture_output=True, text=True, check=False
    ).stdout
    found = (_COLOUR.search(on_terminal(command, env=env)), _COLOUR.search(in_log))
    assert tuple(map(bool, found)) == expected


def test_tables_and_progress_have_colours_too(sandbox: Sandbox) -> None:
    """Or none."""
    sandbox.configure(latency_ms=200)
    env = {"BITBUCKET_API_URL": f"sandbox:{sandbox.path}"}
    command = [_COMMAND, "inventory", "acme"]
    assert _COLOUR.search(on_terminal(command, env=env))
    assert not _COLOUR.search(on_terminal(command, env={**env, "CLICOLOR": "0"}))


def test_long_work_says_how_long_it_takes(sandbox: Sandbox) -> None:
    """How much of how much, the rate, what is left, and what has passed."""
    sandbox.add_repositories([f"acme/more-{number}" for number in range(30)])
    sandbox.configure(latency_ms=200)
    env = {"BITBUCKET_API_URL": f"sandbox:{sandbox.path}", "BITBUCKET_PARALLEL": "1"}
    printed = on_terminal([_COMMAND, "inventory", "acme"], env=env, columns=100)
    assert re.search(
        r"inventory of acme: \d+ of \d+ listed, \d+ a (second|minute), \d+ s left, \d+ s", printed
    ), printed


def test_long_work_says_that_it_waits_for_the_limit(sandbox: Sandbox) -> None:
    """In the same line."""
    sandbox.add_repositories([f"acme/more-{number}" for number in range(6)])
    sandbox.configure(rate_limit=4)
    env = {
        "BITBUCKET_API_URL": f"sandbox:{sandbox.path}",
        "BITBUCKET_RATE_LIMIT": "4",
        "BITBUCKET_MAX_WAIT": "1",
    }
    printed = on_terminal([_COMMAND, "inventory", "acme"], env=env, columns=200)
    assert "rate limit: " in printed, printed
