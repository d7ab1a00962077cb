"""How commands bring a report to people: on the terminal, in files, and to reviewers."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import click

from bitbucket_hooks.cli import output
from bitbucket_hooks.cli.command import file_path, shared_options, with_options
from bitbucket_hooks.filesystem.files import write_whole
from bitbucket_hooks.model.settings import environment, resolve
from bitbucket_hooks.report import as_json, markdown, terminal
from bitbucket_hooks.report.to_document import to_document

if TYPE_CHECKING:
    from bitbucket_hooks.publish.place import PublishContext, Target
    from bitbucket_hooks.report.changes import Changes

_TERMINAL: Final = "terminal"
_FORMATS: Final = (_TERMINAL, "markdown", "bitbucket", "html", "json")

Destinations: TypeAlias = Mapping[str, Any]
"""What is to be published, and where: the options by name."""

_shown: Final = shared_options(
    "how",
    {
        "format_": click.option(
            "--format",
            "format_",
            type=click.Choice(_FORMATS),
            default=_TERMINAL,
            show_default=True,
            help="What to print: markdown is GitHub's, bitbucket is Bitbucket's.",
        ),
        "markdown": click.option(
            "--markdown", type=file_path, help="Also write GitHub's Markdown to a file."
        ),
        "html": click.option(
            "--html", type=file_path, help="Also write a page of its own to a file."
        ),
        "json_file": click.option("--json-file", type=file_path, help="Also write JSON to a file."),
        "title": click.option(
            "--title", default="", help="The heading; default: the stack's name."
        ),
        "limit": click.option(
            "--limit",
            type=click.IntRange(min=500),
            help="The most characters of Markdown, which folds to fit; default: 32000.",
        ),
    },
)
report_options: Final = with_options(output.wide_option, output.json_option, _shown)
"""Adds the options that `show` takes, and hands them on as `how`."""

publish_options: Final = shared_options(
    "destinations",
    {
        "everything": click.option(
            "--publish",
            "everything",
            is_flag=True,
            help="All of the next four, as far as this pipeline offers them.",
        ),
        "comment": click.option(
            "--comment", is_flag=True, help="Comment on the pull request, in place."
        ),
        "insights": click.option(
            "--insights", is_flag=True, help="Make a Code Insights report of the commit."
        ),
        "status": click.option("--status", is_flag=True, help="Set a build status on the commit."),
        "summary": click.option(
            "--summary", is_flag=True, help="Append it to GitHub's job summary."
        ),
        "repository": click.option(
            "--repository", metavar="WORKSPACE/SLUG", help="Where the pull request and commit are."
        ),
        "pull_request": click.option(
            "--pull-request", type=int, metavar="NUMBER", help="The pull request; default likewise."
        ),
        "commit": click.option(
            "--commit", metavar="HASH", help="The commit; default: the pipeline's."
        ),
    },
)
"""Adds the options that say where to publish, and hands them on as `destinations`."""


def show(
    changes: Changes,
    *,
    format_: str,
    markdown: Path | None,
    html: Path | None,
    json_file: Path | None,
    title: str,
    limit: int | None,
    already: bool = False,
) -> None:
    """Print a report, and write the files that are asked for.

    One that people have read `already`, by `show_before`, isn't printed for them again.
    """
    # once each: the file and what is printed are one report, of one moment
    rendered = functools.cache(lambda kind: _rendered(changes, kind, title, limit))
    for kind, path in (("markdown", markdown), ("html", html), ("json", json_file)):
        if path is not None:
            write_whole(path, rendered(kind))
            output.wrote(path)
    kind = _printed(format_)
    if kind != _TERMINAL:
        click.echo(rendered(kind), nl=False)
    elif not already:
        terminal.show(to_document(changes, title), wide=output.is_wide())


def show_before(changes: Changes, *, format_: str, title: str, **_: Any) -> None:
    """Let people read a report before they decide; a program reads only what comes of it."""
    err = _printed(format_) != _TERMINAL
    terminal.show(to_document(changes, title), err=err, wide=output.is_wide())


def _printed(format_: str) -> str:
    """The format that is printed: `--json` is short for that of JSON."""
    return "json" if output.wants_json() else format_


def _rendered(changes: Changes, kind: str, title: str, limit: int | None) -> str:
    if kind == "json":
        # the microseconds put those of one second in order
        report = {**as_json.render(changes), "written": datetime.now(timezone.utc).isoformat()}
        return json.dumps(report, indent=2) + "\n"
    if kind == "html":
        from bitbucket_hooks.publish.place import find_origin
        from bitbucket_hooks.report import html

        return html.render(to_document(changes, title), find_origin())
    flavour = markdown.Flavour.BITBUCKET if kind == "bitbucket" else markdown.Flavour.GITHUB
    return markdown.render(to_document(changes, title), flavour, limit=limit or markdown.LIMIT)


def place_of(destinations: Destinations) -> PublishContext | None:
    """Where to publish, before anything else is begun; None: nowhere.

    Raises ConfigError when what is asked for has no place.
    """
    from bitbucket_hooks.publish.place import find_place

    named = _targets(destinations)
    if not named and not destinations["everything"]:
        return None
    place = find_place(
        **{name: destinations[name] for name in ("repository", "pull_request", "commit")}
    )
    place.targets(named)
    return place


def publish(
    destinations: Destinations,
    place: PublishContext | None,
    changes: Changes,
    config: Callable[[], Mapping[str, Any]],
    *,
    passed: bool,
    refused: str | None = None,
) -> int:
    """Publish a report; gives what a failure of what was asked for by name exits with.

    `refused` is why it doesn't pass although the run did. With `--publish`, what doesn't work out
    is only a warning.
    """
    if place is None:
        return 0
    from bitbucket_hooks.api.clock import Clock
    from bitbucket_hooks.publish.from_changes import published
    from bitbucket_hooks.publish.publishing import publish as publish_report
    from bitbucket_hooks.pulumi_cli.signals import stopping
    from bitbucket_hooks.stack.config import own_account

    everything, clock = bool(destinations["everything"]), Clock()
    with stopping(clock):
        results = publish_report(
            published(
                changes,
                passed=passed and not refused,
                refused=refused,
                link=place.link,
                commit=place.commit.hash if place.commit else "",
            ),
            place,
            resolve(environment(), own_account(config())),
            lambda text: click.echo(output.text(text), err=True),
            targets=() if everything else _targets(destinations),
            clock=clock,
        )
    for step in results:
        head = "" if step.done else "Warning: " if everything else "Error: "
        click.echo(head + "\n".join(map(output.text, str(step).splitlines())), err=True)
    return 0 if everything else max(step.exit_code for step in results)


def _targets(destinations: Destinations) -> list[Target]:
    from bitbucket_hooks.publish.place import Target

    return [target for target in Target if destinations[target.name.lower()]]
