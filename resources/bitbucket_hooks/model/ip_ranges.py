"""The vendor's published address ranges: read from the wire, filtered, in a steady order."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from typing import Any

from attrs import field, frozen

from bitbucket_hooks.model.errors import HooksError, printable


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    return ipaddress.ip_network(text, strict=False)


@frozen
class IpRange:
    """One range, with the names of the vendor's document in the plural where it has lists."""

    cidr: str
    """As `104.192.136.0/21` or `2401:1d80:3000::/36`, in the shortest way to write it."""
    directions: tuple[str, ...]
    """`ingress` (to the vendor), `egress` (from it), or both."""
    products: tuple[str, ...]
    regions: tuple[str, ...] = ()
    perimeter: str = ""
    """`commercial`, or a separate cloud for governments."""

    @property
    def network(self) -> str:
        """The first address."""
        return str(_network(self.cidr).network_address)

    @property
    def mask(self) -> str:
        """The mask as an address."""
        return str(_network(self.cidr).netmask)

    @property
    def mask_len(self) -> int:
        """How many bits the mask has."""
        return _network(self.cidr).prefixlen

    @property
    def order(self) -> tuple[int, int, int]:
        """What ranges are sorted by: IPv4 first, then by address, the wider one first."""
        network = _network(self.cidr)
        return network.version, int(network.network_address), network.prefixlen


@frozen
class IpRanges:
    """A published document."""

    sync_token: str
    """Changes with every publication."""
    ranges: tuple[IpRange, ...] = field(repr=False)
    """Sorted: the document's own order means nothing."""

    def select(self, product: str | None, direction: str | None) -> tuple[IpRange, ...]:
        """The ranges of a product and a direction, in any case of letters; None: of all.

        Raises HooksError for one that no range has: an empty list, taken for a firewall's rule,
        would lock everybody out.
        """
        products = _chosen("product", product, (item.products for item in self.ranges))
        directions = _chosen("direction", direction, (item.directions for item in self.ranges))
        return tuple(
            item
            for item in self.ranges
            if products & {*item.products} and directions & {*item.directions}
        )


def _chosen(what: str, wanted: str | None, listed: Iterable[Iterable[str]]) -> set[str]:
    known = {name for names in listed for name in names}
    if wanted is None:
        return known
    chosen = {name for name in known if name.lower() == wanted.strip().lower()}
    if not chosen:
        names = ", ".join(printable(name, 40) for name in sorted(known))
        raise HooksError(
            f'no address range has the {what} "{printable(wanted, 60)}"', f"Give one of: {names}."
        )
    return chosen


def ip_ranges(document: Mapping[str, Any]) -> IpRanges:
    """Read the document. Raises TypeError or ValueError for what isn't one."""
    items = document.get("items")
    if not isinstance(items, list) or not items:
        raise TypeError("items is no list of ranges")
    ranges = sorted({_range(item) for item in items}, key=lambda item: item.order)
    return IpRanges(str(document.get("syncToken", "")), tuple(ranges))


def _range(item: Any) -> IpRange:
    if not isinstance(item, dict) or not isinstance(item.get("cidr"), str):
        raise TypeError("a range has no cidr")
    perimeter = item.get("perimeter")
    return IpRange(
        cidr=str(_network(item["cidr"])),
        directions=_names(item, "direction"),
        products=_names(item, "product"),
        regions=_names(item, "region"),
        perimeter=perimeter if isinstance(perimeter, str) else "",
    )


def _names(item: Mapping[str, Any], key: str) -> tuple[str, ...]:
    names = item.get(key) or []
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise TypeError(f"{key} is no list of names")
    return tuple(sorted(names))
