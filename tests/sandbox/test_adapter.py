"""The sandbox as a transport: a genuine response, whatever form the request has."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from urllib3 import HTTPResponse

from bitbucket_hooks.sandbox.adapter import EMBEDDED_ORIGIN, SandboxAdapter
from bitbucket_hooks.sandbox.errors import SandboxError
from bitbucket_hooks.sandbox.seed import OWNER_EMAIL, OWNER_TOKEN

HOOKS = f"{EMBEDDED_ORIGIN}/2.0/repositories/acme/web/hooks"
BODY = json.dumps({"url": "https://ci.example.com", "events": ["repo:push"], "description": "é"})


@pytest.fixture
def session(tmp_path: Path) -> Iterator[requests.Session]:
    """Give a session on a sandbox that does not exist yet."""
    with requests.Session() as opened:
        opened.mount(EMBEDDED_ORIGIN, SandboxAdapter(tmp_path / "new.db"))
        opened.auth = (OWNER_EMAIL, OWNER_TOKEN)
        yield opened


@pytest.mark.parametrize(
    "body", [BODY, BODY.encode(), io.BytesIO(BODY.encode()), iter([BODY.encode()])]
)
def test_bodies(session: requests.Session, body: Any) -> None:
    """Text, bytes, a file, a generator."""
    answer = session.post(HOOKS, data=body)
    assert answer.status_code == 201
    assert answer.json()["description"] == "é"


def test_a_genuine_response(session: requests.Session) -> None:
    """All that a caller may look at is there."""
    answer = session.get(HOOKS, stream=True)
    assert isinstance(answer.raw, HTTPResponse)
    assert (answer.reason, answer.encoding, answer.ok) == ("OK", "utf-8", True)
    assert answer.url == HOOKS
    assert answer.request.headers["Authorization"]
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert b"".join(answer.iter_content(7)).startswith(b'{"values"')
    assert answer.elapsed.total_seconds() >= 0
    assert answer.history == []


def test_the_file(session: requests.Session, tmp_path: Path) -> None:
    """Is its owner's alone, as it holds secrets; an error names one that went away."""
    assert session.get(HOOKS).ok
    assert (tmp_path / "new.db").stat().st_mode & 0o777 == 0o600
    (tmp_path / "new.db").unlink()
    with pytest.raises(SandboxError, match=r"new\.db can't be used"):
        session.get(HOOKS)
