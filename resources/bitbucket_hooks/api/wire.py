"""One request on the wire: bounded in time and size; a fault tells what may have happened."""

from __future__ import annotations

import json
import ssl
import time
from typing import Final

import requests
from attrs import define
from requests.exceptions import ConnectionError as ConnectionFailed
from requests.exceptions import (
    ConnectTimeout,
    InvalidHeader,
    InvalidURL,
    ProxyError,
    RequestException,
    SSLError,
)
from urllib3.exceptions import HTTPError as Urllib3Error
from urllib3.exceptions import MaxRetryError, NewConnectionError

from bitbucket_hooks.api.auth import Header
from bitbucket_hooks.api.call import Answer, Call
from bitbucket_hooks.api.errors import UnexpectedAnswer, Unreachable
from bitbucket_hooks.api.transport import CONNECT_TIMEOUT, READ_TIMEOUT
from bitbucket_hooks.errors import printable

MAX_BODY: Final = 16 * 1024 * 1024
"""Bytes; a page of 100 hooks has some 100 kB."""

MAX_SECONDS: Final = 180.0
"""For one whole answer, however slowly it drips."""


_HANDSHAKE: Final = (
    "WRONG_VERSION_NUMBER",
    "UNSUPPORTED_PROTOCOL",
    "SSLV3_ALERT_HANDSHAKE_FAILURE",
)


class Fault(Exception):
    """No complete answer; `sent` tells whether the service may have acted all the same."""

    def __init__(self, reason: str, *, sent: bool) -> None:
        """Keep both."""
        super().__init__(reason)
        self.reason = reason
        self.sent = sent


@define
class Wire:
    """Sends calls over a session."""

    session: requests.Session

    def send(self, call: Call, auth: Header) -> Answer:
        """Do one call, without following redirects.

        Raises Fault when no complete answer came, Unreachable for a certificate that can't be
        trusted, and UnexpectedAnswer for a body of absurd size.
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
                return Answer(response.status_code, response.headers, _body(call, response))
        except SSLError as error:
            if not _refused_handshake(error):
                raise Fault(_reason(error), sent=True) from None
            raise _untrusted(call, error) from None
        except InvalidURL:
            raise UnexpectedAnswer.of(call.doing, "an address that isn't one") from None
        except (InvalidHeader, UnicodeError):
            raise UnexpectedAnswer(
                f"{call.doing}: the credentials can't be sent as an HTTP header",
                "Check them for line breaks and other invisible characters.",
            ) from None
        except (RequestException, Urllib3Error, OSError) as error:
            raise Fault(_reason(error), sent=not _never_sent(error)) from None


def _body(call: Call, response: requests.Response) -> bytes:
    """Read the whole body; requests raises when it is shorter than announced."""
    body = bytearray()
    ends = time.monotonic() + MAX_SECONDS
    for chunk in response.iter_content(65536):
        body += chunk
        if len(body) > MAX_BODY:
            what = f"over {MAX_BODY // 2**20} MiB long"
            if not call.repeatable:
                raise Fault(f"the answer is {what}", sent=True)
            raise UnexpectedAnswer.of(call.doing, what)
        if time.monotonic() > ends:
            raise Fault(f"the answer took over {MAX_SECONDS:.0f} s", sent=True)
    return bytes(body)


def _never_sent(error: Exception) -> bool:
    """Whether the failure came before anything of the request was on the wire."""
    if isinstance(error, (ConnectTimeout, ProxyError)):
        return True
    cause = error.args[0] if isinstance(error, ConnectionFailed) and error.args else None
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError)


def _refused_handshake(error: BaseException | None) -> bool:
    """Whether TLS failed before the request, and will again: not just a connection that broke."""
    seen: list[BaseException] = []
    while error is not None and error not in seen:
        seen.append(error)
        inner = getattr(error, "reason", None) or next(iter(error.args), None)
        error = inner if isinstance(inner, BaseException) else None
    reason = getattr(seen[-1], "reason", None)
    return isinstance(seen[-1], ssl.SSLCertVerificationError) or reason in _HANDSHAKE


def _reason(error: Exception) -> str:
    """Name the failure in words that hold no address with a query and no credentials."""
    names = {
        "ConnectTimeout": "no connection in time",
        "ReadTimeout": "no answer in time",
        "ProxyError": "the proxy refused or can't be reached",
        "ChunkedEncodingError": "the answer broke off",
        "ContentDecodingError": "the answer is garbled",
    }
    kind = type(error).__name__
    if kind in names:
        return names[kind]
    return "no connection" if _never_sent(error) else f"the connection broke ({printable(kind)})"


def _untrusted(call: Call, error: SSLError) -> Unreachable:
    return Unreachable(
        f"{call.doing}: the server's TLS certificate can't be trusted "
        f"({printable(str(error.args[0] if error.args else error), 200)})",
        "Behind a proxy that opens TLS, name its CA bundle in REQUESTS_CA_BUNDLE; "
        "verification can't be switched off.",
    )
