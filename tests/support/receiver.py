"""A receiver of deliveries on this machine: it keeps what it got and answers as it is told."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from attrs import define, field

from support.raw_server import CERTIFICATE


@define
class Received:
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes


@define
class Receiver:
    """Where it listens, what it answers, and what came."""

    url: str = ""
    status: int = 200
    statuses: list[int] = field(factory=list)
    """What the next requests are answered, before `status` holds."""
    reason: str | None = None
    answer: bytes = b""
    headers: dict[str, str] = field(factory=dict)
    received: list[Received] = field(factory=list)
    before: Callable[[], object] = lambda: None
    """What it waits for before it answers."""


@contextmanager
def receiver(*, tls: bool = False) -> Iterator[Receiver]:
    """Serve until the block ends."""
    state = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            state.before()
            state.received.append(Received(self.path, dict(self.headers), body))
            status = state.statuses.pop(0) if state.statuses else state.status
            self.send_response(status, state.reason)
            self.send_header("Content-Length", str(len(state.answer)))
            for name, value in state.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(state.answer)

        def log_message(self, *_: object) -> None:
            pass

    with _Server(("127.0.0.1", 0), Handler) as server:
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(CERTIFICATE)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        state.url = f"http{'s' if tls else ''}://127.0.0.1:{server.server_port}/hook"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield state
        finally:
            server.shutdown()
            thread.join(10)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Say nothing of a client that went away."""
