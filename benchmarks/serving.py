"""The sandbox over HTTP, in a process of its own that counts its connections."""

from __future__ import annotations

import multiprocessing
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from multiprocessing.connection import Connection
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from typing import Any, Final

from attrs import frozen

from bitbucket_hooks.sandbox.server import LOOPBACK, Server
from bitbucket_hooks.sandbox.store import open_database

PUBLIC: Final = "api.bitbucket.org"
_CONNECT: Final = f"CONNECT {PUBLIC}:443 ".encode()
_MOST_BYTES: Final = 4096


class _CountingServer(Server):
    """A server that counts the connections that it accepts."""

    opened: Synchronized[int]

    def process_request(self, request: Any, client_address: Any) -> None:
        """Count, and go on as ever."""
        with self.opened.get_lock():
            self.opened.value += 1
        super().process_request(request, client_address)


class _Proxy(_CountingServer):
    """For clients whose address can't be changed: an HTTPS proxy that is the public API itself.

    It refuses every other host, so that nothing leaves the machine.
    """

    tls: ssl.SSLContext

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Take the place of the host that is asked for, and go on as ever."""
        asked = _head(request)
        if not asked.startswith(_CONNECT):
            request.sendall(b"HTTP/1.1 403 Forbidden\r\n\r\n")
            return
        request.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with self.tls.wrap_socket(request, server_side=True) as wrapped:
            super().finish_request(wrapped, client_address)


def _head(connection: socket.socket) -> bytes:
    head = b""
    while b"\r\n\r\n" not in head and len(head) < _MOST_BYTES:
        received = connection.recv(_MOST_BYTES)
        if not received:
            break
        head += received
    return head


@frozen
class Served:
    """A sandbox that is being served."""

    origin: str
    proxy: str | None
    """Where `served` was given a certificate."""
    pid: int
    _opened: Synchronized[int]

    @property
    def api(self) -> str:
        """What `bitbucket:apiUrl` is to be."""
        return f"{self.origin}/2.0"

    @property
    def connections(self) -> int:
        """How many were accepted since it began."""
        return self._opened.value


def _serve(
    path: Path, ready: Connection, opened: Synchronized[int], certificate: Path | None
) -> None:
    with ExitStack() as stack:
        database = stack.enter_context(closing(open_database(path)))
        server = stack.enter_context(_CountingServer(database, LOOPBACK, 0))
        server.opened, proxy = opened, None
        if certificate:
            proxy = stack.enter_context(_Proxy(database, LOOPBACK, 0))
            proxy.opened, proxy.tls = opened, ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            proxy.tls.load_cert_chain(certificate)
            threading.Thread(target=proxy.serve_forever, args=(0.05,), daemon=True).start()
        ready.send((server.origin, proxy.origin if proxy else None))
        server.serve_forever(0.05)


@contextmanager
def served(database: Path, certificate: Path | None = None) -> Iterator[Served]:
    """Serve a sandbox until the block ends; with a certificate and its key also as a proxy."""
    context = multiprocessing.get_context("spawn")
    opened: Synchronized[int] = context.Value("i", 0)
    here, there = context.Pipe(duplex=False)
    process = context.Process(
        target=_serve, args=(database, there, opened, certificate), daemon=True
    )
    process.start()
    there.close()
    try:
        origin, proxy = here.recv()
        yield Served(origin, proxy, process.pid or 0, opened)
    finally:
        process.terminate()
        process.join()
