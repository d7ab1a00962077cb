"""From a request's parts to the bytes of its answer: what a socket and the adapter share."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes, urlsplit

import attrs

from bitbucket_hooks.sandbox.errors import ConnectionDropped

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment


@attrs.frozen
class RawResponse:
    """The bytes of an answer as they go over a connection, and whether it breaks after them."""

    data: bytes
    dropped: bool


def environment(
    method: str, target: str, headers: Iterable[tuple[str, str]], body: bytes, address: str
) -> WSGIEnvironment:
    """Make the WSGI environment of a request; `target` is what stands on the request line."""
    parts = urlsplit(target)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(parts.path).decode("latin-1"),
        "QUERY_STRING": parts.query,
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": address,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in headers:
        environ[f"HTTP_{name.upper().replace('-', '_')}"] = value
    environ["CONTENT_TYPE"] = environ.pop("HTTP_CONTENT_TYPE", "")
    # The body is here as a whole, however it was sent.
    environ.pop("HTTP_TRANSFER_ENCODING", None)
    environ.pop("HTTP_CONTENT_LENGTH", None)
    environ["CONTENT_LENGTH"] = str(len(body))
    environ.setdefault("HTTP_HOST", parts.netloc)
    # Whoever needs the server's name takes it from the Host header.
    return {**environ, "SERVER_NAME": "sandbox.invalid", "SERVER_PORT": "80"}


def answer(app: WSGIApplication, environ: WSGIEnvironment, extra: Mapping[str, str]) -> RawResponse:
    """Run the application and give the answer's bytes; `extra` headers go after its own."""
    head = b""

    def start_response(status: str, headers: list[tuple[str, str]], _: Any = None) -> Any:
        nonlocal head
        lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in headers)]
        lines += [f"{name}: {value}" for name, value in extra.items()]
        head = "\r\n".join([*lines, "", ""]).encode("latin-1")

    body = b""
    try:
        for chunk in app(environ, start_response):
            body += chunk
    except ConnectionDropped:
        return RawResponse(head + body, dropped=True)
    return RawResponse(head + body, dropped=False)
