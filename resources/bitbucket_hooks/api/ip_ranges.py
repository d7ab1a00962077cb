"""Where the vendor publishes its address ranges: another host, which gets no credentials."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from bitbucket_hooks.api.auth import Header
from bitbucket_hooks.api.errors import ApiError, UnexpectedAnswer
from bitbucket_hooks.api.explain import explain, told_by
from bitbucket_hooks.api.request import Request, Response
from bitbucket_hooks.model.credentials import Anonymous
from bitbucket_hooks.model.errors import printable
from bitbucket_hooks.model.ip_ranges import IpRanges, ip_ranges

if TYPE_CHECKING:
    from bitbucket_hooks.api.client import Client  # it brings requests along

_DOING: Final = "reading the published address ranges"
_PATIENCE: Final = 20.0  # seconds: nobody waits minutes for a document that hardly ever changes


def published(client: Client) -> IpRanges:
    """Read the published ranges; unsigned, and redirects are not followed. Raises ApiError.

    `https://ip-ranges.atlassian.com/` needs no authentication (vendor's documentation); for another
    API than the public one it is `/ip-ranges` of that origin.
    """
    call = Request("GET", client.endpoint.ip_ranges_url(), _DOING, patience=_PATIENCE)
    with client.caller.throttle.working():
        answer = client.caller.until_answered(call, lambda: Header(None))
    if not answer.ok:
        raise _refusal(call, answer)
    try:
        return ip_ranges(answer.mapping(_DOING))
    except (TypeError, ValueError) as error:
        raise UnexpectedAnswer(
            f"{_DOING}: {call.url} answers JSON that isn't such a document "
            f"({printable(str(error))})",
            "Check bitbucket:apiUrl; the ranges come from its origin.",
        ) from None


def _refusal(call: Request, answer: Response) -> ApiError:
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return explain(call, answer, Anonymous())
    return UnexpectedAnswer(
        f"{_DOING}: {call.url} answers with status {answer.status} ({told_by(answer)})",
        "Check bitbucket:apiUrl, from whose origin they come, and that no proxy or login page "
        "answers in its place.",
        status=answer.status,
    )
