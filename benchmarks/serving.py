"""The sandbox over HTTP, in a process of its own that counts its connections."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from contextlib import closing, contextmanager
from multiprocessing.connection import Connection
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from typing import Any

from attrs import frozen

from bitbucket_hooks.sandbox.seed import open_database
from bitbucket_hooks.sandbox.server import LOOPBACK, Server


class _CountingServer(Server):
    """A server that counts the connections that it accepts."""

    opened: Synchronized[int]

    def process_request(self, request: Any, client_address: Any) -> None:
        """Count, and go on as ever."""
        with self.opened.get_lock():
            self.opened.value += 1
        super().process_request(request, client_address)


@frozen
class Served:
    """A sandbox that is being served."""

    origin: str
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


def _serve(database: Path, told: Connection, opened: Synchronized[int]) -> None:
    with (
        closing(open_database(database)) as opened_database,
        _CountingServer(opened_database, LOOPBACK, 0) as server,
    ):
        server.opened = opened
        told.send(server.origin)
        server.serve_forever(0.05)


@contextmanager
def served(database: Path) -> Iterator[Served]:
    """Serve a sandbox until the block ends."""
    context = multiprocessing.get_context("spawn")
    opened: Synchronized[int] = context.Value("i", 0)
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_serve, args=(database, there, opened), daemon=True)
    process.start()
    there.close()
    try:
        yield Served(here.recv(), process.pid or 0, opened)
    finally:
        process.terminate()
        process.join()
