"""The commands over a fake engine: exit codes, questions, signals, what would be adopted."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from bitbucket_hooks.cli import main
from bitbucket_hooks.model.notes import exit_code, read_notes
from bitbucket_hooks.pulumi_cli.read import read
from bitbucket_hooks.pulumi_cli.run_folder import run_folder
from bitbucket_hooks.report import as_json
from bitbucket_hooks.report.build import changes_of
from bitbucket_hooks.runs.adoption_preview import AdoptionPreview
from support.engine import wait_until
from support.processes import children_of, ends_by_itself
from support.report_runs import events, hook, root, state, step
from support.sandbox import Sandbox

_ENGINE = """#!/bin/sh
while [ "$1" != --event-log ]; do shift; done
cat {events} >"$2"
[ -z "$NOTES" ] || echo "$NOTES" >>"$BITBUCKET_HOOKS_NOTES"
echo "error: $SAYS"
exit "$CODE"
"""
_COMMAND = "from bitbucket_hooks.cli import main; main()"
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"  # what the engine shows of such a value
CHANGE = step("create", "Hook", "ci", None, state(hook()))


def run(
    folder: Path,
    says: str,
    log: str,
    *args: str,
    code: int = 255,
    notes: Sequence[Mapping[str, Any]] = (),
) -> Result:
    """Run a command whose engine writes these events, says this, and ends with a code.

    `notes` are those of our own providers.
    """
    path = _install(folder, _ENGINE.format(events=folder / "log"))
    (folder / "log").write_text(log, "utf-8", "surrogateescape")
    noted = "\n".join(map(json.dumps, notes))
    env = {"PATH": path, "SAYS": says, "CODE": str(code), "NOTES": noted}
    return CliRunner(env=env).invoke(main, args)


def _install(folder: Path, script: str) -> str:
    """Make a script the engine; gives what PATH is to be."""
    engine = folder / "pulumi"
    engine.write_text(script)
    engine.chmod(0o755)
    return os.pathsep.join([str(folder), os.environ["PATH"]])


PREVIEW, DRIFT, UP = ("preview", "--look", "0"), ("drift",), ("up", "--yes")
NOTHING = events(root(), preview=True)
NEW = events(root(), CHANGE, preview=True)
GOES = step("delete", "Hook", "old", state(hook()))
OLD, TO_GO = events(root(), GOES), events(root(), GOES, preview=True)
FOUND = events(root("refresh"), step("refresh", "Hook", "ci", state(hook()), None), preview=True)
FAILED = events(
    root(), {"diagnosticEvent": {"severity": "error", "message": "no", "urn": "a::b::c::d"}}
)
STOPPED = events(
    root(),
    {"policyEvent": {"policyName": "p", "enforcementLevel": "mandatory", "message": "m"}},
    preview=True,
)


def test_a_note_that_was_cut_short(tmp_path: Path) -> None:
    """By a kill or a full disk: the others count, and nothing fails for it."""
    notes = tmp_path / "notes"
    whole = json.dumps({"kind": "failure", "urn": "", "code": 2})
    notes.write_text(f"{whole}\n{whole[:20]}")
    assert exit_code(read_notes(notes)) == 2


@pytest.mark.parametrize(
    ("args", "log", "ends", "noted", "code"),
    [
        (PREVIEW, NOTHING, 0, 0, 0),
        (PREVIEW, NEW, 0, 0, 3),
        (PREVIEW, FAILED, 255, 1, 1),
        (PREVIEW, FAILED, 255, 2, 2),
        (PREVIEW, FAILED, 255, 0, 2),
        (PREVIEW, STOPPED, 255, 0, 1),
        (PREVIEW, "", 255, 0, 1),
        (DRIFT, NOTHING, 0, 0, 0),
        (DRIFT, FOUND, 0, 0, 3),
        (DRIFT, FAILED, 255, 2, 2),
        (UP, NOTHING, 0, 0, 0),
        (UP, OLD, 0, 0, 0),
        (UP, FAILED, 255, 1, 1),
    ],
)
def test_exit_codes(
    tmp_path: Path, args: tuple[str, ...], log: str, ends: int, noted: int, code: int
) -> None:
    """0 nothing changes or all is done, 3 a difference, 1 our mistake, 2 the remote side's."""
    failed = {"kind": "failure", "urn": "", "code": noted}
    done = run(tmp_path, "broken", log, *args, code=ends, notes=[failed] if noted else [])
    assert done.exit_code == code, done.output


def test_lines_that_are_no_events(tmp_path: Path) -> None:
    """Such as a full disk leaves: they are passed over, and the others count."""
    assert run(tmp_path, "", f"\udcff\n7\n{NEW}", *PREVIEW, code=0).exit_code == 3


@pytest.mark.parametrize(
    ("args", "log", "code"),
    [
        # `--expect-no-changes` calls a difference a failure
        (["preview", "--look", "0"], NEW, 3),
        (["preview", "--look", "0"], NOTHING, 2),
        (["drift"], events(root("refresh"), preview=True), 2),
    ],
)
def test_a_failure_without_an_event(tmp_path: Path, args: list[str], log: str, code: int) -> None:
    """The engine's last words are shown, and the exit code isn't that of success."""
    done = run(tmp_path, "the state can't be written", log, *args)
    assert done.exit_code == code, done.output
    assert code == 3 or "x pulumi: the state can't be written" in done.stdout
    assert "Nothing changes" not in done.stdout


def test_a_failure_with_an_event(tmp_path: Path) -> None:
    """Is shown by the report alone."""
    error = {"diagnosticEvent": {"severity": "error", "message": "no such thing"}}
    done = run(tmp_path, "preview failed", events(root(), error, preview=True), "preview")
    assert done.exit_code == 1
    assert "x no such thing" in done.stdout
    assert "pulumi:" not in done.stdout


def test_a_run_without_a_question_has_one_report(tmp_path: Path) -> None:
    """With --yes nobody decides by the preview: the update alone is reported."""
    done = run(tmp_path, "", OLD, *UP, code=0)
    assert done.exit_code == 0, done.output
    assert done.stdout.count("Webhooks of prod") == done.stdout.count("1 hook deleted.") == 1
    assert "Update of hooks/prod" in done.stdout


@pytest.mark.parametrize(
    ("answer", "options", "code", "updates"),
    [
        (b"n\n", [], 0, False),
        (b"\n", ["--json"], 0, False),
        (b"y\n", [], 0, True),
        (b"\x04", [], 1, False),  # the end of the input
    ],
)
def test_the_question(
    tmp_path: Path, answer: bytes, options: list[str], code: int, updates: bool
) -> None:
    """No is an answer, no error; whoever leaves without one has not agreed either."""
    calls = tmp_path / "calls"
    done = _answering(tmp_path, answer, *options)
    assert done.returncode == code, done.stderr
    assert ("up" in calls.read_text().split()) is updates
    assert done.stderr.count("Update now? [y/N]") == 1
    assert ("Nothing was changed." in done.stderr) is (answer in (b"n\n", b"\n"))
    if options:
        assert json.loads(done.stdout)["counts"]["deleted"] == 1
        assert "1 hook to delete." in done.stderr
    else:
        assert done.stdout.count("1 hook to delete.") == 1 + updates
        assert ("Error: stopped" in done.stderr) is bool(code)


def _answering(folder: Path, answer: bytes, *options: str) -> subprocess.CompletedProcess[str]:
    """Run `up` at a terminal at which somebody types, over an engine that is to delete a hook."""
    (folder / "log").write_text(TO_GO)
    noting = _ENGINE.replace("while", f'echo "$1" >>{folder / "calls"}\nwhile', 1)
    path = _install(folder, noting.format(events=folder / "log"))
    here, there = pty.openpty()
    command = [sys.executable, "-c", _COMMAND, "up", *options]
    started = subprocess.Popen(
        command,
        env={**os.environ, "PATH": path, "SAYS": "", "CODE": "0", "NOTES": ""},
        stdin=there,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.write(here, answer)
    out, err = started.communicate(timeout=60)
    os.close(here)
    os.close(there)
    return subprocess.CompletedProcess(command, started.returncode, out, err)


_PATIENT = """#!/bin/sh
while [ "$1" != --event-log ]; do shift; done
trap 'echo interrupted >>"$HEARD"; exit 1' INT
trap 'echo terminated >>"$HEARD"' TERM
trap 'echo hung up >>"$HEARD"' HUP
printf '%s' "$EVENTS" >"$2"
echo "$2" >"$HEARD.log"
while :; do sleep 0.05; done
"""
BEGUN = NEW.partition('{"summaryEvent"')[0]


def start(folder: Path, log: str, *args: str) -> tuple[subprocess.Popen[str], Path]:
    """Start a command whose engine writes these events and goes on until it is interrupted.

    Gives the command, and the folder of its run, when the engine is there.
    """
    process = _begin(folder, _PATIENT, {"EVENTS": log, "HEARD": str(folder / "heard")}, *args)
    named = folder / "heard.log"
    wait_until(lambda: named.is_file() and bool(named.read_text()), process)
    return process, Path(named.read_text().strip()).parent


def _begin(
    folder: Path, script: str, variables: dict[str, str], *args: str
) -> subprocess.Popen[str]:
    """Start a command in a session of its own, with a script as the engine."""
    path = _install(folder, script)
    (folder / "Pulumi.yaml").write_text("name: hooks\nruntime: python\n")
    (folder / "tmp").mkdir(exist_ok=True)
    return subprocess.Popen(
        [sys.executable, "-c", _COMMAND, *args],
        cwd=folder,
        env={**os.environ, "PATH": path, "TMPDIR": str(folder / "tmp"), **variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


@pytest.mark.parametrize(
    ("number", "args", "log"),
    [  # before its first event, and midway
        (signal.SIGINT, ("preview",), ""),
        (signal.SIGTERM, ("preview",), BEGUN),
        (signal.SIGHUP, ("drift",), BEGUN),
        (signal.SIGTERM, ("drift",), ""),
        (signal.SIGINT, ("up", "--yes"), BEGUN),
    ],
)
def test_a_signal_to_all(
    tmp_path: Path, number: signal.Signals, args: tuple[str, ...], log: str
) -> None:
    """Comes to the engine once, which a second one would end at once, and is reported as a stop."""
    files = [str(tmp_path / name) for name in ("page", "words", "values")]
    ways = zip(("--html", "--markdown", "--json-file"), files, strict=True)
    more = (word for pair in ways for word in pair)
    process, folder = start(tmp_path, log, *args, "--stack", "acme/hooks/prod", *more)
    assert folder.stat().st_mode & 0o777 == 0o700
    os.killpg(process.pid, number)
    printed, complaints = process.communicate(timeout=60)
    assert process.returncode == 2, complaints
    assert (tmp_path / "heard").read_text().split() == ["interrupted"]
    for words in (printed, *(Path(file).read_text() for file in files[:2])):
        assert "The preview was stopped; nothing is known." in words
        assert "Webhooks of prod" in words
    values = json.loads(Path(files[2]).read_text())
    assert (values["project"], values["stack"], values["changes"]) == ("hooks", "prod", None)
    assert not list((tmp_path / "tmp").glob("bitbucket*"))


_QUICK = """#!/bin/sh
[ "$1" != config ] || { printf '{"bitbucket:apiUrl": {"value": "%s"}}' "$API"; exit; }
while [ "$1" != --event-log ]; do shift; done
printf '%s' "$EVENTS" >"$2"
"""


def _interrupted(folder: Path, sandbox: Sandbox, *args: str) -> tuple[int, str, str]:
    """Interrupt a preview that waits for the service; gives its exit code, output and errors."""
    sandbox.plan_fault("503", times=10_000)
    variables = {"EVENTS": NEW, "API": f"sandbox:{sandbox.path}"}
    process = _begin(folder, _QUICK, variables, "preview", "--stack", "prod", *args)
    wait_until(lambda: bool(sandbox.requests()), process)
    os.killpg(process.pid, signal.SIGTERM)
    printed, complaints = process.communicate(timeout=60)
    return process.returncode, printed, complaints


def test_a_signal_while_live_hooks_are_looked_for(tmp_path: Path, sandbox: Sandbox) -> None:
    """14.13: the preview didn't come to its end either, and says so."""
    code, printed, complaints = _interrupted(tmp_path, sandbox, "--json-file", "shown")
    assert (code, "The preview was stopped; nothing is known." in printed) == (2, True), complaints
    assert json.loads((tmp_path / "shown").read_text())["changes"] is None


def test_a_signal_while_a_report_is_published(tmp_path: Path, sandbox: Sandbox) -> None:
    """14.13: it is shown as it is, with what could not be published."""
    number = sandbox.plant_pull_request("acme/web")
    where = ("--comment", "--repository", "acme/web", "--pull-request", str(number))
    code, printed, complaints = _interrupted(tmp_path, sandbox, "--look", "0", *where)
    assert (code, "1 hook to create or adopt." in printed) == (2, True), complaints
    assert "comment: not done: stopped while waiting, as asked" in complaints


def test_a_run_that_was_killed_leaves_nothing_for_long(tmp_path: Path) -> None:
    """Its folder goes in the next run, while those of runs that live stay."""
    killed, left = start(tmp_path, BEGUN, "preview")
    (engine,) = children_of(killed.pid)
    killed.kill()
    killed.communicate(timeout=60)
    assert ends_by_itself(engine)
    assert (tmp_path / "heard").read_text() == "interrupted\n"  # so that it ends in order
    (tmp_path / "heard.log").unlink()
    first, kept = start(tmp_path, BEGUN, "preview")
    (tmp_path / "heard.log").unlink()
    second, own = start(tmp_path, BEGUN, "preview")
    assert not left.exists()
    assert kept.exists()
    assert own.exists()
    for process in (first, second):
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
    assert not kept.exists()
    assert not own.exists()


def test_folders_of_earlier_versions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which hold no lock, go when they are old; what only looks like one stays."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    old, new, other = (tmp_path / f"bitbucket-hooks-{end}" for end in ("abcdefg1", "abcd_fg2", "0"))
    for folder in (old, new, other):
        folder.mkdir()
        (folder / "events").write_text("{}")
    for folder in (old, other):
        for path in (folder / "events", folder):
            os.utime(path, (0, 0))
    with run_folder() as own:
        assert own.parent == tmp_path
    assert sorted(tmp_path.iterdir()) == sorted([new, other])


def test_nowhere_to_publish(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Is said before an engine is started."""
    for name in ("BITBUCKET_BUILD_NUMBER", "GITHUB_STEP_SUMMARY"):
        monkeypatch.delenv(name, raising=False)
    done = run(tmp_path, "", "", "preview", "--publish")
    assert done.exit_code == 1
    assert "there is nowhere to bring the report" in done.stderr
    assert not done.stdout


def _adoptions(
    sandbox: Sandbox,
    *steps: dict[str, Any],
    warnings: list[str] | None = None,
    declared: Any = (),
    namespace: str = "bitbucket",
) -> dict[str, Any]:
    """Give the report of a preview with these steps, with the live hooks that they would adopt."""
    run = read(events(*steps, preview=True), "it")
    values = {
        f"{namespace}:apiUrl": f"sandbox:{sandbox.path}",
        "bitbucket-hooks:hooks": list(declared),
    }
    warn = print if warnings is None else warnings.append
    found = AdoptionPreview(values, print, warn, most=10).find(run, changes_of(run))
    assert "canary" not in repr(found)
    return as_json.render(changes_of(run, found))


@pytest.mark.parametrize(
    ("declared", "requests"),
    [
        ({}, 1),
        *(({key: UNKNOWN}, 0) for key in ("url", "repository", "owner", "description", "events")),
        ({"events": [UNKNOWN, "repo:push"]}, 0),
    ],
)
def test_what_a_preview_cannot_tell(
    sandbox: Sandbox, declared: dict[str, Any], requests: int
) -> None:
    """What may become anything is not looked for: created or adopted, nobody knows."""
    report = _adoptions(sandbox, step("create", "Hook", "ci", None, hook(**declared)))
    assert len(sandbox.requests()) == requests
    assert report["counts"]["looked"] is bool(requests)


def test_the_account_of_a_program_with_the_plugin(sandbox: Sandbox) -> None:
    """Stands in the stack config under the plugin's name."""
    live = sandbox.plant_hook("acme/web", hook()["url"])
    (new,) = _adoptions(sandbox, CHANGE, namespace="bitbucket-hooks")["hooks"]
    assert new["adopted"]["acme/web"]["uuid"] == live.uuid


def test_a_live_hook_that_is_nearly_the_new_one(sandbox: Sandbox) -> None:
    """Is named with the reason; an equal spelling is adopted instead."""
    url = hook()["url"]
    near = sandbox.plant_hook("acme/web", f"{url.replace('https', 'http')}/")
    (new,) = _adoptions(sandbox, CHANGE)["hooks"]
    (found,) = new["near"]["acme/web"]
    assert (found["uuid"], new["created"]) == (near.uuid, ["acme/web"])
    assert "scheme or a last slash" in found["why"]
    sandbox.plant_hook("acme/web", url.replace("https://ci", "HTTPS://CI"))
    (new,) = _adoptions(sandbox, CHANGE)["hooks"]
    assert (new["near"], list(new["adopted"])) == ({}, ["acme/web"])


def test_a_hook_that_cannot_be_read_where_a_new_one_is_to_be(sandbox: Sandbox) -> None:
    """Is warned of by its uuid, and keeps no other one from being found."""
    odd = sandbox.plant_hook("acme/web", "https://odd.example.com/")
    sandbox.spoil_hook(odd.uuid, url=None)
    live = sandbox.plant_hook("acme/web", hook()["url"])
    warnings: list[str] = []
    (new,) = _adoptions(sandbox, CHANGE, warnings=warnings)["hooks"]
    assert new["adopted"]["acme/web"]["uuid"] == live.uuid
    (warning,) = warnings
    assert f"acme/web: the hook {odd.uuid} can't be read: url" in warning


def test_a_new_hook_with_a_secret_url(sandbox: Sandbox) -> None:
    """The engine hides it, the configuration of the stack has it; nothing of it is shown."""
    url = "https://chat.example.com/canary"
    live = sandbox.plant_hook("acme/web", url, active=False)
    hidden = [step("create", "Hook", name, None, hook(url="[secret]")) for name in ("chat", "own")]
    report = json.dumps(_adoptions(sandbox, *hidden, declared=[{"name": "chat", "url": url}]))
    assert f'"adopted": {{"acme/web": {{"uuid": "{live.uuid}"' in report
    assert '"active false => true"' in report
    assert '"created": ["acme/web"]' in report, "of a url that the program made, nobody knows"
    assert "canary" not in report
