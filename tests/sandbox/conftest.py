"""Fixtures of the sandbox's tests: `path`, `sandbox`, and `api`, which runs a test both ways."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest
import requests
from requests import Response

from bitbucket_hooks.sandbox import delivering
from bitbucket_hooks.sandbox.adapter import EMBEDDED_ORIGIN, SandboxAdapter
from bitbucket_hooks.sandbox.delivering import EventRun
from bitbucket_hooks.sandbox.seed import OWNER_EMAIL, OWNER_TOKEN
from support.receiver import Receiver, receiver
from support.sandbox import Sandbox, serve

HOOK = {"url": "https://ci.example.com/hook", "description": "CI", "events": ["repo:push"]}


@attrs.frozen
class Api:
    """A client of the API that knows nothing: the tests say what is asked, by default as owner."""

    base: str
    session: requests.Session

    @property
    def origin(self) -> str:
        """The base url without its path."""
        return self.base.removesuffix("/2.0")

    def call(self, method: str, path: str, *, bearer: str | None = None, **more: Any) -> Response:
        """Send one request to a path under `/2.0`, or to a whole url."""
        url = path if path.startswith("http") else self.base + path
        if bearer:
            more["headers"] = {"Authorization": f"Bearer {bearer}"}
        elif "auth" not in more:
            more["auth"] = (OWNER_EMAIL, OWNER_TOKEN)
        return self.session.request(method, url, **more)

    def get(self, path: str, **more: Any) -> Response:
        """Send a GET."""
        return self.call("GET", path, **more)

    def post(self, path: str, body: Any = HOOK, **more: Any) -> Response:
        """Send a POST with a JSON body."""
        return self.call("POST", path, json=body, **more)

    def put(self, path: str, body: Any, **more: Any) -> Response:
        """Send a PUT with a JSON body."""
        return self.call("PUT", path, json=body, **more)

    def delete(self, path: str, **more: Any) -> Response:
        """Send a DELETE."""
        return self.call("DELETE", path, **more)


@pytest.fixture
def path(sandbox_path: Path) -> Path:
    """Give a new sandbox's file."""
    return sandbox_path


@pytest.fixture(params=["embedded", "http"])
def api(path: Path, request: pytest.FixtureRequest) -> Iterator[Api]:
    """Give a client of the same sandbox, once through the adapter and once over a socket."""
    with requests.Session() as session:
        session.trust_env = False
        if request.param == "embedded":
            session.mount(EMBEDDED_ORIGIN, SandboxAdapter(path))
            yield Api(f"{EMBEDDED_ORIGIN}/2.0", session)
        else:
            with serve(path) as base:
                yield Api(base, session)
                session.close()


@pytest.fixture
def there() -> Iterator[Receiver]:
    """Give a receiver of deliveries over plain http."""
    with receiver() as state:
        yield state


def prepare(sandbox: Sandbox) -> EventRun:
    """Prepare the deliveries of a push to `acme/web`, which nobody sends."""
    (repository,) = [found for found in sandbox.repositories() if found.full_name == "acme/web"]
    with sandbox._database.writing() as connection:
        return delivering.prepare(connection, repository, "repo:push")


def forget_process(sandbox: Sandbox) -> None:
    """Let all deliveries be so old that the process that made them must be gone."""
    with sandbox._database.writing() as connection:
        connection.execute("UPDATE deliveries SET body = json_set(body, '$.at', 0)")
