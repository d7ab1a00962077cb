"""One allowance for all processes of a machine that speak as the same identity."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from requests.structures import CaseInsensitiveDict

from bitbucket_hooks.api.clock import Clock
from bitbucket_hooks.api.local_log import LocalLog
from bitbucket_hooks.api.open_log import open_request_log
from bitbucket_hooks.api.request_log import HOUR
from bitbucket_hooks.api.throttle import Throttle
from bitbucket_hooks.model.credentials import (
    AccessToken,
    Anonymous,
    ApiToken,
    Credentials,
    OAuthConsumer,
)
from support.clocks import FakeClock

API = "https://api.example.com/2.0"
EVERYBODY = (
    ApiToken("a@b.c", "canary-1"),
    ApiToken("d@e.f", "canary-1"),
    AccessToken("canary-2"),
    AccessToken("canary-three"),
    OAuthConsumer("key", "canary-four"),
    Anonymous(),
)
TAKE = """
import sys
from contextlib import closing
from pathlib import Path
from bitbucket_hooks.api.clock import Clock
from bitbucket_hooks.api.local_log import LocalLog
log = LocalLog(Path(sys.argv[1]), Clock())
print(sum(log.take(500) == 0 for _ in range(400)))
"""


def _log(path: Path, clock: Clock) -> LocalLog:
    return LocalLog(path / "cache" / "pace" / "log", clock)


def _path(credentials: Credentials, api_url: str = API) -> Path:
    request_log = open_request_log(api_url, credentials, None, Clock(), print)
    assert isinstance(request_log, LocalLog)
    return request_log.path


def test_processes_share_an_allowance(tmp_path: Path) -> None:
    """However they interleave: together they get what there is, and no more."""
    command = [sys.executable, "-c", TAKE, str(tmp_path / "pace" / "log")]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    taken = [int(process.communicate(timeout=60)[0]) for process in running]
    assert sum(taken) == 500
    assert (tmp_path / "pace" / "log").stat().st_mode & 0o777 == 0o600


def _throttle(
    folder: Path, clock: Clock, limit: int = 10, notes: list[str] | None = None
) -> Throttle:
    notify = (notes if notes is not None else []).append
    return Throttle(clock, notify, 3900, 4, limit=limit, request_log=_log(folder, clock))


def _go(throttle: Throttle, times: int = 1, **refused: str) -> None:
    for _ in range(times):
        with throttle.working(), throttle.slot():
            headers = {name.replace("_", "-"): value for name, value in refused.items()}
            (throttle.refused if refused else throttle.answered)(CaseInsensitiveDict(headers))


def test_what_another_run_sent_is_counted(tmp_path: Path, clock: FakeClock) -> None:
    """A run finds less when another one was there within the hour, and waits for the rest."""
    notes: list[str] = []
    for _ in range(2):
        _go(_throttle(tmp_path, clock, notes=notes), 6)
    assert HOUR <= clock.time < HOUR + 1
    assert "rate limit: waiting 3600 s for the next request" in notes[0]


def test_a_refusal_is_one_for_all(tmp_path: Path, clock: FakeClock) -> None:
    """Who wasn't refused waits as well, as long as the service said, and an hour at most."""
    first, second = _throttle(tmp_path, clock), _throttle(tmp_path, clock)
    _go(first, Retry_After="120")
    _go(second)
    assert 120 <= clock.time < 121
    request_log = _log(tmp_path, clock)
    request_log.close(1_000_000)
    request_log.close(5)
    assert request_log.take(10) == pytest.approx(HOUR)


@pytest.mark.parametrize(("put_back", "pause"), [(0, 60), (30, 90), (3000, 0), (-3000, 0)])
def test_the_days_clock_put_back(
    tmp_path: Path, clock: FakeClock, put_back: float, pause: float
) -> None:
    """A refusal holds for as long as it said, or for nobody, and no request that is yet to come."""
    clock.time = 10**6
    request_log = _log(tmp_path, clock)
    assert request_log.take(1) == 0
    request_log.close(60)
    clock.time -= put_back
    assert request_log.take(10) == pytest.approx(pause)
    clock.time = 0
    assert request_log.take(1) == 0
    assert request_log.take(1) == pytest.approx(HOUR)


def test_each_counts_against_its_own_limit(tmp_path: Path, clock: FakeClock) -> None:
    """One that is to leave something to the others leaves it."""
    request_log = _log(tmp_path, clock)
    assert [request_log.take(3) for _ in range(3)] == [0, 0, 0]
    assert request_log.take(3) == pytest.approx(HOUR)
    assert request_log.take(4) == 0
    clock.time = HOUR + 1
    assert request_log.take(1) == 0


def test_old_entries_are_dropped(tmp_path: Path, clock: FakeClock) -> None:
    """By the next process; those that still count stay."""
    request_log = _log(tmp_path, clock)
    for _ in range(4):
        assert request_log.take(10) == 0
    clock.time = HOUR / 2
    request_log.take(10)
    clock.time = HOUR + 1
    assert _log(tmp_path, clock).take(10) == 0
    with closing(sqlite3.connect(request_log.path)) as database:
        assert database.execute("SELECT count(*) FROM requests").fetchone() == (2,)
    assert request_log.take(2) == pytest.approx(HOUR / 2 - 1)


def test_a_log_for_each_identity(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As the service counts: by user, consumer or token, and by server; no name shows a secret."""
    monkeypatch.setenv("BITBUCKET_HOOKS_CACHE", str(tmp_path))
    assert len({_path(who) for who in EVERYBODY}) == len(EVERYBODY)
    assert _path(EVERYBODY[0]) == _path(ApiToken("a@b.c", "canary-renewed"))
    assert _path(EVERYBODY[0]) != _path(EVERYBODY[0], "https://other.example.com/2.0")
    assert all("canary" not in str(_path(who)) for who in EVERYBODY)


def test_where_it_lies(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """In the cache folder: ours, the desktop's, or the platform's custom; else nowhere."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    monkeypatch.delenv("BITBUCKET_HOOKS_CACHE")
    assert _path(Anonymous()).parent == tmp_path / "xdg" / "bitbucket-hooks" / "pace"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    for platform, custom in (("linux", ".cache"), ("darwin", "Library/Caches")):
        monkeypatch.setattr(sys, "platform", platform)
        assert _path(Anonymous()).parent == tmp_path / custom / "bitbucket-hooks" / "pace"
    monkeypatch.delenv("HOME")
    monkeypatch.setattr(os, "getuid", lambda: 4_000_000_000)
    assert open_request_log(API, Anonymous(), None, Clock(), print) is None


def test_without_a_folder_each_paces_itself(tmp_path: Path, clock: FakeClock) -> None:
    """A home that can't be written to stops nobody, and the limit holds all the same."""
    (tmp_path / "cache").touch()
    _go(_throttle(tmp_path, clock, limit=2), 3)
    assert HOUR <= clock.time < HOUR + 1
