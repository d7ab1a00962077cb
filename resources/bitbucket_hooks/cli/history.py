"""`bitbucket-hooks history`: the runs of stacks, and how their hooks fared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from bitbucket_hooks.cli import completing, output
from bitbucket_hooks.cli.command import command, file_path
from bitbucket_hooks.cli.progress import progress
from bitbucket_hooks.filesystem.files import write_whole
from bitbucket_hooks.model.errors import HooksError
from bitbucket_hooks.model.globs import is_glob
from bitbucket_hooks.model.wording import first_names

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from bitbucket_hooks.pulumi_cli.history import PastRun
    from bitbucket_hooks.report.kept import Kept, KeptReport
    from bitbucket_hooks.report.over_time import StackHistory

_NAMED: Final = 3


@command(
    "bitbucket-hooks history prod",
    "bitbucket-hooks history eu us --reports reports --html history.html",
)
@click.argument("stacks", metavar="[STACK]…", nargs=-1, shell_complete=completing.stack_names)
@output.json_option
@output.wide_option
@output.pager_option
@click.option(
    "--reports",
    "paths",
    multiple=True,
    type=click.Path(),
    metavar="PATH",
    help="Reports that `--json-file` wrote: a folder, a file or a glob.",
)
@click.option("--html", type=file_path, help="Also write a page of its own with plots.")
def history(stacks: tuple[str, ...], paths: tuple[str, ...], html: Path | None) -> int:
    """Show the runs of stacks, and how many hooks had drifted or were unmanaged.

    STACK is a name or a glob; default: the selected stack. The backend remembers how many resources
    each run changed. What had drifted and what nothing declares is in the reports alone that were
    kept; what they don't know is shown as -. Exits with 0, or with 2 or 1 when a stack's runs
    can't be read.
    """
    kept = _kept(paths)
    found, failed = _histories(_names(stacks), kept)
    if html is not None:
        from bitbucket_hooks.report.over_time import render

        write_whole(html, render(found))
        output.wrote(html)
    with output.paged():
        if output.wants_json():
            output.as_json({"version": 1, "stacks": [*map(_as_json, found)]})
        else:
            _print(found)
    return failed


def _names(given: Sequence[str]) -> list[str]:
    """The stacks that are meant, each once. Raises HooksError."""
    from bitbucket_hooks.pulumi_cli.engine import selected_stack
    from bitbucket_hooks.stack.files import stacks_like

    if not given:
        return [selected_stack()]
    # a stack without a file has a history too
    names = [name for text in given for name in (stacks_like([text]) if is_glob(text) else [text])]
    return list(dict.fromkeys(names))


def _kept(paths: Sequence[str]) -> Kept | None:
    """The reports that were kept; None where none are asked for."""
    from bitbucket_hooks.report.kept import read_kept
    from bitbucket_hooks.stack.files import project_name

    if not paths:
        return None
    kept = read_kept(paths, project_name())
    if kept.others:
        names = first_names([str(file) for file in kept.others], _NAMED)
        output.warn(
            f"no report with a stack and a time in {names}; make reports with `--json-file FILE`"
        )
    return kept


def _histories(names: Sequence[str], kept: Kept | None) -> tuple[list[StackHistory], int]:
    """What is known of each stack, and what a failure exits with.

    Raises HooksError when nothing is known of any.
    """
    from bitbucket_hooks.pulumi_cli.history import past_runs
    from bitbucket_hooks.report.over_time import StackHistory

    found: list[StackHistory] = []
    errors: list[HooksError] = []
    with progress("history") as line:
        for name in names:
            runs = None
            try:
                runs = past_runs(name)
            except HooksError as error:
                errors.append(error)
            found.append(StackHistory(name, runs, kept.of_stack(name) if kept else None))
            line.notify(f"{len(found)} of {len(names)} stacks")
    if errors and not any(stack.runs is not None or stack.reports for stack in found):
        raise errors[0]
    for failure in errors:
        output.warn(failure.in_a_line)
    return found, max((failure.exit_code for failure in errors), default=0)


def _print(found: Sequence[StackHistory]) -> None:
    from bitbucket_hooks.pulumi_cli.history import CHANGES

    for index, stack in enumerate(found):
        if len(found) > 1:
            click.echo(("\n" if index else "") + output.text(stack.name))
        if stack.runs is None:
            click.echo("The runs can't be read.")
        else:
            rows = [
                (run.began, run.kind, run.result, *run.changes().values())
                for run in reversed(stack.runs)
            ]
            output.table(("began", "run", "result", *CHANGES), rows, "There was no run yet.")
        if stack.reports is not None:
            click.echo()
            output.table(
                ("report", "run", "hooks", "changed", "drifted", "unmanaged"),
                [_row(report) for report in reversed(stack.reports)],
                "No report was kept.",
            )


def _row(report: KeptReport) -> tuple[object, ...]:
    return (
        report.at,
        report.run,
        report.hooks,
        report.changed,
        report.least(report.drifted),
        report.least(report.unmanaged),
    )


def _as_json(stack: StackHistory) -> dict[str, Any]:
    return {
        "stack": stack.name,
        "runs": None if stack.runs is None else [*map(_run_as_json, stack.runs)],
        "reports": None if stack.reports is None else [*map(_report_as_json, stack.reports)],
    }


def _run_as_json(run: PastRun) -> dict[str, Any]:
    return {
        "kind": run.kind,
        "result": run.result,
        "began": run.began,
        "ended": run.ended,
        **run.changes(),
    }


def _report_as_json(report: KeptReport) -> dict[str, Any]:
    return {
        "written": report.at,
        "run": report.run,
        "exitCode": report.exit_code,
        "hooks": report.hooks,
        "created": report.created,
        "updated": report.updated,
        "deleted": report.deleted,
        "drifted": report.drifted,
        "unmanaged": report.unmanaged,
        "whole": report.whole,
    }
