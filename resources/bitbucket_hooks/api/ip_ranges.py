"""The address ranges that the vendor publishes: on another host, which gets no credentials."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from bitbucket_hooks.api.errors import UnexpectedAnswer
from bitbucket_hooks.api.explain import explain, words_of
from bitbucket_hooks.api.request import Authorization, Request
from bitbucket_hooks.model.credentials import Anonymous
from bitbucket_hooks.model.errors import printable
from bitbucket_hooks.model.ip_ranges import IpRanges, ip_ranges

if TYPE_CHECKING:
    from bitbucket_hooks.api.client import Client  # it brings requests along

_OPERATION: Final = "reading the published address ranges"
_PATIENCE: Final = 20.0  # seconds: nobody waits minutes for a document that hardly ever changes


def published(client: Client) -> IpRanges:
    """Read the published ranges; unsigned, and redirects are not followed. Raises ApiError.

    `https://ip-ranges.atlassian.com/` needs no authentication (vendor's documentation); for another
    API than the public one it is `/ip-ranges` of that origin.
    """
    url = client.endpoint.ip_ranges_url()
    request = Request("GET", url, _OPERATION, patience=_PATIENCE)
    response = client.sender.send(request, Authorization)
    if response.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise explain(request, response, Anonymous())
    if not response.ok:
        raise UnexpectedAnswer(
            f"{_OPERATION}: {url} answers with status {response.status} ({words_of(response)})",
            "Check bitbucket:apiUrl, from whose origin they come, and that no proxy or login page "
            "answers in its place.",
            status=response.status,
        )
    try:
        return ip_ranges(response.mapping(_OPERATION))
    except (TypeError, ValueError) as error:
        raise UnexpectedAnswer(
            f"{_OPERATION}: {url} answers JSON that isn't such a document "
            f"({printable(str(error))})",
            "Check bitbucket:apiUrl; the ranges come from its origin.",
        ) from None
