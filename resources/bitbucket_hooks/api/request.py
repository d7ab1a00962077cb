"""One call to the API and its answer, as values."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from attrs import field, frozen
from requests.structures import CaseInsensitiveDict

from bitbucket_hooks.api.errors import UnexpectedAnswer
from bitbucket_hooks.model.errors import printable

PATIENCE: Final = 150.0
"""Seconds for which a call is usually repeated."""

_OK = range(200, 300)


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
    """A complete answer: status, headers and the whole body."""

    status: int
    headers: CaseInsensitiveDict[str] = field(repr=False)
    content: bytes = field(repr=False)

    @property
    def ok(self) -> bool:
        """Whether the service did what it was asked."""
        return self.status in _OK

    @property
    def is_rate_limited(self) -> bool:
        """Whether it did nothing, as there were too many requests."""
        return self.status == HTTPStatus.TOO_MANY_REQUESTS

    @property
    def text(self) -> str:
        """The body as text, whatever its encoding."""
        return self.content.decode("utf-8", "replace")

    def json(self, operation: str) -> Any:
        """The body as JSON. Raises UnexpectedAnswer for anything else."""
        try:
            return json.loads(self.content)
        except (ValueError, RecursionError):
            raise UnexpectedAnswer.of(operation, self.what) from None

    def mapping(self, operation: str) -> dict[str, Any]:
        """The body as a JSON object. Raises UnexpectedAnswer for anything else."""
        value = self.json(operation)
        if not isinstance(value, dict):
            raise UnexpectedAnswer.of(operation, f"JSON of type {type(value).__name__}")
        return value

    @property
    def what(self) -> str:
        """What kind of body it is, for a message."""
        if not self.content.strip():
            return "an empty body"
        kind = self.headers.get("Content-Type", "").partition(";")[0] or "an unnamed type"
        if self.content.lstrip()[:1] == b"<":
            return "an HTML page"
        return f"something unreadable ({printable(kind, 40)})"
