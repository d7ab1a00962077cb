"""Listings: once per process, kept true by our own writes in spite of reads that lag."""

from __future__ import annotations

import pytest

from bitbucket_hooks.api.errors import NotFound
from bitbucket_hooks.model.subject import Subject
from bitbucket_hooks.model.webhook import Desired
from support.clocks import FakeClock
from support.hooks import URL, asked
from support.rooms import Rooms
from support.sandbox import Sandbox

WEB = Subject("acme", "web")
UUID = "{00000000-0000-4000-8000-00000000000a}"


def test_a_subject_is_listed_once(rooms: Rooms, sandbox: Sandbox) -> None:
    """Hundreds of hooks cost one request per page of 100."""
    for number in range(101):
        sandbox.plant_hook("acme/web", f"{URL}/{number}")
    for subject in (WEB, Subject("ACME", "Web")):
        assert len(rooms.listings.hooks(subject)) == 101
    assert len(asked(sandbox)) == 2
    rooms.listings.hooks(Subject("acme", "api"))
    assert len(asked(sandbox)) == 3


def test_what_is_given_away_is_a_copy(rooms: Rooms, sandbox: Sandbox) -> None:
    """Nobody can spoil it for the others."""
    sandbox.plant_hook("acme/web", URL)
    first = rooms.listings.hooks(WEB)
    assert isinstance(first, dict)
    first.clear()
    assert len(rooms.listings.hooks(WEB)) == 1


def test_a_failure_is_not_kept(rooms: Rooms, sandbox: Sandbox) -> None:
    """The next one asks anew."""
    sandbox.rename_repository("acme/web", "other")
    with pytest.raises(NotFound):
        rooms.listings.hooks(WEB)
    sandbox.rename_repository("acme/other", "web")
    assert rooms.listings.hooks(WEB) == {}


def test_our_own_writes_are_seen_at_once(rooms: Rooms, sandbox: Sandbox, clock: FakeClock) -> None:
    """Though the service's reads lag behind them, and asked anew as well."""
    sandbox.configure(read_lag_ms=60_000)
    old = sandbox.plant_hook("acme/web", f"{URL}/old")
    assert old.uuid in rooms.listings.fetch(WEB)
    made = rooms.api.create(Desired(WEB, URL))
    rooms.listings.note(WEB, made.uuid, made)
    rooms.api.delete(WEB, old.uuid)
    rooms.listings.note(WEB, old.uuid, None)
    for read in (rooms.listings.hooks, rooms.listings.fetch):
        assert read(WEB).keys() == {made.uuid}
    clock.time += 11
    assert rooms.listings.fetch(WEB).keys() == {old.uuid}


def test_a_write_before_the_first_listing(rooms: Rooms, sandbox: Sandbox) -> None:
    """Is kept for it."""
    sandbox.configure(read_lag_ms=60_000)
    made = rooms.api.create(Desired(WEB, URL))
    rooms.listings.note(WEB, made.uuid, made)
    assert rooms.listings.hooks(WEB) == {made.uuid: made}


def test_what_was_written_a_moment_ago(rooms: Rooms, clock: FakeClock) -> None:
    """A 404 for it may be a read that lags; not for what was deleted, nor later, nor for others."""
    made = rooms.api.create(Desired(WEB, URL))
    rooms.listings.note(WEB, made.uuid, made)
    rooms.listings.note(WEB, UUID, None)
    assert rooms.listings.just_written(WEB, made.uuid)
    assert not rooms.listings.just_written(WEB, UUID)
    assert not rooms.listings.just_written(Subject("acme", "api"), made.uuid)
    clock.time += 10
    assert not rooms.listings.just_written(WEB, made.uuid)


def test_a_doubtful_listing_is_asked_for_once_more(rooms: Rooms, sandbox: Sandbox) -> None:
    """By the next one that creates, and by nobody after it."""
    rooms.listings.hooks(WEB)
    for _ in range(2):
        rooms.listings.doubt(WEB)
        rooms.listings.hooks(WEB)
    for _ in range(3):
        rooms.listings.trusted(WEB)
    assert asked(sandbox) == ["GET acme/web 200"] * 2
