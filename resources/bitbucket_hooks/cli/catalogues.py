"""`bitbucket-hooks events` and `ip-ranges`: what Bitbucket publishes for everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from bitbucket_hooks.cli import api_client, output
from bitbucket_hooks.cli.command import command

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bitbucket_hooks.model.events import Event

_SUBJECTS = ("repository", "workspace")
_ALL = "all"


@command("bitbucket-hooks events", "bitbucket-hooks events workspace --offline")
@click.argument("subject", type=click.Choice(_SUBJECTS), required=False)
@click.option("--offline", is_flag=True, help="Take the bundled list, which may lack new events.")
@output.json_option
@output.wide_option
@output.pager_option
def events(subject: str | None, *, offline: bool) -> None:
    """List the events that a webhook can listen to.

    Of a repository or a workspace; without either, of both. Read anew each time from Bitbucket's
    API, which needs no account. When it can't be reached, the bundled list is shown, with a note.
    """
    from bitbucket_hooks.api.event_catalogue import live_or_bundled
    from bitbucket_hooks.api.hooks import HookApi
    from bitbucket_hooks.model.events import CATALOGUE

    subjects = (subject,) if subject else _SUBJECTS
    if offline:
        rows = _merged(dict.fromkeys(subjects, CATALOGUE))
    else:
        with api_client.client() as client:
            rows = _merged(live_or_bundled(HookApi(lambda: client), subjects, output.note))
    with output.paged():
        _print(rows, subject)


def _print(rows: list[dict[str, Any]], subject: str | None) -> None:
    if output.wants_json():
        output.as_json(rows)
        return
    columns = ["event", "category", "label", *([] if subject else ["subjects"]), "description"]
    cells = [[row[column] for column in columns] for row in rows]
    output.table(columns, cells, "There are no events.", wide=("description", "subjects"))


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


@command("bitbucket-hooks ip-ranges", "bitbucket-hooks ip-ranges --direction all", name="ip-ranges")
@click.option(
    "--product",
    default="bitbucket",
    show_default=True,
    metavar="NAME",
    help='The product that uses the addresses; "all" for every one.',
)
@click.option(
    "--direction",
    default="egress",
    show_default=True,
    metavar="NAME",
    help='"egress": from the product, "ingress": to it, "all": both.',
)
@output.json_option
def ip_ranges(product: str, direction: str) -> None:
    """Print the address ranges that webhooks come from.

    One CIDR a line, sorted. With other options, any of the ranges that Atlassian publishes. Read
    anew each time from https://ip-ranges.atlassian.com/, or for another BITBUCKET_API_URL
    from /ip-ranges there. Needs no account. Exits with 0, 1 for a product or direction that no
    range has, and 2 when the remote side failed.
    """
    from bitbucket_hooks.api.ip_ranges import published

    with api_client.client() as client:
        document = published(client)
    chosen = (None if name == _ALL else name for name in (product, direction))
    found = document.select(*chosen)
    if output.wants_json():
        names = ("cidr", "network", "mask", "mask_len")
        lists = ("products", "directions", "regions", "perimeter")
        output.as_json(
            [{name: getattr(ip_range, name) for name in (*names, *lists)} for ip_range in found]
        )
        return
    if not found:
        output.note(f"no range has both the product {product} and the direction {direction}")
    for cidr in dict.fromkeys(ip_range.cidr for ip_range in found):
        click.echo(cidr)
