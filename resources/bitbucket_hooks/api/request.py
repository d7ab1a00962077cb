"""Where the API is, a request to it, and its response, as values."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from attrs import field, frozen
from requests.structures import CaseInsensitiveDict
from urllib3.util import parse_url

from bitbucket_hooks.api.errors import UnexpectedAnswer
from bitbucket_hooks.model.errors import printable
from bitbucket_hooks.model.settings import PUBLIC_API

PATIENCE: Final = 150.0
"""Seconds for which a request is usually repeated."""

_OK = range(200, 300)


@frozen
class Endpoint:
    """Where the API is; credentials go to its origin alone, and to where tokens come from."""

    base: str

    def owns(self, url: str) -> bool:
        """Whether a url that came in a response belongs to the API's origin."""
        return _origin(url) == _origin(self.base)

    def token_url(self) -> str:
        """Where an OAuth consumer gets its token."""
        if self.base == PUBLIC_API:
            return "https://bitbucket.org/site/oauth2/access_token"
        return self._at_origin("/site/oauth2/access_token")

    def ip_ranges_url(self) -> str:
        """Where the vendor publishes its address ranges, for everybody."""
        if self.base == PUBLIC_API:
            return "https://ip-ranges.atlassian.com/"
        return self._at_origin("/ip-ranges")

    def _at_origin(self, path: str) -> str:
        parts = urlsplit(self.base)
        return f"{parts.scheme}://{parts.netloc}{path}"


def _origin(url: str) -> tuple[str | None, str | None, int | None] | None:
    """Where a url leads, as the library that connects reads it; None if it can't be read."""
    try:
        parts = parse_url(url)
    except ValueError:
        return None
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme or "")
    return parts.scheme, parts.host, port


@frozen
class Authorization:
    """What signs a request, if anything does."""

    value: str | None = field(default=None, repr=False)

    def headers(self) -> dict[str, str]:
        """The header that says it."""
        return {} if self.value is None else {"Authorization": self.value}


@frozen
class Request:
    """What is asked of the API."""

    method: str
    url: str
    operation: str
    """What it is for, as in "acme/web: listing the hooks": the start of every message about it."""
    params: Mapping[str, str] = field(factory=dict)
    body: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = field(default=None, repr=False)
    form: Mapping[str, str] | None = None
    """A form instead of a JSON body: only the request for a token has one."""

    patience: float = PATIENCE
    """Seconds for which it is repeated after failures other than a rate limit."""

    overwrites: bool = False
    """Whether a POST puts in place what has a key of the sender's, as a PUT does."""

    before: Callable[[], None] = field(default=lambda: None, repr=False, eq=False)
    """Called before each time that it is sent; what it raises keeps it from being sent."""

    @property
    def writes(self) -> bool:
        """Whether something may change by it."""
        return self.method != "GET" and self.form is None

    @property
    def repeatable(self) -> bool:
        """Whether doing it twice does no more than doing it once."""
        return self.method != "POST" or self.overwrites or self.form is not None


@frozen
class Response:
    """A complete response: status, headers and the whole body."""

    status: int
    headers: CaseInsensitiveDict[str] = field(repr=False)
    content: bytes = field(repr=False)
    seconds: float = field(default=0, eq=False)
    """From the end of the request to the head of the answer."""

    sent = True  # as in TransportError: the service has the request

    @property
    def reason(self) -> str:
        """What a message calls it."""
        return f"status {self.status}"

    @property
    def ok(self) -> bool:
        """Whether the service did what it was asked."""
        return self.status in _OK

    def mapping(self, operation: str) -> dict[str, Any]:
        """The body as a JSON object. Raises UnexpectedAnswer for anything else."""
        value = self.json(operation)
        if not isinstance(value, dict):
            raise UnexpectedAnswer.got(operation, f"JSON of type {type(value).__name__}")
        return value

    def json(self, operation: str) -> Any:
        """The body as JSON. Raises UnexpectedAnswer for anything else."""
        try:
            return json.loads(self.content)
        except (ValueError, RecursionError):
            raise UnexpectedAnswer.got(operation, self.kind) from None

    @property
    def kind(self) -> str:
        """What kind of body it has, for a message."""
        if not self.content.strip():
            return "an empty body"
        if self.content.lstrip().startswith(b"<"):
            return "an HTML page"
        named = self.headers.get("Content-Type", "").partition(";")[0] or "an unnamed type"
        return f"something unreadable ({printable(named, 40)})"
