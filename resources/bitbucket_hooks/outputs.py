"""What lies in the functions' results: mappings whose keys are attributes as well."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pulumi

__all__ = ["GetHookTypesHookTypeResult", "GetIpRangesRangeResult"]


@pulumi.output_type
class GetHookTypesHookTypeResult(dict[str, Any]):
    """An event that webhooks can listen to."""

    category: str
    """What the web page groups it under."""
    description: str
    """More of it in words."""
    event: str
    """Its key, as `repo:push`."""
    label: str
    """Its name on the web page."""


@pulumi.output_type
class GetIpRangesRangeResult(dict[str, Any]):
    """A range of addresses that the vendor uses."""

    cidr: str
    """As `104.192.136.0/21`."""
    directions: Sequence[str]
    """`egress` (from the vendor, as webhooks are), `ingress` (to it), or both."""
    mask: str
    """As `255.255.248.0`."""
    mask_len: int = pulumi.property("maskLen")
    """How many bits the mask has."""
    network: str
    """The first address."""
    perimeter: str
    """`commercial`, or a separate cloud for governments."""
    products: Sequence[str]
    """The products that use it."""
    regions: Sequence[str]
    """Where it is used, as `us-east-1` or `global`."""
