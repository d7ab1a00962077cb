"""`bitbucket-hooks report`: what a run of the engine means for the webhooks, in several formats."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from bitbucket_hooks.cli import report_options
from bitbucket_hooks.cli.command import Command
from bitbucket_hooks.model.errors import unreadable
from bitbucket_hooks.pulumi_cli.read import read
from bitbucket_hooks.report.build import changes_of

_EXAMPLES = """\b
  pulumi preview --json --refresh | bitbucket-hooks report
  pulumi up --yes --json >run.jsonl; bitbucket-hooks report run.jsonl --html run.html
"""


@click.command(cls=Command, epilog=_EXAMPLES)
@click.argument("file", required=False, type=click.Path(dir_okay=False, allow_dash=True))
@report_options.options
@click.pass_context
def report(
    context: click.Context,
    file: str | None,
    how: dict[str, Any],
) -> None:
    """Say what a run of the engine means for the webhooks.

    A preview, an update or a refresh. FILE, or standard input, is what the engine printed with
    --json or wrote with --event-log.

    Exits with 0 when nothing changes, 3 when something does or has drifted, 1 when the declarations
    are wrong, and 2 when the run failed otherwise.
    """
    text, source = _input(file)
    changes = changes_of(read(text, source))
    report_options.show(changes, **how)
    context.exit(changes.exit_code)


def _input(file: str | None) -> tuple[str, str]:
    """The text to read, and what to call it in messages."""
    if file in (None, "-"):
        if file is None and sys.stdin.isatty():
            raise click.UsageError(
                "nothing to report on; name a FILE, or pipe `pulumi preview --json --refresh` "
                "into this command"
            )
        return _decoded(sys.stdin.buffer.read()), "standard input"
    try:
        return _decoded(Path(str(file)).read_bytes()), str(file)
    except OSError as error:
        raise unreadable(file, error) from None


def _decoded(data: bytes) -> str:
    """The text of what was written, by a shell that may prefer UTF-16 too."""
    is_wide = data[:2] in (b"\xff\xfe", b"\xfe\xff")
    return data.decode("utf-16" if is_wide else "utf-8-sig", errors="replace")
