"""`get_ip_ranges`: where webhooks come from, and every other published range of addresses."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

import pulumi

from bitbucket_hooks.api.client import Client
from bitbucket_hooks.api.ip_ranges import published
from bitbucket_hooks.outputs import GetIpRangesRangeResult
from bitbucket_hooks.program.invoke import ask, ask_later


@pulumi.output_type
class GetIpRangesResult:
    """What `get_ip_ranges` gives."""

    id: str
    """Changes with every publication."""
    ranges: list[GetIpRangesRangeResult]
    """The ranges, IPv4 first and sorted, so that nothing changes unless they do."""

    def __init__(
        self,
        id: str | None = None,  # noqa: A002  # Pulumi's own name for it
        ranges: list[GetIpRangesRangeResult] | None = None,
    ) -> None:
        """Keep them."""
        pulumi.set(self, "id", id)
        pulumi.set(self, "ranges", ranges)


class AwaitableGetIpRangesResult(GetIpRangesResult):
    """The same, for programs that await it; it is there already."""

    def __await__(self) -> Generator[Any, None, GetIpRangesResult]:
        """Give the result."""
        yield from ()
        return GetIpRangesResult(self.id, self.ranges)


def get_ip_ranges(
    product: str | pulumi.InvokeOptions | None = None,
    direction: str | None = None,
    opts: pulumi.InvokeOptions | None = None,
) -> AwaitableGetIpRangesResult:
    """Read the published address ranges; webhooks come from those of `"bitbucket", "egress"`.

    From https://ip-ranges.atlassian.com/ (vendor's documentation), for another `api_url` from
    `/ip-ranges` there; one request, in previews too, without credentials. Leave out `product` or
    `direction` for all; one that no range has is an error.

    The options may stand first; of them `provider` and `parent` select the account, that is, its
    `api_url`: one that is an Output needs `get_ip_ranges_output`. Raises pulumi.RunError, also when
    they can't be read.
    """
    if isinstance(product, pulumi.InvokeOptions):
        product, opts = None, product
    return ask("get_ip_ranges", opts, _question(product, direction))


def get_ip_ranges_output(
    product: pulumi.Input[str | None] | pulumi.InvokeOptions | None = None,
    direction: pulumi.Input[str | None] | None = None,
    opts: pulumi.InvokeOptions | pulumi.InvokeOutputOptions | None = None,
) -> pulumi.Output[GetIpRangesResult]:
    """Read them as `get_ip_ranges` does, with arguments that may be known later.

    `opts.depends_on` is waited for. An error is raised when the Output is resolved.
    """
    if isinstance(product, pulumi.InvokeOptions):
        product, opts = None, product
    return ask_later(opts, {"product": product, "direction": direction}, _question)


def _question(
    product: str | None, direction: str | None
) -> Callable[[Client], AwaitableGetIpRangesResult]:
    def answer(client: Client) -> AwaitableGetIpRangesResult:
        document = published(client)
        ranges = [
            GetIpRangesRangeResult(
                cidr=found.cidr,
                directions=list(found.directions),
                mask=found.mask,
                mask_len=found.mask_len,
                network=found.network,
                perimeter=found.perimeter,
                products=list(found.products),
                regions=list(found.regions),
            )
            for found in document.select(product, direction)
        ]
        return AwaitableGetIpRangesResult(document.sync_token, ranges)

    return answer
