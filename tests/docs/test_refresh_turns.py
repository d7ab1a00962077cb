"""docs/refresh-budget.md: its figures are a rotation's, its output is what a run says."""

from __future__ import annotations

import io
import re
from typing import Final

from rich.console import Console

from bitbucket_hooks.pulumi_cli.read import read
from bitbucket_hooks.reconcile.refresh_rotation import turn_of
from bitbucket_hooks.report import terminal
from bitbucket_hooks.report.build import changes_of
from bitbucket_hooks.report.to_document import to_document
from support import handbook
from support.report_runs import hook, preview, step
from support.transcript import misses

PAGE: Final = handbook.page("refresh-budget.md")


def _shown() -> tuple[int, int, int, int]:
    """Of the page's output: the budget, the repositories, the turn, and how many there are."""
    told = re.findall(r"Checked: (\d+) of ([\d,]+) repositories, turn (\d+) of (\d+)\.", PAGE)
    ((budget, total, number, turns),) = told
    return int(budget), int(total.replace(",", "")), int(number), int(turns)


def test_the_figures() -> None:
    """So many runs look at everything, with the budget that the page sets."""
    budget, total, number, turns = _shown()
    turn = turn_of([f"acme/{one}" for one in range(total)], budget, number)
    assert (turn.number, turn.turns, len(turn.due)) == (number, turns, budget)
    assert f"bitbucket:refreshBudget {budget}\n" in PAGE
    assert f"BITBUCKET_REFRESH_TURN={number} pulumi up --refresh" in PAGE


def test_what_drift_says() -> None:
    """Of a run without drift, in its turn."""
    budget, total, number, _ = _shown()
    turn = turn_of([f"acme/{one}" for one in range(total)], budget, number)
    told = {"diagnostics": [{"severity": "info", "message": f"{turn}\n"}]}
    run = preview(step("same", "Hook", "ci", hook(), hook()), refreshed=True, **told)
    out = io.StringIO()
    terminal.show(
        to_document(changes_of(read(run, "it"))), Console(file=out, width=200, highlight=False)
    )
    assert not misses(handbook.told(PAGE), [out.getvalue()])
