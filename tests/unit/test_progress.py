"""How far long work is: a line now and then where nobody watches, a moving one on a terminal."""

from __future__ import annotations

import io
import sys
import time

import pytest

from bitbucket_hooks.cli.progress import progress
from bitbucket_hooks.runs.preview import Watcher


class Terminal(io.StringIO):
    """Something that says it is a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


def test_a_log_hears_now_and_then(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not of every step, and nothing of work that is soon done."""
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    with progress("looking") as shown:
        for second in range(25):
            now[0] = 100.0 + second
            shown.notify(f"{second} of 25\nand more\x1b")
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.splitlines() == ["looking: 10 of 25 (10 s)", "looking: 20 of 25 (20 s)"]


def test_a_watcher_sees_each(monkeypatch: pytest.MonkeyPatch) -> None:
    """On standard error, so that the output can be piped; markup means nothing."""
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with progress("looking") as shown:
        shown.notify("[bold]3 of 25")
        ends = time.monotonic() + 30
        while "looking: [bold]3 of 25" not in terminal.getvalue() and time.monotonic() < ends:
            time.sleep(0.01)
    assert "looking: [bold]3 of 25" in terminal.getvalue()


def test_what_is_printed_aside_has_a_line_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """The moving line is gone meanwhile, and comes back."""
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with progress("looking") as shown:
        shown.notify("1 of 2")
        with shown.aside():
            terminal.write("done\n")
        shown.notify("2 of 2")
    before, after = terminal.getvalue().split("done\n")
    assert before.endswith("\x1b[2K")
    assert "looking: 1 of 2" in before
    assert "looking: 2 of 2" in after


def test_a_warning_is_one_line_that_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes after it takes its place; the time goes on."""
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with progress("looking") as shown:
        shown.note("no connection; trying again")
        ends = time.monotonic() + 30
        while "looking: no connection; trying again, " not in terminal.getvalue():
            assert time.monotonic() < ends
            time.sleep(0.01)
    assert "Note:" not in terminal.getvalue()


def test_a_warning_in_a_log(capsys: pytest.CaptureFixture[str]) -> None:
    """Is a line of its own, at once; nothing to say is no line."""
    with progress("looking") as shown:
        shown.notify("")
        shown.note("no connection; trying again\x1b")
    assert capsys.readouterr().err == "Note: no connection; trying again\\x1b\n"


def test_an_engines_run_is_counted() -> None:
    """By resource; of how many, once a preview has told; and warnings are heard at once."""
    said: list[str] = []
    for total in (None, 2):
        watcher = Watcher(said.append, said.append, total)
        for name in ("ci", "chat"):
            metadata = {"op": "create", "urn": f"urn:pulumi:dev::x::y::{name}"}
            watcher.event({"resOutputsEvent": {"metadata": metadata}})
        assert watcher.done == 2
    watcher.event({"diagnosticEvent": {"severity": "warning", "message": "no connection\n"}})
    assert said == [
        *("1 resource, create ci", "2 resources, create chat"),
        *("1 of 2 resources, create ci", "2 of 2 resources, create chat"),
        "no connection",
    ]
