"""`bitbucket-hooks history`: the runs of a stack, and what each changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from bitbucket_hooks.cli import output
from bitbucket_hooks.cli.command import command, file_path, stack_argument
from bitbucket_hooks.filesystem.files import write_whole

if TYPE_CHECKING:
    from pathlib import Path

    from bitbucket_hooks.pulumi_cli.history import PastRun


@command("bitbucket-hooks history prod", "bitbucket-hooks history prod --html history.html")
@stack_argument()
@output.json_option
@output.wide_option
@output.pager_option
@click.option(
    "--html", type=file_path, metavar="FILE", help="Also write a page of its own with a chart."
)
def history(stack: str | None, html: Path | None) -> None:
    """Show a stack's runs, and how many resources each changed.

    As the backend remembers them. A refresh's changes are what had drifted until then. Drift that
    no refresh wrote down, and hooks that nothing declares, are in no history: they are not known.
    """
    from bitbucket_hooks.pulumi_cli.engine import selected_stack
    from bitbucket_hooks.pulumi_cli.history import CHANGES, past_runs

    name = stack or selected_stack()
    runs = past_runs(name)
    if html is not None:
        from bitbucket_hooks.html.render import render_file

        most = max((sum(run.changes().values()) for run in runs), default=0)
        title = f"Runs of {name}"
        page = render_file("history", title=title, runs=runs, changes=[*CHANGES], most=most)
        write_whole(html, page)
        output.wrote(html)
    with output.paged():
        if output.wants_json():
            output.as_json({"version": 1, "stack": name, "runs": [_as_json(run) for run in runs]})
            return
        rows = [
            (run.began, run.kind, run.result, *run.changes().values()) for run in reversed(runs)
        ]
        output.table(("began", "run", "result", *CHANGES), rows, "There was no run yet.")


def _as_json(run: PastRun) -> dict[str, Any]:
    return {
        "kind": run.kind,
        "result": run.result,
        "began": run.began,
        "ended": run.ended,
        **run.changes(),
    }
