"""An HTTP proxy as Bitbucket Pipelines has one: it signs what passes, and notes what came."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import attrs
import requests


@attrs.define
class SigningProxy:
    """A proxy that is listening."""

    url: str
    asked: list[tuple[str, str, Message]] = attrs.Factory(list)
    """Verb, whole address and headers of each request."""


@contextmanager
def signing_proxy(origin: str, api: str, auth: tuple[str, str]) -> Iterator[SigningProxy]:
    """Pass what is asked of `origin` on to `api`, signed with `auth`; refuse all other hosts."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.0"

        def do_GET(self) -> None:
            proxy.asked.append((self.command, self.path, self.headers))
            if not self.path.startswith(origin):
                self.send_error(502)
                return
            url = api + self.path.removeprefix(origin)
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            with requests.Session() as session:
                session.trust_env = False
                answer = session.request(self.command, url, data=body, auth=auth)
                self.send_response(answer.status_code)
                self.send_header("Content-Type", answer.headers.get("Content-Type", ""))
                self.end_headers()
                self.wfile.write(answer.content)

        do_PUT = do_POST = do_DELETE = do_CONNECT = do_GET  # noqa: N815 - the library's names

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Keep quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        proxy = SigningProxy(f"http://127.0.0.1:{server.server_address[1]}")
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield proxy
        finally:
            server.shutdown()
            thread.join()
