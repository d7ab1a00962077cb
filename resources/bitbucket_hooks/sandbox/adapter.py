"""The sandbox as a transport of `requests`: no server, no socket, the same answers and failures."""

from __future__ import annotations

import io
import os
import time
from collections.abc import Mapping
from typing import Any, Final, cast
from urllib.parse import urlsplit

import attrs
from requests import PreparedRequest, Response, exceptions
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPHeaderDict, HTTPResponse
from urllib3.exceptions import ProtocolError, ReadTimeoutError

from bitbucket_hooks.sandbox.app import Application, incoming
from bitbucket_hooks.sandbox.store import open_database

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
        url, method = request.url or "", request.method or "GET"
        headers = cast("Any", request.headers).items()
        asked = incoming(method, url, headers, _body(request), _ADDRESS)
        answer = self._app.respond(asked, patience.pause)
        if patience.is_over:
            late = ReadTimeoutError(_POOL, url, "Read timed out.")
            raise exceptions.ReadTimeout(late, request=request)
        if not answer:
            reset = ConnectionResetError(104, "Connection reset by peer")
            dropped = ProtocolError("Connection aborted.", reset)
            raise exceptions.ConnectionError(dropped, request=request)
        parts, status, sent = answer.get_wsgi_response(asked.environ)
        received = HTTPResponse(
            io.BytesIO(b"".join(parts)),
            HTTPHeaderDict(sent),
            answer.status_code,
            version=11,
            reason=status.partition(" ")[2],
            preload_content=False,
            decode_content=False,
            request_method=method,
            request_url=url,
        )
        response = self._builder.build_response(request, received)
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


def _body(request: PreparedRequest) -> bytes:
    body: Any = request.body
    if body is None or isinstance(body, bytes):
        return body or b""
    if isinstance(body, str):
        return body.encode()
    return bytes(body.read()) if hasattr(body, "read") else b"".join(body)
