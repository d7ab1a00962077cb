"""The sandbox over real HTTP: persistent connections, a thread each, and drops that are real."""

from __future__ import annotations

import contextlib
import http.server
import os
import re
import socket
import socketserver
import struct
import sys
import time
from collections.abc import Iterable, Iterator
from email.utils import formatdate
from typing import Any, Final

from werkzeug.wrappers import Request, Response

from bitbucket_hooks.filesystem.database import Database
from bitbucket_hooks.model.urls import is_loopback
from bitbucket_hooks.sandbox import errors
from bitbucket_hooks.sandbox.app import Application, incoming
from bitbucket_hooks.sandbox.errors import SandboxUnusable
from bitbucket_hooks.sandbox.store import open_database
from bitbucket_hooks.sandbox.web.guard import host_name, is_address
from bitbucket_hooks.sandbox.web.pages import Pages

LOOPBACK: Final = "127.0.0.1"
_MOST_BYTES: Final = 10 * 1024 * 1024
_LENGTH: Final = re.compile(r"[0-9]{1,18}")
_REST_SECONDS: Final = 2.0
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
        try:
            request = incoming(
                self.command, self.path, self.headers.items(), body, self.client_address[0]
            )
        except ValueError:  # such as http://[
            self.send_error(400, "Bad request target")
            return
        response = self.server.respond(request)
        status, is_complete = self._send(request, response) if response else ("---", False)
        if not response:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self.close_connection = self.close_connection or not is_complete
        dropped = "" if is_complete else " (dropped)"
        self.log_message("%s", f"{status} {self.command} {self.path}{dropped}")

    do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = do_GET  # noqa: N815

    def _send(self, request: Request, response: Response) -> tuple[str, bool]:
        """Send a response; give its code, and whether the body is as long as was announced."""
        parts, status, headers = response.get_wsgi_response(request.environ)
        lines = [f"{name}: {value}" for name, value in headers]
        head = [f"HTTP/1.1 {status}", *lines, f"Date: {formatdate(usegmt=True)}"]
        body = b"".join(parts)
        self.wfile.write("\r\n".join([*head, "", ""]).encode("latin-1") + body)
        announced = int(dict(headers).get("Content-Length", 0))
        return status[:3], self.command == "HEAD" or len(body) >= announced

    def _body(self) -> bytes | None:
        """Read the request's body; an answer is on its way when that can't be done."""
        length = self.headers.get("Content-Length", "0")
        if self.headers.get("Transfer-Encoding"):
            self.send_error(411)
            return None
        if not _LENGTH.fullmatch(length):
            self.send_error(400, "Bad Content-Length")
            return None
        if int(length) > _MOST_BYTES:
            self.send_error(413)
            return None
        return self.rfile.read(int(length))

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Refuse a request that can't be read, and let the client finish sending it.

        Else the rest of it, unread, would reset the connection and the answer with it.
        """
        super().send_error(code, message, explain)
        until = time.monotonic() + _REST_SECONDS
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)
            self.connection.settimeout(_REST_SECONDS)
            while self.connection.recv(65536) and time.monotonic() < until:
                pass

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

    def __init__(
        self,
        database: Database,
        host: str,
        port: int,
        *,
        names: Iterable[str] = (),
        verbose: bool = False,
    ) -> None:
        self._connections: set[socket.socket] = set()
        self._names: Final = {name.lower() for name in (host, *names)}
        self.verbose: Final = verbose
        self._api: Final = Application(database)
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, port), _Handler)
        if is_loopback(str(self.server_address[0])):
            self.pages = Pages(database, self.origin, int(self.server_address[1]))

    def respond(self, request: Request) -> Response | None:
        """Answer a request: the page's are neither logged nor limited, nor do they fail."""
        root = "/".join(str(request.environ["PATH_INFO"]).split("/", 2)[:2])
        try:
            if self.pages and root not in _API:
                return self.pages.respond(request)
            host = request.headers.get("Host", "")
            name = host_name(host)
            # Else any page's script could reach the API by a name that leads here. An address is
            # what a server for other machines is asked by.
            is_ours = name in self._names or is_loopback(name)
            if is_ours or (self.pages is None and is_address(name)):
                return self._api.respond(request)
        except SandboxUnusable as error:
            return errors.refusal(507 if error.is_full else 500, error.in_a_line).response
        message = f'No answer to the host "{host}"; allow it with `--allow-host`'
        return errors.refusal(421, message).response

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
    path: str | os.PathLike[str],
    host: str = LOOPBACK,
    port: int = 0,
    *,
    names: Iterable[str] = (),
    verbose: bool = False,
) -> Iterator[Server]:
    """Give a bound server that is not running yet. Port 0 takes a free one.

    The API answers to this machine's own names, to `host`, and to the hosts in `names`.

    Raises `SandboxError` for a wrong file, `OSError` for a port that can't be had.
    """
    with (
        contextlib.closing(open_database(path)) as database,
        Server(database, host, port, names=names, verbose=verbose) as server,
    ):
        yield server
