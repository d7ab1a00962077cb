"""One request on the wire: bounded in time and size; a fault tells what may have happened."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from typing import Final

import requests
from attrs import define
from requests.exceptions import InvalidHeader, ProxyError, RequestException
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError
from urllib3.exceptions import HTTPError as Urllib3Error
from urllib3.exceptions import InvalidHeader as AnsweredHeader

from bitbucket_hooks.api.auth import Header
from bitbucket_hooks.api.connections import MAX_SECONDS, AnswerTooSlow
from bitbucket_hooks.api.errors import UnexpectedAnswer, Unreachable
from bitbucket_hooks.api.request import Request, Response
from bitbucket_hooks.api.transport import CONNECT_TIMEOUT, READ_TIMEOUT
from bitbucket_hooks.model.errors import ConfigError, printable

MAX_BODY: Final = 16 * 1024 * 1024
"""Bytes; a page of 100 hooks has some 100 kB."""

_FAILURES: Final = (RequestException, Urllib3Error, OSError, ValueError)


class TransportError(Exception):
    """No complete answer; `sent` tells whether the service may have acted all the same."""

    def __init__(self, reason: str, *, sent: bool) -> None:
        """Keep both."""
        super().__init__(reason)
        self.reason = reason
        self.sent = sent


@define
class HttpSender:
    """Sends calls over a session."""

    session: requests.Session

    def send(self, call: Request, auth: Header) -> Response:
        """Do one call, without following redirects.

        Raises TransportError when no complete answer came, Unreachable for a certificate that
        can't be trusted, ConfigError for what was set up wrongly, and UnexpectedAnswer for a body
        of absurd size.
        """
        try:
            with self.session.request(
                call.method,
                call.url,
                params=dict(call.params),
                data=call.form if call.body is None else json.dumps(call.body),
                headers=None if call.body is None else {"Content-Type": "application/json"},
                auth=auth,
                timeout=(CONNECT_TIMEOUT, READ_TIMEOUT),
                allow_redirects=False,
                stream=True,
            ) as response:
                return Response(response.status_code, response.headers, _body(call, response))
        except _FAILURES as error:
            raise _translated(call, error) from None


def _body(call: Request, response: requests.Response) -> bytes:
    """Read the whole body; requests raises when it is shorter than announced."""
    body = bytearray()
    for chunk in response.iter_content(65536):
        body += chunk
        if len(body) > MAX_BODY:
            what = f"over {MAX_BODY // 2**20} MiB long"
            if not call.repeatable:
                raise TransportError(f"the answer is {what}", sent=True)
            raise UnexpectedAnswer.of(call.operation, what)
    return bytes(body)


def _translated(call: Request, error: Exception) -> Exception:
    """Tell a mistake in the set-up, which lasts, from a fault, which may pass."""
    if _mentions(error, ssl.SSLCertVerificationError):
        return _untrusted(call, error)
    if _mentions(error, AnsweredHeader):
        return TransportError("the answer is garbled", sent=True)
    if isinstance(error, (InvalidHeader, UnicodeError)) or type(error) is ValueError:
        return ConfigError(
            f"{call.operation}: the credentials can't be sent as an HTTP header",
            "Check them for line breaks and other characters that don't belong there.",
        )
    if isinstance(error, ValueError):  # an address that can't be used: the API's or a proxy's
        return ConfigError(
            f"{call.operation}: an address is wrong ({type(error).__name__})",
            "Check bitbucket:apiUrl, and the variables HTTPS_PROXY and ALL_PROXY.",
        )
    if "CA certificate bundle" in str(error):
        return ConfigError(
            f"{call.operation}: {printable(str(error))}",
            "Check the variables REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE.",
        )
    return TransportError(_reason(error), sent=not _never_sent(error))


def _mentions(error: BaseException, kind: type[BaseException]) -> bool:
    """Whether an error is of a kind, or wraps one that is."""
    return any(isinstance(one, kind) for one in _nested(error))


def _nested(error: BaseException) -> Iterator[BaseException]:
    """An error and those that it wraps; the libraries nest them in `args`."""
    yield error
    inner = [*error.args, getattr(error, "reason", None)]
    for one in [one for one in inner if isinstance(one, BaseException)]:
        yield from _nested(one)


def _never_sent(error: Exception) -> bool:
    """Whether the failure came before anything of the request was on the wire.

    That the libraries blame a proxy doesn't tell: they do so whenever a connection breaks that came
    about through one, whatever was sent by then.
    """
    unopened = (ConnectTimeoutError, NewConnectionError)
    return any(isinstance(one, unopened) or _is_tunnel_refused(one) for one in _nested(error))


def _is_tunnel_refused(error: BaseException) -> bool:
    """Whether a proxy answered that it won't connect; the standard library has no class for it."""
    return isinstance(error, OSError) and str(error).startswith("Tunnel connection failed")


def _reason(error: Exception) -> str:
    """Name the failure in words that hold no address with a query and no credentials."""
    names = {
        "ConnectTimeout": "no connection in time",
        "ReadTimeout": "no answer in time",
        "ChunkedEncodingError": "the answer broke off",
        "ContentDecodingError": "the answer is garbled",
    }
    if _mentions(error, AnswerTooSlow):
        return f"the answer took over {MAX_SECONDS:.0f} s"
    kind = type(error).__name__
    if kind in names:
        return names[kind]
    if not _never_sent(error):
        return f"the connection broke ({printable(kind)})"
    refused = isinstance(error, ProxyError)
    return "the proxy refused or can't be reached" if refused else "no connection"


def _untrusted(call: Request, error: Exception) -> Unreachable:
    return Unreachable(
        f"{call.operation}: the server's TLS certificate can't be trusted "
        f"({printable(str(error.args[0] if error.args else error), 200)})",
        "Behind a proxy that opens TLS, name its CA bundle in REQUESTS_CA_BUNDLE; "
        "verification can't be switched off.",
    )
