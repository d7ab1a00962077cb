"""What is known of stacks over time, as a page of its own with plots."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from attrs import frozen

from bitbucket_hooks.html.render import render_file
from bitbucket_hooks.model.wording import counted
from bitbucket_hooks.pulumi_cli.history import CHANGES, PastRun
from bitbucket_hooks.report.kept import KeptReport


@frozen
class StackHistory:
    """What is known of a stack; None: the runs can't be read, or no reports were asked for."""

    name: str
    runs: Sequence[PastRun] | None
    reports: Sequence[KeptReport] | None


def render(stacks: Sequence[StackHistory]) -> str:
    """Write the page."""
    shown = [(stack, _runs_plot(stack), _hooks_plot(stack)) for stack in stacks]
    return render_file("history", title="Webhooks over time", stacks=shown, changes=[*CHANGES])


def _runs_plot(stack: StackHistory) -> Any:
    """How many resources each run changed; None where there is nothing to draw."""
    from bitbucket_hooks.html.plots import bars  # noqa: PLC0415  # for pages alone

    if not stack.runs:
        return None
    rows = {
        name: [
            (
                run.changes()[name],
                f"{run.began}: {run.kind} {run.result}, {run.changes()[name]} {name}",
            )
            for run in stack.runs
        ]
        for name in CHANGES
    }
    words = f"Resources that each of {counted(len(stack.runs), 'run')} changed, the oldest first"
    return bars(words, [run.began[:10] for run in stack.runs], rows)


def _hooks_plot(stack: StackHistory) -> Any:
    """How many hooks had drifted or were unmanaged; None where no report knows."""
    from bitbucket_hooks.html.plots import lines  # noqa: PLC0415  # for pages alone

    looked = [report for report in stack.reports or () if report.looked]
    rows = {
        "drifted": [_point(report, "drifted", report.drifted) for report in looked],
        "unmanaged": [_point(report, "unmanaged", report.unmanaged) for report in looked],
    }
    if all(number is None for row in rows.values() for _, number, _ in row):
        return None
    return lines("Hooks that had drifted, and unmanaged hooks, over time", rows)


def _point(report: KeptReport, what: str, number: int | None) -> tuple[datetime, int | None, str]:
    return report.written, number, f"{report.at}: {report.least(number)} {what}"
