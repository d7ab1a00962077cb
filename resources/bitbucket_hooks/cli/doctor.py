"""`bitbucket-hooks doctor`: what stands between a stack and its webhooks."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final

import click

from bitbucket_hooks.cli import output
from bitbucket_hooks.cli.command import command, stack_argument
from bitbucket_hooks.cli.progress import progress
from bitbucket_hooks.report.terminal import coloured

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from bitbucket_hooks.doctor.findings import CheckSection, Report

_MARKS: Final = {
    "ok": ("✓", "green"),
    "note": ("·", "blue"),
    "warning": ("!", "yellow"),
    "error": ("✗", "red"),
    "unknown": ("?", "magenta"),
}
_PLURALS: Final = {"error": "errors", "warning": "warnings", "note": "notes", "unknown": "unknown"}


@command("bitbucket-hooks doctor", "bitbucket-hooks doctor prod --strict")
@stack_argument()
@output.json_option
@click.option("--strict", is_flag=True, help="Exit with 1 on warnings and unknowns too.")
@click.option(
    "--all-stacks",
    is_flag=True,
    help="Look for shared hooks in every stack of the backend, not in this project's alone.",
)
def doctor(stack: str | None, *, strict: bool, all_stacks: bool) -> int:
    """Say what stands between a stack and its webhooks.

    And how to mend it. Looks at all that STACK needs, or the selected one if none is named: its
    accounts with their rights and limits, the engine and its backend, the stack config, hooks that
    it shares with other stacks, and the way to Bitbucket. Without a project: at the account of the
    variables BITBUCKET_*. Nothing is changed.

    Exits with 0 when nothing has to be mended, 1 when something here has, 2 when the remote side
    failed.
    """
    from bitbucket_hooks.doctor.examine import Examination

    with progress("doctor") as shown:
        found = Examination(stack, all_stacks, shown.notify).report()
    code = found.exit_code(strict=strict)
    if output.wants_json():
        output.as_json(_as_json(found, code))
    elif console := coloured(sys.stdout):
        _draw(console, found)
    else:
        _print(found)
    return code


def _as_json(found: Report, code: int) -> dict[str, Any]:
    return {
        "version": 1,
        "project": found.project,
        "stack": found.stack,
        "exitCode": code,
        "counts": found.counts(),
        "findings": [
            {
                "family": section.family,
                "about": section.about or None,
                "check": finding.check,
                "level": finding.level.value,
                "what": finding.what,
                "remedy": finding.remedy or None,
                "details": list(finding.details),
            }
            for section in found.sections
            for finding in section.findings
        ],
    }


def _title(section: CheckSection) -> str:
    return output.text(f"{section.family.capitalize()} {section.about}".strip())


def _summary(found: Report) -> str:
    counts = found.counts()
    bad = [
        f"{count} {level if count == 1 else _PLURALS[level]}"
        for level in ("error", "warning", "unknown", "note")
        if (count := counts[level])
    ]
    return ", ".join([*bad, f"{counts['ok']} fine"])


def _rows(section: CheckSection) -> Iterator[tuple[str, str, str]]:
    """Level, check and text of each finding; details and remedy are lines with a text alone."""
    for finding in section.findings:
        yield finding.level.value, finding.check, output.text(finding.what)
        remedy = (f"→ {line}" for line in finding.remedy.splitlines())
        for line in (*finding.details, *remedy):
            yield "", "", output.text(line)


def _widest(found: Report) -> int:
    """How wide the names of the checks are."""
    findings = (finding for section in found.sections for finding in section.findings)
    return max((len(finding.check) for finding in findings), default=0)


def _print(found: Report) -> None:
    width = _widest(found)
    for section in found.sections:
        click.echo(_title(section))
        for level, check, text in _rows(section):
            click.echo(f"  {level:7}  {check:{width}}  {text}")
        click.echo()
    click.echo(_summary(found))


def _draw(screen: Console, found: Report) -> None:
    from rich import table, text  # only a terminal pays for it

    for section in found.sections:
        screen.print(text.Text(_title(section), style="bold"))
        grid = table.Table.grid(padding=(0, 2, 0, 0))
        grid.add_column(width=3, justify="right", no_wrap=True)
        grid.add_column(width=_widest(found), no_wrap=True)
        grid.add_column(overflow="fold")
        for level, check, line in _rows(section):
            if level:
                mark, colour = _MARKS[level]
                grid.add_row(text.Text(mark, style=colour), check, text.Text(line))
            else:
                grid.add_row(
                    "", "", text.Text(line, style="cyan" if line.startswith("→") else "dim")
                )
        screen.print(grid)
        screen.print()
    counts = found.counts()
    worst = next((level for level in ("error", "warning", "unknown") if counts[level]), "ok")
    screen.print(text.Text(_summary(found), style=f"bold {_MARKS[worst][1]}"))
