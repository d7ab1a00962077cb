"""What the engine prints is read in each of its forms; what is something else is refused."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from support.report_runs import (
    event,
    events,
    fleet,
    hook,
    in_every_format,
    lines,
    preview,
    reported,
    root,
    state,
    step,
)
from support.report_samples import CANARY

SAMPLES = Path(__file__).parent / "samples"
EXPECTED = {
    "create.preview.json": (3, "12 hooks to create or adopt."),
    "create.up.jsonl": (3, "12 hooks created or adopted."),
    "same.preview.json": (0, "Nothing changes: all 12 hooks are as declared."),
    "drift.refresh-only.json": (3, "5 hooks not as declared. `pulumi up --refresh` repairs it."),
    "drift.refresh-preview.json": (3, "5 hooks not as declared."),
    "change.plain.json": (3, "3 hooks to delete, 6 to change, 4 to create or adopt, 1 renamed."),
    "change.refreshed.json": (3, "3 hooks to delete, 4 to change, 4 to create or adopt, 1 renamed"),
    "change.refreshed.jsonl": (3, "3 hooks to delete, 4 to change, 4 to create or adopt, 1 rename"),
    "change.up.jsonl": (2, "The update failed."),
    "drift.refresh.jsonl": (3, "4 hooks not as declared. It was noted in the state"),
    "destroy.jsonl": (3, "13 hooks deleted."),
    "mistake.preview.json": (1, 'x bad: events[0]: unknown event "repo:psuh"; did you mean'),
    "mistake.program.json": (1, "x hooks[0].url: is required"),
    "mistake.up.jsonl": (1, "x bad: url: must start with https:// (or http://)"),
}


def test_there_is_a_sample_for_each() -> None:
    """No sample is forgotten."""
    assert {path.name for path in SAMPLES.iterdir()} == EXPECTED.keys()


@pytest.mark.parametrize("name", EXPECTED)
def test_what_the_engine_printed(name: str, tmp_path: Path) -> None:
    """It is understood, and no format has a secret that the engine was asked to show."""
    code, said = EXPECTED[name]
    text = (SAMPLES / name).read_text()
    if name.endswith(".jsonl"):
        text = text.replace('"[secret]"', f'"{CANARY}"').replace('"ciphertext"', '"plaintext"')
    result, written = in_every_format(text, tmp_path)
    assert said in result.stdout
    assert result.exit_code == code
    assert [kind for kind in written if CANARY in written[kind] or not written[kind]] == []


def test_both_forms_of_a_preview_say_the_same() -> None:
    """A document and the events of one preview, but for drift that only events tell."""
    document, log = (
        json.loads(reported("", str(SAMPLES / name), "--format", "json").stdout)
        for name in ("change.refreshed.json", "change.refreshed.jsonl")
    )
    changes = [
        {hook["name"]: hook for hook in report["hooks"] if hook["name"] != "chat"}
        for report in (document, log)
    ]
    assert changes[0] == changes[1]
    assert document["run"]["kind"] == log["run"]["kind"] == "update"


NEW = step("create", "Hook", "ci", None, state(hook()))


def test_an_update_is_reported_rather_than_its_preview() -> None:
    """Of a log that holds both, what was done counts."""
    planned, done = events(NEW, preview=True), events(NEW)
    assert "1 hook created or adopted." in reported(planned + done).stdout
    assert "1 hook to create or adopt." in reported(planned).stdout


def test_a_run_that_was_cut_off() -> None:
    """Without its end, the log of an update is reported as far as it goes."""
    result = reported(lines([event("resourcePreEvent", **NEW), event("resOutputsEvent", **NEW)]))
    assert result.exit_code == 2
    assert "The update was stopped; nothing is known of what it didn't get to." in result.stdout
    assert "x What stands here was done before it was stopped;" in result.stdout
    assert "+ created or adopted on acme/web" in result.stdout
    assert reported('{"preludeEvent": {}}').exit_code == 2


@pytest.mark.parametrize("name", EXPECTED)
def test_a_run_with_the_plugin(name: str) -> None:
    """Resources of a program in another language are reported alike."""
    text = (SAMPLES / name).read_text()
    plugin = text.replace("pulumi-python:dynamic/bitbucket:", "bitbucket-hooks:index:")
    assert reported(plugin).stdout == reported(text).stdout


def test_a_warning_of_a_language_host() -> None:
    """It prints what the engine hands on as an error output, and is no error."""
    said = {"severity": "info#err", "message": "<{%reset%}>warning: using a plugin from $PATH\n"}
    result = reported(preview(root(), NEW, diagnostics=[said]))
    assert "! using a plugin from $PATH" in result.stdout
    assert "failed" not in result.stdout


CANCELED = {"diagnosticEvent": {"severity": "error", "message": "preview canceled\n"}}
CUT = {
    "document": preview(root(), NEW)[:-10],
    "document, early": preview(root(), NEW)[:200],
    "document, stopped": preview(root(), diagnostics=[CANCELED["diagnosticEvent"]]),
    "events": events(root(), NEW, preview=True)[:-30],
    "events, between lines": events(root("refresh"), NEW, preview=True).partition('{"summary')[0],
    # asked once to stop, the engine says so; asked twice, it does so after its summary at most
    "events, stopped": events(root(), CANCELED, NEW, preview=True, result="failed"),
    "events, stopped at once": events(root(), NEW, preview=True, result="canceled"),
    "events, error last": events(root(), NEW, preview=True, result="canceled") + lines([CANCELED]),
}


@pytest.mark.parametrize("text", CUT.values(), ids=CUT)
def test_a_preview_that_was_stopped(text: str, tmp_path: Path) -> None:
    """What it came to until then is no ground to judge by: every format says so, and no more."""
    result, written = in_every_format(text, tmp_path)
    assert result.exit_code == 2
    report = json.loads(written.pop("json"))
    for shown in written.values():
        assert "The preview was stopped; nothing is known." in shown
        assert not re.search("Nothing changes|as declared|to create|canceled", shown)
        assert "prod" in shown
    assert report["changes"] is None
    assert (report["exitCode"], report["run"]["ended"], report["hooks"]) == (2, False, [])


REFUSED = {
    "": "standard input is empty: the run printed nothing",
    " \n": "standard input is empty",
    "Previewing update (dev):\n": "standard input: this is no JSON",
    '{"config": {"x": ': "it is cut off in line 1",
    '{"some": "thi': "it is cut off in line 1",
    events(root()) + "warning: x\n": "line 6 is no JSON",
    '{"some": "thing"}': "value 1 is nothing of the engine's",
    "[1, 2]": "value 1 is nothing of the engine's",
    '{"steps": 5}': "value 1 is nothing of the engine's",
    lines([{"summaryEvent": {}}, 5]): "value 2 is nothing of the engine's",
    "[" * 100_000: "no JSON",
}


@pytest.mark.parametrize(("text", "said"), REFUSED.items(), ids=range(len(REFUSED)))
def test_what_isnt_a_run(text: str, said: str) -> None:
    """Broken, truncated and foreign input is refused by name, and with the remedy."""
    result = reported(text)
    assert result.exit_code == 1
    assert said in result.stderr
    assert "pulumi preview --json" in result.stderr
    assert not result.stdout


@pytest.mark.parametrize(
    "text",
    [
        '{"steps": null, "changeSummary": null}',
        '{"duration": 136584}',
        '{"steps": [null, 5, {}], "diagnostics": [7]}',
        '{"steps": [{"diffReasons": 5}], "diagnostics": 7, "duration": NaN}',
        '{"duration": Infinity, "diagnostics": [{"severity": ["error"], "message": "x"}]}',
        lines([{"resourcePreEvent": {"metadata": None}}, {"summaryEvent": {"resourceChanges": 4}}]),
        lines([{"resOutputsEvent": {}}, {"policyEvent": {}}, {"summaryEvent": {}}]),
        preview(step("update", "HookFleet", "x", {"repositories": 5}, {"events": "x", "url": 5})),
        preview(
            step("create", "Hook", "x"), step("update", "RepositoryHooksExclusive", "y", {}, {})
        ),
    ],
)
def test_what_lacks_parts(text: str) -> None:
    """An engine of another version may leave out what ours writes: that is no crash."""
    result = reported(text)
    assert result.exit_code in (0, 3), result.output
    assert result.stdout


def test_encodings() -> None:
    """A byte order mark and the UTF-16 of Windows' shells are read."""
    text = preview(step("create", "HookFleet", "ci", None, fleet("web")))
    for encoding in ("utf-8-sig", "utf-16"):
        assert reported(text.encode(encoding)).exit_code == 3
