"""The sandbox as a transport of `requests`: no server, no socket, the same answers and failures."""

from __future__ import annotations

import http.client
import io
import time
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import urlsplit

import attrs
from requests import exceptions
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPHeaderDict, HTTPResponse
from urllib3.exceptions import ProtocolError, ReadTimeoutError

from bitbucket_hooks.sandbox import wire
from bitbucket_hooks.sandbox.app import PAUSE, Application
from bitbucket_hooks.sandbox.seed import open_database

if TYPE_CHECKING:
    import os
    import socket
    from collections.abc import Mapping

    from requests import PreparedRequest, Response

EMBEDDED_ORIGIN: Final = "http://sandbox.invalid"
"""The origin to mount the adapter on: a reserved name, so that nothing ever goes there by wire."""

_ADDRESS: Final = "127.0.0.1"
_POOL: Final = HTTPConnectionPool(urlsplit(EMBEDDED_ORIGIN).netloc)  # a name for messages


class SandboxAdapter(BaseAdapter):
    """Answers the requests of a session from the sandbox at `path`, in this process and thread.

    Mount it on `EMBEDDED_ORIGIN`. A new sandbox is created and seeded when there is none.
    Raises `SandboxError` when the file can't be opened or created as a sandbox; `send` raises
    what `requests` raises over a socket.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        super().__init__()
        self._database = open_database(path)
        self._app = Application(self._database)
        self._builder = HTTPAdapter()

    def send(
        self,
        request: PreparedRequest,
        stream: bool = False,  # noqa: ARG002 - the session reads the body unless it streams
        timeout: float | tuple[float | None, float | None] | None = None,
        verify: bool | str = True,  # noqa: ARG002 - there is no connection to secure
        cert: Any = None,  # noqa: ARG002
        proxies: Mapping[str, str] | None = None,  # noqa: ARG002
    ) -> Response:
        """Answer one request. `timeout` is in seconds, one for all or (connect, read).

        Raises `requests.exceptions.ConnectionError` when the connection drops before the head of
        the answer, `ReadTimeout` when the sandbox takes its time, `SandboxError` when its file has
        become unusable.
        """
        patience = _ClientTimeout(timeout[1] if isinstance(timeout, tuple) else timeout)
        environ = wire.environment(
            request.method or "GET",
            request.url or "",
            cast("Any", request.headers).items(),
            _body(request),
            _ADDRESS,
        )
        answer = wire.answer(self._app, {**environ, PAUSE: patience.pause}, {})
        _check_arrival(request, answer, patience)
        response = self._builder.build_response(request, _received(request, answer))
        response.connection = cast("Any", self)
        return response

    def close(self) -> None:
        """Close the database's connections."""
        self._builder.close()
        self._database.close()


@attrs.define
class _ClientTimeout:
    """Waits no longer than the client would; the service goes on all the same."""

    left: float | None
    is_over: bool = False

    def pause(self, seconds: float) -> None:
        if self.left is not None and seconds > self.left:
            self.is_over = True
            seconds = self.left
        time.sleep(seconds)


def _check_arrival(
    request: PreparedRequest, answer: wire.RawResponse, patience: _ClientTimeout
) -> None:
    """Raise what `requests` raises when nothing comes, or not in time."""
    if patience.is_over:
        late = ReadTimeoutError(_POOL, request.url or "", "Read timed out.")
        raise exceptions.ReadTimeout(late, request=request)
    if not answer.data:
        reset = ConnectionResetError(104, "Connection reset by peer")
        raise exceptions.ConnectionError(
            ProtocolError("Connection aborted.", reset), request=request
        )


def _body(request: PreparedRequest) -> bytes:
    body: Any = request.body
    if body is None or isinstance(body, bytes):
        return body or b""
    if isinstance(body, str):
        return body.encode()
    return bytes(body.read()) if hasattr(body, "read") else b"".join(body)


class _Stream:
    """As much of a socket as a response reads from."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def makefile(self, _: str) -> io.BytesIO:
        return io.BytesIO(self._data)


def _received(request: PreparedRequest, answer: wire.RawResponse) -> HTTPResponse:
    """Let the standard library parse the bytes, as if they had come over a wire."""
    original = http.client.HTTPResponse(
        cast("socket.socket", _Stream(answer.data)), method=request.method
    )
    original.begin()
    return HTTPResponse(
        body=original,
        headers=HTTPHeaderDict(original.msg.items()),
        status=original.status,
        version=original.version,
        reason=original.reason,
        preload_content=False,
        decode_content=False,
        original_response=original,
        request_method=request.method,
        request_url=request.url,
    )
