"""What our commands make of a run: of failures without an event, of what isn't known yet."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from bitbucket_hooks.cli import main
from bitbucket_hooks.report import as_json
from bitbucket_hooks.report.build import changes_of
from bitbucket_hooks.report.read import read
from bitbucket_hooks.runs.look import Accounts, Looker
from bitbucket_hooks.sandbox.estate import Sandbox
from support.report_runs import events, hook, root, state, step

_ENGINE = """#!/bin/sh
while [ "$1" != --event-log ]; do shift; done
cat {events} >"$2"
[ -z "$NOTED" ] || echo "$NOTED" >>"$BITBUCKET_HOOKS_NOTES"
echo "error: $SAYS"
exit "$CODE"
"""
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"  # what the engine shows of such a value
CHANGE = step("create", "Hook", "ci", None, state(hook()))


def run(folder: Path, says: str, log: str, *args: str, code: int = 255, noted: str = "") -> Result:
    """Run a command whose engine writes these events, says this, and ends with a code.

    `noted` is whose fault a failure was, as our own providers note it.
    """
    told = folder / "told"
    told.write_text(log)
    engine = folder / "pulumi"
    engine.write_text(_ENGINE.format(events=told))
    engine.chmod(0o755)
    path = os.pathsep.join([str(folder), os.environ["PATH"]])
    env = {"PATH": path, "SAYS": says, "CODE": str(code), "NOTED": noted}
    return CliRunner(env=env).invoke(main, args)


PREVIEW, DRIFT, UP = ("preview", "--look", "0"), ("drift",), ("up", "--yes")
NOTHING = events(root(), preview=True)
NEW = events(root(), CHANGE, preview=True)
OLD = events(root(), step("delete", "Hook", "old", state(hook())))
FOUND = events(root("refresh"), step("refresh", "Hook", "ci", state(hook()), None), preview=True)
FAILED = events(
    root(), {"diagnosticEvent": {"severity": "error", "message": "no", "urn": "a::b::c::d"}}
)
STOPPED = events(
    root(),
    {"policyEvent": {"policyName": "p", "enforcementLevel": "mandatory", "message": "m"}},
    preview=True,
)


@pytest.mark.parametrize(
    ("args", "log", "ends", "noted", "code"),
    [
        (PREVIEW, NOTHING, 0, "", 0),
        (PREVIEW, NEW, 0, "", 3),
        (PREVIEW, FAILED, 255, "1", 1),
        (PREVIEW, FAILED, 255, "2", 2),
        (PREVIEW, FAILED, 255, "", 2),
        (PREVIEW, STOPPED, 255, "", 1),
        (PREVIEW, "", 255, "", 1),
        (DRIFT, NOTHING, 0, "", 0),
        (DRIFT, FOUND, 0, "", 3),
        (DRIFT, FAILED, 255, "1", 1),
        (DRIFT, FAILED, 255, "2", 2),
        (UP, NOTHING, 0, "", 0),
        (UP, OLD, 0, "", 0),
        (UP, FAILED, 255, "1", 1),
        (UP, FAILED, 255, "2", 2),
        (UP, STOPPED, 255, "", 1),
    ],
)
def test_exit_codes(
    tmp_path: Path, args: tuple[str, ...], log: str, ends: int, noted: str, code: int
) -> None:
    """0 nothing changes or all is done, 3 a difference, 1 our mistake, 2 the remote side's."""
    done = run(tmp_path, "broken", log, *args, code=ends, noted=noted)
    assert done.exit_code == code, done.output


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


@pytest.mark.parametrize(
    ("declared", "requests"),
    [
        ({}, 1),
        *(({key: UNKNOWN}, 0) for key in ("url", "repository", "owner", "description", "events")),
        ({"events": [UNKNOWN, "repo:push"]}, 0),
    ],
)
def test_looking_for_what_a_preview_cannot_tell(
    sandbox: Sandbox, declared: dict[str, Any], requests: int
) -> None:
    """What may become anything is not looked for, and stays untold: created or adopted."""
    found = read(events(step("create", "Hook", "ci", None, hook(**declared)), preview=True), "it")
    accounts = Accounts({"bitbucket:apiUrl": f"sandbox:{sandbox.path}"})
    looked = Looker(accounts, print, print, most=10).look(found, changes_of(found))
    assert len(looked) == requests
    assert len(sandbox.requests()) == requests
    assert changes_of(found, looked).counts.looked is bool(requests)


def test_a_live_hook_that_is_nearly_the_new_one(sandbox: Sandbox) -> None:
    """Is named with the reason; an equal spelling is adopted instead."""
    url = hook()["url"]
    near = sandbox.plant_hook("acme/web", f"{url.replace('https', 'http')}/")
    found = read(events(CHANGE, preview=True), "it")
    accounts = Accounts({"bitbucket:apiUrl": f"sandbox:{sandbox.path}"})
    looked = Looker(accounts, print, print, most=10).look(found, changes_of(found))
    told = as_json.render(changes_of(found, looked))["hooks"][0]
    (one,) = told["near"]["acme/web"]
    assert (one["uuid"], told["created"]) == (near.uuid, ["acme/web"])
    assert "scheme or a last slash" in one["why"]
    sandbox.plant_hook("acme/web", url.replace("https://ci", "HTTPS://CI"))
    looked = Looker(accounts, print, print, most=10).look(found, changes_of(found))
    told = as_json.render(changes_of(found, looked))["hooks"][0]
    assert (told["near"], list(told["adopted"])) == ({}, ["acme/web"])


def test_looking_for_a_secret_url(sandbox: Sandbox) -> None:
    """The engine hides it, the configuration of the stack has it; nothing of it is told."""
    url = "https://chat.example.com/canary"
    live = sandbox.plant_hook("acme/web", url, active=False)
    hidden = [step("create", "Hook", name, None, hook(url="[secret]")) for name in ("chat", "own")]
    found = read(events(*hidden, preview=True), "it")
    values = {
        "bitbucket:apiUrl": f"sandbox:{sandbox.path}",
        "bitbucket-hooks:hooks": [{"name": "chat", "url": url}],
    }
    looked = Looker(Accounts(values), print, print, most=10).look(found, changes_of(found))
    told = json.dumps(as_json.render(changes_of(found, looked)))
    assert f'"adopted": {{"acme/web": {{"uuid": "{live.uuid}"' in told
    assert '"active false => true"' in told
    assert '"created": ["acme/web"]' in told, "of a url that the program made itself, nobody knows"
    assert "canary" not in told + repr(looked)
