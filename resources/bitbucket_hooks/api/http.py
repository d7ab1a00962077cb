"""Sends one HTTP request, bounded in time and size; an error says whether it may have been done."""

from __future__ import annotations

import json
import re
import ssl
from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import urlencode

import requests
from requests.exceptions import (
    ChunkedEncodingError,
    ConnectTimeout,
    ContentDecodingError,
    InvalidHeader,
    ProxyError,
    ReadTimeout,
    RequestException,
)
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError
from urllib3.exceptions import HTTPError as Urllib3Error
from urllib3.exceptions import InvalidHeader as ReceivedInvalidHeader

from bitbucket_hooks.api.connections import MAX_SECONDS, AnswerTooSlow, DirectSession
from bitbucket_hooks.api.errors import UnexpectedAnswer, Unreachable
from bitbucket_hooks.api.request import Authorization, Request, Response
from bitbucket_hooks.model.errors import ConfigError, printable

MAX_BODY: Final = 16 * 1024 * 1024
"""Bytes; a page of 100 hooks has some 100 kB."""

_NEEDS_NO_QUOTING: Final = re.compile(
    r"https?://[a-z0-9.-]+(:[0-9]+)?/[\w.~!$&'()*+,;=:@%/?-]*", re.ASCII
)
_TIMEOUTS: Final = (10.0, 60.0)  # seconds to connect, and without a single byte
_FAILURES: Final = (RequestException, Urllib3Error, OSError, ValueError)
_REASONS: Final[dict[type[Exception], str]] = {
    AnswerTooSlow: f"the answer took over {MAX_SECONDS:.0f} s",
    ReceivedInvalidHeader: "the answer is garbled",
    ContentDecodingError: "the answer is garbled",
    ChunkedEncodingError: "the answer broke off",
    ConnectTimeout: "no connection in time",
    ReadTimeout: "no answer in time",
}


class TransportError(Exception):
    """No complete response; `sent` says whether the service may have acted all the same."""

    def __init__(self, reason: str, *, sent: bool) -> None:
        """Keep both."""
        super().__init__(reason)
        self.reason = reason
        self.sent = sent


def send(session: DirectSession, request: Request, authorization: Authorization) -> Response:
    """Send a request once, without following redirects.

    Raises TransportError when no complete response came, Unreachable for a certificate that can't
    be trusted, ConfigError for what was set up wrongly, and UnexpectedAnswer for a body of absurd
    size.
    """
    try:
        prepared = _prepared(request, {**session.headers, **authorization.headers()})
        with session.send_directly(prepared, _TIMEOUTS) as response:
            elapsed = response.elapsed.total_seconds()  # an embedded sandbox has no more to say
            seconds = getattr(response.raw, "seconds", elapsed)
            content = _body(request, response)
            return Response(response.status_code, response.headers, content, seconds)
    except _FAILURES as error:
        raise _translated(request.operation, error) from None


def _prepared(request: Request, headers: dict[str, str | bytes]) -> requests.PreparedRequest:
    """What goes over the wire: made without a session, which would merge its own into each."""
    prepared = requests.PreparedRequest()
    body: Mapping[str, str] | str | None = request.form
    if request.body is not None:
        headers["Content-Type"] = "application/json"
        body = json.dumps(request.body)
    prepared.prepare_method(request.method)
    url = f"{request.url}?{urlencode(request.params)}" if request.params else request.url
    if _NEEDS_NO_QUOTING.fullmatch(url):  # parsing it takes a tenth of a request's CPU
        prepared.url = url
    else:
        prepared.prepare_url(url, None)
    prepared.prepare_headers(headers)
    prepared.prepare_body(body, None)
    return prepared


def _body(request: Request, response: requests.Response) -> bytes:
    """Read the whole body; requests raises when it is shorter than announced."""
    body = bytearray()
    for chunk in response.iter_content(65536):
        body += chunk
        if len(body) > MAX_BODY:
            what = f"over {MAX_BODY // 2**20} MiB long"
            if not request.repeatable:
                raise TransportError(f"the answer is {what}", sent=True)
            raise UnexpectedAnswer.got(request.operation, what)
    return bytes(body)


def _translated(operation: str, error: Exception) -> Exception:
    """Tell a mistake in the set-up, which lasts, from a failure that may pass."""
    causes = list(_causes(error))
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
        return Unreachable(
            f"{operation}: the server's TLS certificate can't be trusted "
            f"({printable(str(error.args[0] if error.args else error), 200)})",
            "Behind a proxy that opens TLS, name its CA bundle in REQUESTS_CA_BUNDLE; "
            "verification can't be switched off.",
        )
    sent = not any(map(_is_never_sent, causes))
    for kind, reason in _REASONS.items():
        if any(isinstance(cause, kind) for cause in causes):
            return TransportError(reason, sent=sent)
    if isinstance(error, (InvalidHeader, UnicodeError)) or type(error) is ValueError:
        return ConfigError(
            f"{operation}: the credentials can't be sent as an HTTP header",
            "Check them for line breaks and other characters that don't belong there.",
        )
    if isinstance(error, ValueError):  # an address that can't be used: the API's or a proxy's
        return ConfigError(
            f"{operation}: an address is wrong ({type(error).__name__})",
            "Check bitbucket:apiUrl, and the variables HTTPS_PROXY and ALL_PROXY.",
        )
    if "CA certificate bundle" in str(error):
        return ConfigError(
            f"{operation}: {printable(str(error))}",
            "Check the variables REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE.",
        )
    # no words of the error's own: they may hold a query or credentials
    if sent:
        reason = f"the connection broke ({type(error).__name__})"
    elif isinstance(error, ProxyError):
        reason = "the proxy refused or can't be reached"
    else:
        reason = "no connection"
    return TransportError(reason, sent=sent)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An error and those that it wraps; the libraries nest them in `args`."""
    yield error
    for inner in (*error.args, getattr(error, "reason", None)):
        if isinstance(inner, BaseException):
            yield from _causes(inner)


def _is_never_sent(error: BaseException) -> bool:
    """Whether this failed before anything of the request was sent.

    That the libraries blame a proxy says nothing: they do so whenever a connection breaks that was
    made through one, whatever was sent by then. For a proxy's refusal to connect the standard
    library has no class.
    """
    return isinstance(error, (ConnectTimeoutError, NewConnectionError)) or (
        isinstance(error, OSError) and str(error).startswith("Tunnel connection failed")
    )
