"""A server that answers with whatever bytes a test wants, over TCP or TLS."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

CERTIFICATE = Path(__file__).parent / "localhost.pem"
"""Key and certificate of a server on 127.0.0.1 that nobody vouches for; made for these tests."""

_SECONDS = 30  # for a request to come, on a machine that has much else to do

Serve = Callable[[socket.socket], None]


def answering(answer: bytes) -> Serve:
    """Read one request's head and send bytes, whatever they are; then close."""

    def serve(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(answer)

    return serve


def dripping(beginning: bytes) -> Serve:
    """Read one request's head, send a beginning, then byte after byte until nobody listens."""

    def serve(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(beginning)
        with suppress(OSError):
            while True:
                connection.sendall(b"x")
                time.sleep(0.02)

    return serve


def tunnel_to(base: str) -> Serve:
    """Be a proxy that opens a tunnel to a server, whatever it was asked for."""
    port = int(base.rpartition(":")[2])

    def serve(connection: socket.socket) -> None:
        connection.recv(65536)
        with socket.create_connection(("127.0.0.1", port)) as there:
            connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=_copy, args=(there, connection), daemon=True)
            back.start()
            connection.settimeout(None)
            _copy(connection, there)
            back.join()

    return serve


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while some := source.recv(65536):
            target.sendall(some)
        target.shutdown(socket.SHUT_WR)


@contextmanager
def raw_server(serve: Serve, *, tls: bool = False) -> Iterator[tuple[str, list[socket.socket]]]:
    """Serve every connection alike; gives the base url, and the connections that came."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    connections: list[socket.socket] = []

    def accept(listener: socket.socket) -> None:
        while True:
            connection, _ = listener.accept()
            connections.append(connection)
            with connection, suppress(OSError):
                if tls:
                    connection = context.wrap_socket(connection, server_side=True)
                connection.settimeout(_SECONDS)
                serve(connection)
                _close(connection)

    def run(listener: socket.socket) -> None:
        with suppress(OSError):
            accept(listener)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=run, args=(listener,), daemon=True)
        thread.start()
        yield f"http{'s' if tls else ''}://127.0.0.1:{listener.getsockname()[1]}", connections
        for opened in (listener, *connections):
            with suppress(OSError):  # it has ended by itself
                opened.shutdown(socket.SHUT_RDWR)
        thread.join(10)


def _close(connection: socket.socket) -> None:
    """Close without TLS's word of farewell, as a connection that breaks does."""
    connection.settimeout(0.1)
    with suppress(OSError):
        socket.socket.shutdown(connection, socket.SHUT_WR)
        while socket.socket.recv(connection, 65536):  # what is left unread would reset it
            pass
    connection.close()
