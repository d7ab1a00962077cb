"""The requests that can't be avoided and nothing else: the network's and the sandbox's own time."""

from __future__ import annotations

import http.client
import json
import threading
import time
from base64 import b64encode
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any, Final
from urllib.parse import urlsplit

from attrs import define, field, frozen

from benchmarks.cases import Phase
from bitbucket_hooks.sandbox.seed import OWNER_EMAIL, OWNER_TOKEN

_AUTH: Final = b64encode(f"{OWNER_EMAIL}:{OWNER_TOKEN}".encode()).decode()
_HEADERS: Final = {"Authorization": f"Basic {_AUTH}", "Content-Type": "application/json"}


@frozen
class _Request:
    method: str
    path: str
    body: dict[str, Any] | None = None


@define
class BareClient:
    """Sends them with the least of code, on an estate that is like the measured one."""

    origin: str
    repositories: list[str]
    hooks: int
    """Of each repository."""
    width: int
    """Requests in flight."""
    _made: list[str] = field(factory=list, init=False)

    def seconds(self, phase: Phase) -> float | None:
        """How long a phase's requests take; None: it needs none."""
        steps = list(self._steps(phase))
        if not steps:
            return None
        began = time.perf_counter()
        for step in steps:
            self._send(step)
        return time.perf_counter() - began

    def _steps(self, phase: Phase) -> Iterator[list[_Request]]:
        if phase in ("create", "refresh", "drift"):
            yield [_Request("GET", f"{_listing(name)}?pagelen=100") for name in self.repositories]
        if phase == "create":
            yield [
                _Request("POST", _listing(name), _body(number, "CI"))
                for name in self.repositories
                for number in range(self.hooks)
            ]
        if phase == "update":
            yield [_Request("PUT", path, _body(0, "Build")) for path in self._made]
        if phase == "destroy":
            yield [_Request("DELETE", path) for path in self._made]

    def _send(self, requests: list[_Request]) -> None:
        lock, left = threading.Lock(), iter(requests)
        with ThreadPoolExecutor(self.width) as pool:
            for done in [pool.submit(self._work, lock, left) for _ in range(self.width)]:
                done.result()

    def _work(self, lock: threading.Lock, left: Iterator[_Request]) -> None:
        host = urlsplit(self.origin)
        with closing(http.client.HTTPConnection(host.hostname or "", host.port)) as connection:
            for request in _shared(left, lock):
                body = None if request.body is None else json.dumps(request.body)
                connection.request(request.method, request.path, body, _HEADERS)
                answer = connection.getresponse()
                content = answer.read()
                if answer.status not in range(200, 300):
                    raise RuntimeError(f"{request.path}: the sandbox answered {answer.status}")
                if request.method == "POST":
                    self._made.append(f"{request.path}/{json.loads(content)['uuid']}")


def _listing(name: str) -> str:
    return f"/2.0/repositories/{name}/hooks"


def _body(number: int, description: str) -> dict[str, Any]:
    return {
        "url": f"https://ci.example.com/bitbucket/{number}",
        "description": description,
        "active": True,
        "events": ["pullrequest:created", "repo:push"],
        "skip_cert_verification": False,
    }


def _shared(left: Iterable[_Request], lock: threading.Lock) -> Iterator[_Request]:
    """What no other thread has taken."""
    requests = iter(left)
    while True:
        with lock:
            found = next(requests, None)
        if found is None:
            return
        yield found
