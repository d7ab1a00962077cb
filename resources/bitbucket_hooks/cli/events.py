"""`bitbucket-hooks events`: what a webhook can listen to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from bitbucket_hooks.api.event_catalogue import live_or_bundled
from bitbucket_hooks.api.hooks import HookApi
from bitbucket_hooks.cli import api_client, output
from bitbucket_hooks.cli.command import Command
from bitbucket_hooks.model.events import CATALOGUE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from bitbucket_hooks.model.events import Event

_SUBJECTS = ("repository", "workspace")


@click.command(cls=Command)
@click.argument("subject", type=click.Choice(_SUBJECTS), required=False)
@click.option("--offline", is_flag=True, help="Take the bundled list, which may lack new events.")
@output.json_option
@output.wide_option
def events(subject: str | None, *, offline: bool) -> None:
    """List the events that a webhook can listen to.

    Of a repository or a workspace; without either, of both. Read anew each time from Bitbucket's
    API, which needs no account. When it can't be reached, the bundled list is shown, with a note.
    """
    subjects = (subject,) if subject else _SUBJECTS
    rows = _merged(dict.fromkeys(subjects, CATALOGUE) if offline else _live(subjects))
    if output.wants_json():
        output.as_json(rows)
        return
    columns = ["event", "category", "label", *([] if subject else ["subjects"]), "description"]
    cells = [[row[column] for column in columns] for row in rows]
    output.table(columns, cells, "There are no events.", wide=("description", "subjects"))


def _live(subjects: Sequence[str]) -> Mapping[str, Sequence[Event]]:
    with api_client.client() as client:
        return live_or_bundled(HookApi(lambda: client), subjects, output.note)


def _merged(found: Mapping[str, Iterable[Event]]) -> list[dict[str, Any]]:
    """One row for each event, with the subjects that have it; in the order of the lists."""
    rows: dict[str, dict[str, Any]] = {}
    for subject, listed in found.items():
        for event in listed:
            values = {name: getattr(event, name) for name in ("event", "category", "label")}
            row = rows.setdefault(event.event, {**values, "subjects": []})
            row["subjects"].append(subject)
            row["description"] = event.description
    return list(rows.values())
