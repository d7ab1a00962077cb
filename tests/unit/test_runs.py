"""What our commands make of an engine that fails in ways that its events don't tell."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bitbucket_hooks.cli import main
from support.report_runs import events, hook, root, state, step

_ENGINE = """#!/bin/sh
while [ "$1" != --event-log ]; do shift; done
cat {events} >"$2"
echo "error: $SAYS"
exit 255
"""
CHANGE = step("create", "Hook", "ci", None, state(hook()))


def run(folder: Path, says: str, log: str, *args: str) -> Result:
    """Run a command whose engine writes these events, says this, and fails."""
    told = folder / "told"
    told.write_text(log)
    engine = folder / "pulumi"
    engine.write_text(_ENGINE.format(events=told))
    engine.chmod(0o755)
    path = os.pathsep.join([str(folder), os.environ["PATH"]])
    return CliRunner(env={"PATH": path, "SAYS": says}).invoke(main, args)


@pytest.mark.parametrize(
    ("args", "log", "code"),
    [
        # `--expect-no-changes` calls a difference a failure
        (["preview", "--look", "0"], events(root(), CHANGE, preview=True), 3),
        (["preview", "--look", "0"], events(root(), preview=True), 2),
        (["drift"], events(root("refresh"), preview=True), 2),
    ],
)
def test_a_failure_without_an_event(tmp_path: Path, args: list[str], log: str, code: int) -> None:
    """What the engine said last is told, and the exit code isn't that of success."""
    done = run(tmp_path, "the state can't be written", log, *args)
    assert done.exit_code == code, done.output
    assert "Error: pulumi: the state can't be written" in done.stderr


def test_a_failure_with_an_event(tmp_path: Path) -> None:
    """Is told by the report alone."""
    error = {"diagnosticEvent": {"severity": "error", "message": "no such thing"}}
    done = run(tmp_path, "preview failed", events(root(), error, preview=True), "preview")
    assert done.exit_code == 1
    assert "x no such thing" in done.stdout
    assert "Error: pulumi" not in done.stderr


def test_nowhere_to_publish(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Is said before an engine is started."""
    for name in ("BITBUCKET_BUILD_NUMBER", "GITHUB_STEP_SUMMARY"):
        monkeypatch.delenv(name, raising=False)
    done = run(tmp_path, "", "", "preview", "--publish")
    assert done.exit_code == 1
    assert "there is nowhere to bring the report" in done.stderr
    assert not done.stdout
