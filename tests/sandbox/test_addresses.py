"""The sandbox's document of address ranges: for everybody, embedded and over HTTP."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bitbucket_hooks.sandbox.admin import Sandbox
    from sandbox.conftest import Api


def test_the_document(api: Api, sandbox: Sandbox) -> None:
    """Is built as the vendor's. It needs no credentials; wrong ones are noticed all the same."""
    answer = api.session.get(f"{api.origin}/ip-ranges")
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    document = answer.json()
    assert document.keys() == {"creationDate", "syncToken", "items"}
    items: list[dict[str, Any]] = document["items"]
    for item in items:
        network = ipaddress.ip_network(item["cidr"])
        assert (item["network"], item["mask_len"]) == (
            str(network.network_address),
            network.prefixlen,
        )
        assert item["mask"] == str(network.netmask)
        assert item.keys() - {"network", "mask_len", "cidr", "mask"} == {
            *("region", "product", "direction", "perimeter")
        }
    assert {ipaddress.ip_network(item["cidr"]).version for item in items} == {4, 6}
    assert {name for item in items for name in item["direction"]} == {"egress", "ingress"}
    assert len({name for item in items for name in item["product"]}) > 3
    assert api.get(f"{api.origin}/ip-ranges", auth=("nobody", "wrong")).status_code == 401
    assert [one.status for one in sandbox.requests()] == [200, 401]


def test_it_is_only_read(api: Api) -> None:
    """Other verbs are refused, and the API has no such path."""
    assert api.post(f"{api.origin}/ip-ranges").status_code == 405
    assert api.get("/ip-ranges").status_code == 404
