"""docs/refresh-turns.md: its output is what a run says."""

from __future__ import annotations

from bitbucket_hooks.model.notes import Note, NoteKind
from support import handbook
from support.report_runs import fleet, preview, reported_with_notes, step
from support.transcript import misses

PAGE = handbook.page("refresh-turns.md")


def test_what_drift_says() -> None:
    """Of a run without drift, in its turn, with the number of turns that the page sets."""
    everywhere = fleet(*(f"svc-{number:04}" for number in range(5_000)))
    run = preview(step("same", "HookFleet", "ci", everywhere, everywhere), refreshed=True)
    said = reported_with_notes(run, Note(NoteKind.REFRESH_TURN, "", {"number": 3, "turns": 10}))
    assert not misses(handbook.page_steps(PAGE), [said])
    assert "bitbucket:refreshTurns 10\n" in PAGE
    assert "BITBUCKET_HOOKS_REFRESH_TURN=3 pulumi up --refresh" in PAGE
