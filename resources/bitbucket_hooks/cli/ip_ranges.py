"""`bitbucket-hooks ip-ranges`: the addresses that webhooks come from, for a firewall."""

from __future__ import annotations

import click

from bitbucket_hooks.cli import api_client, output
from bitbucket_hooks.cli.command import Command

_ALL = "all"


@click.command("ip-ranges", cls=Command)
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
    found = document.of(*chosen)
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
