"""The vendor's published address ranges: a document as the real one is built, of fixed content."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any, Final

from bitbucket_hooks.sandbox.errors import json_response

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

    from bitbucket_hooks.sandbox.calls import IncomingRequest

_CLOUD: Final = ("bitbucket", "confluence", "jira", "trello")
_BOTH: Final = ("egress", "ingress")

# cidr, products, directions, regions, perimeter; networks that documentation may use, and ours
_RANGES: Final = (
    ("198.51.100.0/25", ("bitbucket",), ("egress",), ("us-east-1",), "commercial"),
    ("198.51.100.128/28", ("bitbucket",), ("egress",), ("us-west-2",), "commercial"),
    ("2001:db8:b1b:100::/56", ("bitbucket",), ("egress",), ("us-east-1",), "commercial"),
    ("192.0.2.0/24", _CLOUD, _BOTH, ("global",), "commercial"),
    ("2001:db8:a71a::/48", _CLOUD, _BOTH, ("global",), "commercial"),
    ("203.0.113.0/26", ("bitbucket",), ("ingress",), ("global",), "commercial"),
    ("203.0.113.64/27", ("confluence", "jira"), ("egress",), ("eu-west-1",), "commercial"),
    ("203.0.113.96/27", ("statuspage",), ("egress",), ("us-east-1", "us-west-2"), "commercial"),
    ("203.0.113.128/28", ("confluence", "jira"), ("egress",), ("us-gov-west-1",), "fedramp"),
)


def published(_: IncomingRequest) -> Response:
    """Answer `GET /ip-ranges`, which stands for `https://ip-ranges.atlassian.com/`."""
    items = [_item(*each) for each in _RANGES]
    return json_response(
        {"creationDate": "2026-08-03T09:12:44.527731", "syncToken": 1785748364, "items": items}
    )


def _item(
    cidr: str,
    products: tuple[str, ...],
    directions: tuple[str, ...],
    regions: tuple[str, ...],
    perimeter: str,
) -> dict[str, Any]:
    network = ipaddress.ip_network(cidr)
    return {
        "network": str(network.network_address),
        "mask_len": network.prefixlen,
        "cidr": cidr,
        "mask": str(network.netmask),
        "region": list(regions),
        "product": list(products),
        "direction": list(directions),
        "perimeter": perimeter,
    }
