"""The listings of a refresh and nothing else: what the network and the sandbox alone take."""

from __future__ import annotations

import http.client
import threading
import time
from base64 import b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Final
from urllib.parse import urlsplit

from bitbucket_hooks.sandbox.seed import OWNER_EMAIL, OWNER_TOKEN

_AUTH: Final = b64encode(f"{OWNER_EMAIL}:{OWNER_TOKEN}".encode()).decode()


def seconds_to_list(origin: str, repositories: list[str], width: int) -> float:
    """List the hooks of each repository once over `width` connections, with the least of code."""
    lock, left = threading.Lock(), iter(repositories)

    def work() -> None:
        host = urlsplit(origin)
        with closing(http.client.HTTPConnection(host.hostname or "", host.port)) as connection:
            for name in _shared(left, lock):
                path = f"/2.0/repositories/{name}/hooks?pagelen=100"
                connection.request("GET", path, headers={"Authorization": f"Basic {_AUTH}"})
                answer = connection.getresponse()
                answer.read()
                if answer.status != http.HTTPStatus.OK:
                    raise RuntimeError(f"{name}: the sandbox answered {answer.status}")

    began = time.perf_counter()
    with ThreadPoolExecutor(width) as pool:
        for done in [pool.submit(work) for _ in range(width)]:
            done.result()
    return time.perf_counter() - began


def _shared(left: Iterator[str], lock: threading.Lock) -> Iterator[str]:
    """What no other thread has taken."""
    while True:
        with lock:
            name = next(left, None)
        if name is None:
            return
        yield name
