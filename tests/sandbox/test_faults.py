"""What goes wrong on the way, and what the client sees of it."""

from __future__ import annotations

import time
from typing import Any

import pytest
from requests import exceptions

from bitbucket_hooks.sandbox.settings import KINDS
from sandbox.conftest import Api
from support.sandbox import Sandbox

PLACE = "/repositories/acme/web/hooks"


@pytest.mark.parametrize(
    ("kind", "status", "done"),
    [
        ("500", 500, False),
        ("502", 502, False),
        ("503", 503, False),
        ("504", 504, False),
        ("html", 200, False),
        ("502-after", 502, True),
    ],
)
def test_answers(api: Api, sandbox: Sandbox, kind: Any, status: int, done: bool) -> None:
    """A planned answer in place of the real one, once."""
    sandbox.plan_fault(kind)
    answer = api.post(PLACE)
    assert answer.status_code == status
    if kind == "500":
        assert answer.json()["error"]["message"] == "Something went wrong"
        assert answer.json()["error"]["id"]
    else:
        assert answer.headers["Content-Type"].startswith("text/html")
        assert "<html>" in answer.text
    assert len(sandbox.hooks()) == done
    assert api.post(PLACE).status_code == 201
    assert [(r.status, r.fault) for r in sandbox.requests()] == [(status, kind), (201, None)]


@pytest.mark.parametrize(
    ("kind", "error", "done"),
    [
        ("drop-before", exceptions.ConnectionError, False),
        ("drop-after", exceptions.ConnectionError, True),
        ("truncated", exceptions.ChunkedEncodingError, True),
    ],
)
def test_broken_connections(
    api: Api, sandbox: Sandbox, kind: Any, error: type[Exception], done: bool
) -> None:
    """The same exceptions embedded and over a socket; the next request is fine."""
    api.get(PLACE)
    sandbox.plan_fault(kind, "post", "/2.0/repositories/*/HOOKS")
    assert api.get(PLACE).ok
    with pytest.raises(error):
        api.post(PLACE)
    assert len(sandbox.hooks()) == done
    assert api.get(PLACE).ok
    logged = sandbox.requests()[2]
    assert (logged.fault, logged.status) == (kind, 201 if kind == "truncated" else None)
    assert logged.method == "POST"
    assert logged.path == f"/2.0{PLACE}"


def test_a_listing_without_its_hooks(api: Api, sandbox: Sandbox) -> None:
    """Empty, though the hook answers by itself; what is no listing comes as it is."""
    hook = sandbox.plant_hook("acme/web", "https://ci.example.com/")
    sandbox.plan_fault("empty-list", times=2)
    listed = api.get(PLACE).json()
    assert (listed["size"], listed["values"]) == (0, [])
    assert api.get(f"{PLACE}/{hook.uuid}").json()["uuid"] == hook.uuid
    assert len(api.get(PLACE).json()["values"]) == 1


def test_truncation(api: Api, sandbox: Sandbox) -> None:
    """Shows when the body is read; an answer without one drops."""
    hook = sandbox.plant_hook("acme/web", "https://ci.example.com")
    sandbox.plan_fault("truncated", times=2)
    answer = api.get(PLACE, stream=True)
    assert answer.status_code == 200
    with pytest.raises(exceptions.ChunkedEncodingError):
        _ = answer.content
    answer.close()
    with pytest.raises(exceptions.ConnectionError):
        api.delete(f"{PLACE}/{hook.uuid}")
    assert sandbox.hooks() == []


def test_slow_and_latency(api: Api, sandbox: Sandbox) -> None:
    """A pause, and a time-out where the client has less patience; the request is carried out."""
    sandbox.configure(slow_ms=120, latency_ms=10)
    sandbox.plan_fault("slow", times=2)
    start = time.monotonic()
    assert api.get(PLACE, timeout=(30, 60)).ok
    assert time.monotonic() - start >= 0.12
    with pytest.raises(exceptions.ReadTimeout, match="Read timed out"):
        api.post(PLACE, timeout=0.05)
    for _ in range(3000):
        if sandbox.hooks():
            break
        time.sleep(0.01)
    assert len(sandbox.hooks()) == 1
    assert api.get(PLACE, timeout=(None, None)).ok


def test_plans_queue_up(api: Api, sandbox: Sandbox) -> None:
    """So many times, after so many that pass, one plan after the other."""
    sandbox.plan_fault("500", "GET", times=2, skip=1)
    sandbox.plan_fault("503", "GET")
    assert [api.get(PLACE).status_code for _ in range(5)] == [200, 500, 500, 503, 200]
    sandbox.plan_fault("500")
    sandbox.clear_faults()
    assert api.get(PLACE).ok


def test_random_faults(api: Api, sandbox: Sandbox) -> None:
    """About as many as the rate says, of all kinds, the same ones for the same seed."""
    kinds = [kind for kind in KINDS if kind not in ("slow", "truncated")]
    sandbox.configure(fault_rate=0.5, fault_kinds=kinds, fault_methods=["GET"], fault_seed=7)
    first = faults_of(api, sandbox, "GET", 60)
    assert 18 <= len([fault for fault in first if fault]) <= 42
    assert set(first) == {*kinds, None}
    assert faults_of(api, sandbox, "POST", 10) == [None] * 10
    sandbox.configure(fault_seed=7)
    assert faults_of(api, sandbox, "GET", 20) == first[:20]
    sandbox.configure(fault_seed=8)
    assert faults_of(api, sandbox, "GET", 20) != first[:20]


def faults_of(api: Api, sandbox: Sandbox, verb: str, count: int) -> list[str | None]:
    """Send so many requests and give the faults they met."""
    sandbox.clear_requests()
    for _ in range(count):
        try:
            api.call(verb, "/hook_events")
        except exceptions.ConnectionError:
            continue
    return [request.fault for request in sandbox.requests()]
