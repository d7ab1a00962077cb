"""What is repeated after which failure, over a real socket, and for how long."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest

from bitbucket_hooks.api.clock import Clock
from bitbucket_hooks.api.errors import (
    AnswerLost,
    ApiError,
    Interrupted,
    NotFound,
    ServerFailed,
    UnexpectedAnswer,
    Unreachable,
)
from bitbucket_hooks.model.credentials import ApiToken
from bitbucket_hooks.model.subject import Subject
from bitbucket_hooks.model.webhook import Desired, SecretChange
from bitbucket_hooks.sandbox.seed import OWNER_EMAIL, OWNER_TOKEN
from bitbucket_hooks.sandbox.settings import FaultKind
from support.clocks import FakeClock
from support.hooks import URL
from support.rooms import Canned, Rooms, canned_client, open_rooms
from support.sandbox import Sandbox, serve

WEB = Subject("acme", "web")
DESIRED = Desired(WEB, URL)
PASSING: list[FaultKind] = [
    *("500", "502", "503", "504", "502-after", "drop-before", "drop-after", "truncated")
]


@pytest.fixture
def served(sandbox: Sandbox, sandbox_path: Path, tmp_path: Path) -> Iterator[Rooms]:
    """Give the rooms over a real HTTP server."""
    assert sandbox.hooks() == []
    with serve(sandbox_path) as base:
        rooms = open_rooms(
            base, tmp_path / "claims", credentials=ApiToken(OWNER_EMAIL, OWNER_TOKEN)
        )
        yield rooms
        rooms.close()


def _methods(sandbox: Sandbox) -> list[str]:
    return [request.method for request in sandbox.requests()]


@pytest.mark.parametrize("kind", PASSING)
def test_a_read_is_repeated(served: Rooms, sandbox: Sandbox, kind: FaultKind) -> None:
    """After every fault that passes, a few times if need be."""
    sandbox.plant_hook("acme/web", URL)
    sandbox.plan_fault(kind, "GET", times=3)
    assert len(served.api.listing(WEB).hooks) == 1
    assert _methods(sandbox) == ["GET"] * 4
    assert served.clock.slept == [0.4, 0.8, 1.6]


@pytest.mark.parametrize("kind", PASSING)
def test_a_put_and_a_delete_are_repeated(served: Rooms, sandbox: Sandbox, kind: FaultKind) -> None:
    """Twice does no more than once; the second delete may be answered 404, when one was done."""
    hook = sandbox.plant_hook("acme/web", URL, active=False)
    sandbox.plan_fault(kind, "PUT", times=2)
    assert served.api.update(hook.uuid, DESIRED, SecretChange.KEEP).active is True
    assert _methods(sandbox) == ["PUT"] * 3
    sandbox.plan_fault(kind, "DELETE")
    is_done = kind in ("502-after", "drop-after", "truncated")
    with pytest.raises(NotFound) if is_done else nullcontext():
        served.api.delete(WEB, hook.uuid)
    assert sandbox.hooks() == []


@pytest.mark.parametrize("kind", PASSING)
def test_a_post_is_not_repeated(served: Rooms, sandbox: Sandbox, kind: FaultKind) -> None:
    """Nobody can tell from the failure whether it was done."""
    sandbox.plan_fault(kind, "POST")
    with pytest.raises(AnswerLost, match="may or may not have been done"):
        served.api.create(DESIRED)
    assert _methods(sandbox) == ["POST"]
    assert served.clock.slept == []


def test_a_post_that_was_never_sent_is_repeated(tmp_path: Path) -> None:
    """Nobody listens: there is nothing to double."""
    rooms = open_rooms("http://127.0.0.1:1", tmp_path)
    with pytest.raises(Unreachable, match="no connection"):
        rooms.api.create(DESIRED)
    assert len(rooms.clock.slept) > 5


def test_a_page_in_between_is_not_repeated(served: Rooms, sandbox: Sandbox) -> None:
    """A login page doesn't pass by itself."""
    hook = sandbox.plant_hook("acme/web", URL)
    for method in ("GET", "PUT"):
        sandbox.plan_fault("html", method)
    with pytest.raises(UnexpectedAnswer, match="an HTML page"):
        served.api.listing(WEB)
    with pytest.raises(UnexpectedAnswer, match="an HTML page"):
        served.api.update(hook.uuid, DESIRED, SecretChange.KEEP)
    assert len(sandbox.requests()) == 2


def test_failures_that_last_end_after_some_minutes(served: Rooms, sandbox: Sandbox) -> None:
    """With what the service said; the user hears once a minute why nothing happens."""
    sandbox.plan_fault("500", "GET", times=1000)
    for number, subject in enumerate((WEB, Subject("acme", "api"), Subject("acme")), 1):
        with pytest.raises(ServerFailed, match=r"Bitbucket failed with 500 .*error id"):
            served.api.listing(subject)
        assert 100 * number < served.clock.time <= 150 * number
    assert max(served.clock.slept) == 20
    assert served.notices[0] == (
        "acme/web: listing the hooks: status 500; trying again for up to 150 s"
    )
    assert 5 <= len(served.notices) <= 8


def test_the_list_of_events_is_not_waited_for_long(served: Rooms, sandbox: Sandbox) -> None:
    """A preview without a network can do without."""
    sandbox.plan_fault("drop-before", "GET", times=1000)
    with pytest.raises(Unreachable):
        served.api.events("repository")
    assert served.clock.time <= 5


@pytest.mark.parametrize("status", [408, 507, 520, 524, 599])
def test_what_proxies_have_numbers_for_may_pass(status: int) -> None:
    """A read is repeated, and a POST may have been done; what nobody will ever do isn't."""
    client, _ = canned_client([Canned(status), Canned(body={"a": 1})])
    assert client.get("here", "reading") == {"a": 1}
    client, _ = canned_client(Canned(status))
    with pytest.raises(AnswerLost):
        client.post("here", "making", {})
    client, adapter = canned_client(Canned(501))
    with pytest.raises(ServerFailed):
        client.get("here", "reading")
    assert len(adapter.asked) == 1


def test_a_429_is_waited_for_and_doubles_nothing() -> None:
    """It was surely not done, so a POST is repeated as well."""
    answers = [Canned(429, "Rate limit for this resource has been exceeded")] * 3
    client, adapter = canned_client([*answers, Canned(201, {"done": True})])
    assert client.post("here", "making", {}) == {"done": True}
    assert len(adapter.asked) == 4


def test_nothing_is_written_when_it_must_not_be_any_more() -> None:
    """The check comes before every single write, repeated ones included, and not before reads."""
    client, adapter = canned_client(lambda _: Canned(500))
    asked: list[int] = []

    def once() -> None:
        asked.append(1)
        if len(asked) > 1:
            raise ApiError("the engine has ended")

    client.sender.before_write = once
    with pytest.raises(ApiError, match="the engine has ended"):
        client.put("here", "writing", {})
    assert len(adapter.asked) == 1
    with pytest.raises(ServerFailed):
        client.get("here", "reading")
    assert len(asked) == 2


def test_an_interrupt_ends_the_wait() -> None:
    """Now and from now on."""
    clock = FakeClock()
    client, adapter = canned_client(Canned(503), clock)
    clock.after(1, clock.stop)
    with pytest.raises(Interrupted):
        client.get("here", "reading")
    assert len(adapter.asked) == 2


def test_the_real_clock_sleeps_jitters_and_stops() -> None:
    """As far as that shows without waiting."""
    clock = Clock()
    before = clock.now()
    clock.sleep(0)
    assert clock.now() >= before
    assert all(0.5 <= clock.jittered(1) <= 1 for _ in range(100))
    assert clock.wall().tzinfo is not None
    clock.stop()
    with pytest.raises(Interrupted):
        clock.sleep(3600)
