"""Rate limits, reads that lag behind writes, and the log of requests."""

from __future__ import annotations

import attrs
import pytest

from bitbucket_hooks.sandbox import faults, hookstore
from bitbucket_hooks.sandbox.seed import MEMBER_EMAIL, MEMBER_TOKEN
from sandbox.conftest import HOOK, Api
from support.sandbox import Sandbox

PLACE = "/repositories/acme/web/hooks"


@attrs.define
class Clock:
    """Stands in for the module `time`, so that a busy machine changes nothing."""

    now: float = 1_800_000_000.0

    def time(self) -> float:
        """Tell the time."""
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Give the clock of limits and lags; the server runs in this process too."""
    found = Clock()
    monkeypatch.setattr(faults, "time", found)
    monkeypatch.setattr(hookstore, "time", found)
    return found


def test_rate_limit(api: Api, sandbox: Sandbox, clock: Clock) -> None:
    """So many in a window for each identity; then plain text, nothing done, until there is room."""
    sandbox.configure(rate_limit=3, window_seconds=60)
    assert [api.get(PLACE).status_code for _ in range(4)] == [200, 200, 200, 429]
    refused = api.post(PLACE)
    assert refused.text == "Rate limit for this resource has been exceeded"
    assert refused.headers["Content-Type"].startswith("text/plain")
    assert "Retry-After" not in refused.headers
    assert sandbox.hooks() == []
    assert api.get("/user", auth=(MEMBER_EMAIL, MEMBER_TOKEN)).ok
    assert api.get("/hook_events", auth=None).ok
    clock.now += 59
    assert api.get(PLACE).status_code == 429
    clock.now += 2
    assert api.get(PLACE).ok


def test_bursts(api: Api, sandbox: Sandbox, clock: Clock) -> None:
    """Too many in a second are refused below the hourly limit; `Retry-After` is long enough."""
    sandbox.configure(burst_limit=2)
    assert [api.get(PLACE).status_code for _ in range(3)] == [200, 200, 429]
    clock.now += 1.1
    assert api.get(PLACE).ok
    sandbox.configure(burst_limit=0, rate_limit=1, window_seconds=5, retry_after=True)
    assert api.get(PLACE).headers["Retry-After"] == "5"
    clock.now += 4.5
    assert api.get(PLACE).headers["Retry-After"] == "1"


@pytest.mark.usefixtures("clock")
def test_headers_are_for_access_tokens(api: Api, sandbox: Sandbox) -> None:
    """An hourly figure, and only where there is a limit."""
    token = sandbox.issue_access_token("acme/web")
    assert "X-RateLimit-Limit" not in api.get(PLACE, bearer=token).headers
    sandbox.configure(rate_limit=5, window_seconds=60)
    assert "X-RateLimit-Limit" not in api.get(PLACE).headers
    answers = [api.get(PLACE, bearer=token) for _ in range(5)]
    assert answers[0].headers["X-RateLimit-Limit"] == "300"
    assert answers[0].headers["X-RateLimit-Resource"]
    near = [answer.headers["X-RateLimit-NearLimit"] for answer in answers]
    assert near == ["false"] * 4 + ["true"]


def test_reads_lag_behind_writes(api: Api, sandbox: Sandbox, clock: Clock) -> None:
    """For a while a new hook is not there, a changed one is old and a deleted one remains."""
    planted = sandbox.plant_hook("acme/web", "https://old.example.com")
    sandbox.configure(read_lag_ms=300)
    made = api.post(PLACE).json()
    url = f"{PLACE}/{made['uuid']}"
    assert api.get(url).status_code == 404
    assert [hook["uuid"] for hook in api.get(PLACE).json()["values"]] == [planted.uuid]
    api.put(url, HOOK)
    api.put(f"{PLACE}/{planted.uuid}", HOOK)
    assert api.get(f"{PLACE}/{planted.uuid}").json()["url"] == "https://old.example.com"
    api.delete(f"{PLACE}/{planted.uuid}")
    listed = api.get(PLACE).json()["values"]
    assert [hook["url"] for hook in listed] == ["https://old.example.com"]
    assert [hook.uuid for hook in sandbox.hooks()] == [made["uuid"]]
    clock.now += 0.35
    assert [hook["uuid"] for hook in api.get(PLACE).json()["values"]] == [made["uuid"]]


def test_log(api: Api, sandbox: Sandbox) -> None:
    """Every request is told, from whichever process, until that is switched off."""
    api.get(f"{PLACE}?pagelen=5", auth=None)
    api.get(PLACE)
    first, second = sandbox.requests()
    assert (first.method, first.path, first.query) == ("GET", f"/2.0{PLACE}", "pagelen=5")
    assert (first.status, first.identity) == (401, "anonymous@127.0.0.1")
    assert (second.status, second.identity) == (200, "owner@acme.example")
    sandbox.clear_requests()
    sandbox.configure(log_requests=False)
    api.get(PLACE)
    assert sandbox.requests() == []
