"""One budget for runners on several machines, in a real PostgreSQL and a real Redis."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Final, Protocol
from uuid import uuid4

import pytest
from attrs import frozen

from bitbucket_hooks.api.local_log import LocalLog
from bitbucket_hooks.api.open_log import budget_name, open_request_log, open_store
from bitbucket_hooks.api.request_log import HOUR
from bitbucket_hooks.api.shared_log import SharedLog
from bitbucket_hooks.model.credentials import AccessToken, ApiToken
from bitbucket_hooks.model.errors import ConfigError
from bitbucket_hooks.model.settings import environment, resolve
from bitbucket_hooks.sandbox.seed import OWNER_EMAIL, OWNER_TOKEN
from support.clocks import FakeClock
from support.doctor import examine
from support.postgres import postgres
from support.redis_server import PASSWORD, redis_server
from support.sandbox import serve

LIMIT: Final = 400
EACH_SENDS: Final = 200
WINDOW: Final = 2.0
# Before and after each place it asks for the store's time: the place lies between the two.
RUNNER: Final = """
import json, signal, sys, time
from datetime import timedelta
from pathlib import Path
from bitbucket_hooks.api.clock import Clock
from bitbucket_hooks.api.local_log import LocalLog
from bitbucket_hooks.api.open_log import open_store
from bitbucket_hooks.api.shared_log import SharedLog

url, budget, folder, number, window, limit, wanted, dies = json.loads(sys.argv[1])

class WrongClock(Clock):
    def now(self):
        return super().now() + 60 * number
    def wall(self):
        return super().wall() + timedelta(minutes=number)

if url.startswith("redis"):
    import redis
    client = redis.Redis.from_url(url)
    def stores_time():
        seconds, microseconds = client.time()
        return seconds + microseconds / 1e6
else:
    import psycopg
    client = psycopg.connect(url, autocommit=True)
    def stores_time():
        return float(client.execute("SELECT extract(epoch FROM clock_timestamp())").fetchone()[0])

clock = WrongClock()
local = LocalLog(Path(folder) / "log", clock)
log = SharedLog(open_store(url), budget, str(number), local, clock, sys.exit, window=window)
while wanted:
    before = stores_time()
    pause = log.take(limit)
    if pause == 0:
        print(json.dumps([before, stores_time()]), flush=True)
        wanted -= 1
    elif window >= 3600:
        break
    else:
        time.sleep(min(pause, 0.05))
if dies:
    signal.pause()
"""


class Server(Protocol):
    """What both servers can do."""

    def start(self) -> None:
        """Start it again."""
        ...

    def stop(self) -> None:
        """End it."""
        ...

    def frozen(self) -> AbstractContextManager[None]:
        """Let it say nothing for a while, with its connections open."""
        ...


class Store:
    """A running server and its address, with a password in it."""

    def __init__(self, server: Server, url: str) -> None:
        self.server = server
        self.url = url

    def open(self, budget: str, runner: str, place: Place) -> SharedLog:
        """What one machine has."""
        return _open(self.url, budget, runner, place)


class Place:
    """Where a test's runners are, what time it is there, and what they hear."""

    def __init__(self, folder: Path, clock: FakeClock) -> None:
        self.folder = folder
        self.clock = clock
        self.heard: list[str] = []


def _open(url: str, budget: str, runner: str, place: Place) -> SharedLog:
    store = open_store(url)
    assert store is not None
    local = LocalLog(place.folder / runner / "log", place.clock)
    return SharedLog(store, budget, runner, local, place.clock, place.heard.append)


@pytest.fixture(scope="module", params=["postgres", "redis"])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    """Give a server of each kind."""
    with _SERVERS[request.param]() as running:
        yield running


@contextmanager
def _in_postgres() -> Iterator[Store]:
    with postgres() as server:
        server.ask("CREATE ROLE runner LOGIN PASSWORD 'canary-postgres'")
        server.ask("GRANT CREATE ON SCHEMA public TO runner")
        server.ask_for_passwords()
        yield Store(server, server.backend.replace("pulumi@", "runner:canary-postgres@"))


@contextmanager
def _in_redis() -> Iterator[Store]:
    with redis_server() as server:
        yield Store(server, server.url)


_SERVERS: Final[dict[str, Callable[[], AbstractContextManager[Store]]]] = {
    "postgres": _in_postgres,
    "redis": _in_redis,
}


@pytest.fixture
def budget() -> str:
    """Name a budget that no other test draws on."""
    return uuid4().hex


@pytest.fixture
def place(tmp_path: Path, clock: FakeClock) -> Place:
    """Give a folder and a clock."""
    return Place(tmp_path, clock)


@frozen
class Work:
    """What runners do, each with a cache of its own and a clock that is a minute off the next."""

    store: Store
    budget: str
    folder: Path
    window: float
    limit: int

    def start(self, number: int, wanted: int, *, dies: bool = False) -> subprocess.Popen[str]:
        """Start a runner; one that dies stays for that, with places in hand."""
        given = [self.store.url, self.budget, f"{self.folder}/{number}", number]
        given += [self.window, self.limit, wanted, dies]
        command = [sys.executable, "-c", RUNNER, json.dumps(given)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def _sent(running: list[subprocess.Popen[str]]) -> list[tuple[float, float]]:
    """Between which times of the store each place was used."""
    lines = [line for item in running for line in item.communicate(timeout=120)[0].splitlines()]
    return [(before, after) for before, after in map(json.loads, lines)]


def test_never_too_many_in_any_window(store: Store, budget: str, tmp_path: Path) -> None:
    """By the store's clock, whatever the runners' clocks say; and what has left is free again."""
    work = Work(store, budget, tmp_path, WINDOW, LIMIT)
    running = [work.start(number, EACH_SENDS) for number in range(4)]
    sent = _sent(running)
    assert [item.returncode for item in running] == [0] * 4
    assert len(sent) == 4 * EACH_SENDS > LIMIT
    for begins, _ in sent:
        inside = [begins <= before and after <= begins + WINDOW for before, after in sent]
        assert sum(inside) <= LIMIT


def test_all_of_it_is_used(store: Store, budget: str, tmp_path: Path) -> None:
    """While work waits; one that is killed takes at most what it had in hand, and locks nothing."""
    work = Work(store, budget, tmp_path, HOUR, 1000)
    killed = work.start(0, 130, dies=True)  # by then it takes 5 at a time
    assert killed.stdout is not None
    first = [killed.stdout.readline() for _ in range(130)]
    running = [work.start(number, 2000) for number in range(1, 4)]
    killed.kill()
    sent = len(_sent([killed, *running])) + len(first)
    assert [item.returncode for item in running] == [0, 0, 0]
    assert 950 <= sent <= 1000


def test_a_refusal_closes_for_all(store: Store, budget: str, place: Place) -> None:
    """As long as the longest of them says."""
    refused, other = (store.open(budget, name, place) for name in ("a", "b"))
    assert refused.take(100) == 0
    refused.close(120)
    refused.close(5)
    assert 100 < other.take(100) <= 120
    assert store.open(uuid4().hex, "c", place).take(100) == 0
    assert place.heard == []


def test_each_counts_against_its_own_limit(store: Store, budget: str, place: Place) -> None:
    """What an hour may hold is known by answers, and may change at any time."""
    first, second = (store.open(budget, name, place) for name in ("a", "b"))
    assert [first.take(3) for _ in range(3)] == [0, 0, 0]
    assert HOUR - 60 < second.take(3) <= HOUR * 1.01
    assert store.open(budget, "c", place).take(4) == 0
    assert store.open(budget, "d", place).take(4) > 0


def test_what_is_not_used_is_given_back(store: Store, budget: str, place: Place) -> None:
    """Places that were in hand for too long are free for others."""
    slow = store.open(budget, "slow", place)
    for _ in range(127):  # of 128, as it takes four at a time by now
        assert slow.take(1000) == 0
    place.clock.time += 60
    assert slow.take(1000) == 0  # of five more
    assert store.open(budget, "b", place).take(133) == 0
    assert store.open(budget, "c", place).take(133) > 0


def test_a_store_that_is_lost_and_comes_back(store: Store, budget: str, place: Place) -> None:
    """One warning, a share of its own meanwhile, and what went then is counted afterwards."""
    first, second = (store.open(budget, name, place) for name in ("a", "b"))
    assert [first.take(10), second.take(10), first.take(10)] == [0, 0, 0]
    store.server.stop()
    try:
        # two runners: five for each of them, of which two are gone
        assert [first.take(10) for _ in range(3)] == [0, 0, 0]
        assert first.take(10) > 0
        first.close(1)
    finally:
        store.server.start()
    place.clock.time += 100
    assert first.take(10) == 0
    assert [second.take(10) for _ in range(3)] == [0, 0, 0]
    assert second.take(10) > 0
    (warning,) = place.heard
    assert "at most 5 requests an hour, as one of 2 runners" in warning
    assert "canary" not in warning


def test_a_store_that_is_down_at_the_start(store: Store, budget: str, place: Place) -> None:
    """The run goes on by this machine's log."""
    store.server.stop()
    try:
        log = store.open(budget, "a", place)
        assert [log.take(2), log.take(2)] == [0, 0]
        assert log.take(2) > 0
    finally:
        store.server.start()
    (warning,) = place.heard
    assert "can't be used (" in warning
    assert "canary" not in warning


@pytest.mark.parametrize("url", ["postgres://u:canary@{}/d?sslmode=disable", "redis://:canary@{}"])
def test_a_store_that_hangs(budget: str, place: Place, url: str) -> None:
    """It is asked once, and then left alone for a while."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        host, port = server.getsockname()
        log = _open(url.format(f"{host}:{port}"), budget, "a", place)
        assert [log.take(5), log.take(5)] == [0, 0]
        log.close(1)
        server.accept()[0].close()
        server.settimeout(0)
        with pytest.raises(BlockingIOError):
            server.accept()
    (warning,) = place.heard
    assert "can't be used (" in warning
    assert "canary" not in warning


def test_a_store_that_freezes(store: Store, budget: str, place: Place) -> None:
    """What is in hand is used, and then the machine counts alone."""
    log = store.open(budget, "a", place)
    for _ in range(126):  # of 128, as it takes four at a time by now
        assert log.take(1000) == 0
    with store.server.frozen():
        assert [log.take(1000) for _ in range(4)] == [0] * 4
    place.clock.time += 100
    assert log.take(1000) == 0
    (warning,) = place.heard
    assert "can't be used (" in warning


@pytest.fixture
def account(sandbox_path: Path, store: Store, tmp_path: Path) -> Iterator[dict[str, str]]:
    """Serve the sandbox, and give the variables of an account whose budget is in the store."""
    with serve(sandbox_path) as base:
        yield {
            "BITBUCKET_API_URL": base,
            "BITBUCKET_USERNAME": OWNER_EMAIL,
            "BITBUCKET_PASSWORD": OWNER_TOKEN,
            "BITBUCKET_RATE_LIMIT": "100",
            "BITBUCKET_PACE": store.url,
            "BITBUCKET_HOOKS_CACHE": str(tmp_path),
        }


def test_the_doctor(store: Store, account: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """It says whether the store answers, and what is taken; the rest is looked at all the same."""
    monkeypatch.chdir(account["BITBUCKET_HOOKS_CACHE"])

    def budget(*, code: int = 0) -> str:
        found = examine(account, code=code)
        assert len(found.levels("identity")) == 1
        (line,) = found.lines("budget")
        return line

    first = budget()
    assert re.search(r"^ok \S+ answers within \d+ ms; 0 requests taken in this hour$", first)
    assert "; 0 requests" not in budget()
    opened, owner = open_store(store.url), ApiToken(OWNER_EMAIL, OWNER_TOKEN)
    assert opened is not None
    opened.close(budget_name(account["BITBUCKET_API_URL"], owner), 100)
    closed = budget(code=2)
    assert re.search(r"^warning .* closed for (99|100) s, as one was refused Wait an hour", closed)
    store.server.stop()
    try:
        lost = budget(code=2)
    finally:
        store.server.start()
    assert re.search(r"^error \S+ can't be used \(.*\): each machine keeps to a part", lost)


@pytest.mark.parametrize("change", ["password", "option"])
def test_a_wrong_url(store: Store, budget: str, place: Place, change: str) -> None:
    """It is a store that can't be used, and the warning says why, without a password."""
    separator = "&" if "?" in store.url else "?"
    wrong = {
        "password": store.url.replace("canary-", "canary-other-"),
        "option": f"{store.url}{separator}no_such_option=1",
    }
    log = _open(wrong[change], budget, "a", place)
    assert log.take(5) == 0
    (warning,) = place.heard
    why = {"password": ("password", "username-password"), "option": ("no_such_option",)}
    assert any(word in warning for word in why[change])
    assert "canary" not in f"{warning} {log!r}"


@pytest.mark.parametrize(
    "url",
    [
        "mysql://a:canary-password@example.com/b",
        "canary-password",
        "postgres://a:canary@password@example.com:x/b",
        "redis://:canary/pass@word@example.com",
    ],
)
def test_what_is_no_store(url: str) -> None:
    """It is refused before anything is sent, and not shown."""
    with pytest.raises(ConfigError, match="bitbucket:pace") as refused:
        resolve(environment({"BITBUCKET_PACE": url}))
    assert "canary" not in refused.value.in_a_line
    assert "pass" not in refused.value.in_a_line.replace("PASSWORD", "").replace("password", "")


@pytest.mark.parametrize("kind", ["postgres", "redis"])
def test_a_driver_that_is_missing(kind: str, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """The remedy is the command that installs it."""
    monkeypatch.setitem(sys.modules, f"bitbucket_hooks.api.{kind}_store", None)
    with pytest.raises(ConfigError, match=rf"{kind}://example.com/…, whose driver") as missing:
        open_request_log(
            "https://api.example.com/2.0",
            AccessToken("canary-token"),
            f"{kind}://:{PASSWORD}@example.com",
            place.clock,
            place.heard.append,
        )
    assert f"pip install 'bitbucket-hooks[{kind}]'" in missing.value.in_a_line
    assert "canary" not in missing.value.in_a_line
