"""The sandbox over real HTTP: persistent connections, a thread each, and drops that are real."""

from __future__ import annotations

import contextlib
import http.server
import socket
import socketserver
import struct
import sys
import threading
from email.utils import formatdate
from typing import TYPE_CHECKING, Any, Final

from bitbucket_hooks.sandbox import wire
from bitbucket_hooks.sandbox.app import Application
from bitbucket_hooks.sandbox.seed import open_database
from bitbucket_hooks.sandbox.web.guard import is_loopback
from bitbucket_hooks.sandbox.web.pages import Pages

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from bitbucket_hooks.sandbox.store import Database

LOOPBACK: Final = "127.0.0.1"
_MOST_BYTES: Final = 10 * 1024 * 1024
# Linger on, for no time: closing the socket then resets the connection.
_RESET: Final = struct.pack("ii", 1, 0)
_API: Final = ("/2.0", "/site", "/ip-ranges")


class _Handler(http.server.BaseHTTPRequestHandler):
    """Passes the requests of one connection to the application, one after the other."""

    protocol_version = "HTTP/1.1"
    server_version = "bitbucket-hooks-sandbox"
    disable_nagle_algorithm = True
    server: Server

    def do_GET(self) -> None:
        """Answer a request of any verb."""
        body = self._body()
        if body is None:
            return
        environ = wire.environment(
            self.command, self.path, self.headers.items(), body, self.client_address[0]
        )
        answer = wire.answer(self.server.app, environ, {"Date": formatdate(usegmt=True)})
        if answer.dropped and not answer.data:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self.wfile.write(answer.data)
        self.close_connection = self.close_connection or answer.dropped
        self.log_message("%s", self._summary(answer))

    do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = do_GET  # noqa: N815

    def _summary(self, answer: wire.Answer) -> str:
        status = answer.data[9:12].decode() or "---"
        return f"{status} {self.command} {self.path}{' (dropped)' if answer.dropped else ''}"

    def _body(self) -> bytes | None:
        """Read the request's body; an answer is on its way when that can't be done."""
        length = self.headers.get("Content-Length", "0")
        if self.headers.get("Transfer-Encoding") or not length.isdecimal():
            self.send_error(411)
            return None
        if int(length) > _MOST_BYTES:
            self.send_error(413)
            return None
        return self.rfile.read(int(length))

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the standard library's
        """Print a line for each request, if that was wished."""
        if self.server.verbose:
            line = (format % args).encode("ascii", "backslashreplace").decode()
            sys.stderr.write(f"{line}\n")


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    """Serves one sandbox: its API and, on the loopback alone, the page for people.

    `server_close` ends the open connections as well.
    """

    daemon_threads = False
    request_queue_size = 128
    # A port that somebody else listens on is an error, not to be shared.
    allow_reuse_port = False
    pages: Pages | None = None

    def __init__(self, database: Database, host: str, port: int, *, verbose: bool = False) -> None:
        self._connections: set[socket.socket] = set()
        self.verbose: Final = verbose
        self._api: Final = Application(database)
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, port), _Handler)
        if is_loopback(str(self.server_address[0])):
            self.pages = Pages(database, self.origin, int(self.server_address[1]))

    def app(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request: the page's are neither logged nor limited, nor do they fail."""
        root = "/".join(str(environ["PATH_INFO"]).split("/", 2)[:2])
        if self.pages is None or root in _API:
            return self._api(environ, start_response)
        return self.pages(environ, start_response)

    @property
    def origin(self) -> str:
        """The url of the server, without a path."""
        host, port = self.server_address[:2]
        return f"http://[{host!s}]:{port}" if ":" in str(host) else f"http://{host!s}:{port}"

    def server_bind(self) -> None:
        """Bind without the base class's look-up of the host's name, which may take seconds."""
        socketserver.TCPServer.server_bind(self)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Keep the connection in mind until it ends."""
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget a connection that ends. Without a last word, so that a reset is a reset."""
        self._connections.discard(request)
        self.close_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keep quiet about clients that went away; anything else is a bug to be seen."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)

    def server_close(self) -> None:
        """Stop listening, end the open connections and wait for their threads."""
        for connection in list(self._connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        super().server_close()
        if self.pages:
            self.pages.close()


@contextlib.contextmanager
def serving(
    path: str | os.PathLike[str], host: str = LOOPBACK, port: int = 0, *, verbose: bool = False
) -> Iterator[Server]:
    """Give a bound server that is not running yet. Port 0 takes a free one.

    Raises `SandboxError` for a wrong file, `OSError` for a port that can't be had.
    """
    with (
        contextlib.closing(open_database(path)) as database,
        Server(database, host, port, verbose=verbose) as server,
    ):
        yield server


@contextlib.contextmanager
def serve(path: str | os.PathLike[str], port: int = 0) -> Iterator[str]:
    """Serve a sandbox on the loopback in a thread, and give its base url (`http://…/2.0`)."""
    with serving(path, port=port) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield f"{server.origin}/2.0"
        finally:
            server.shutdown()
            thread.join()
