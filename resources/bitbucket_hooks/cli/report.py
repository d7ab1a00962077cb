"""`bitbucket-hooks report`: what a run of the engine means for the webhooks, in several formats."""

from __future__ import annotations

from typing import Any

import click

from bitbucket_hooks.cli import report_options
from bitbucket_hooks.cli.command import Command, input_argument, read_input
from bitbucket_hooks.pulumi_cli.read import read
from bitbucket_hooks.report.build import changes_of

_EXAMPLES = """\b
  pulumi preview --json --refresh | bitbucket-hooks report
  pulumi up --yes --json >run.jsonl; bitbucket-hooks report run.jsonl --html run.html
"""


@click.command(cls=Command, epilog=_EXAMPLES)
@input_argument
@report_options.options
def report(file: str | None, how: dict[str, Any]) -> int:
    """Say what a run of the engine means for the webhooks.

    A preview, an update or a refresh. FILE, or standard input, is what the engine printed with
    --json or wrote with --event-log.

    Exits with 0 when nothing changes, 3 when something does or has drifted, 1 when the declarations
    are wrong, and 2 when the run failed otherwise.
    """
    data = read_input(
        file,
        "nothing to report on; name a FILE, or pipe `pulumi preview --json --refresh` into this "
        "command",
    )
    is_wide = data[:2] in (b"\xff\xfe", b"\xfe\xff")  # a shell may prefer UTF-16
    text = data.decode("utf-16" if is_wide else "utf-8-sig", errors="replace")
    changes = changes_of(read(text, "standard input" if file in (None, "-") else str(file)))
    report_options.show(changes, **how)
    return changes.exit_code
