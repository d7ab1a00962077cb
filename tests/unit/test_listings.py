"""Listings: once per process, kept true by our own writes in spite of reads that lag."""

from __future__ import annotations

import pytest

from bitbucket_hooks.api.errors import NotFound
from bitbucket_hooks.model.subject import Subject
from bitbucket_hooks.model.webhook import Desired
from bitbucket_hooks.sandbox.estate import Sandbox
from support.clocks import FakeClock
from support.hooks import URL, asked
from support.rooms import Rooms

WEB = Subject("acme", "web")
UUID = "{00000000-0000-4000-8000-00000000000a}"


def test_a_subject_is_listed_once(rooms: Rooms, sandbox: Sandbox) -> None:
    """Hundreds of hooks cost one request per page of 100."""
    for number in range(101):
        sandbox.plant_hook("acme/web", f"{URL}/{number}")
    assert len(rooms.listings.of(WEB)) == len(rooms.listings.of(Subject("ACME", "Web"))) == 101
    assert len(asked(sandbox)) == 2
    rooms.listings.of(Subject("acme", "api"))
    assert len(asked(sandbox)) == 3


def test_what_is_given_away_is_a_copy(rooms: Rooms, sandbox: Sandbox) -> None:
    """Nobody can spoil it for the others."""
    sandbox.plant_hook("acme/web", URL)
    first = rooms.listings.of(WEB)
    assert isinstance(first, dict)
    first.clear()
    assert len(rooms.listings.of(WEB)) == 1


def test_a_failure_is_not_kept(rooms: Rooms, sandbox: Sandbox) -> None:
    """The next one asks anew."""
    sandbox.rename_repository("acme/web", "other")
    with pytest.raises(NotFound):
        rooms.listings.of(WEB)
    sandbox.rename_repository("acme/other", "web")
    assert rooms.listings.of(WEB) == {}


def test_our_own_writes_are_seen_at_once(rooms: Rooms, sandbox: Sandbox, clock: FakeClock) -> None:
    """Though the service's reads lag behind them, and asked anew as well."""
    sandbox.configure(read_lag_ms=60_000)
    old = sandbox.plant_hook("acme/web", f"{URL}/old")
    assert old.uuid in rooms.listings.again(WEB)
    made = rooms.api.create(Desired(WEB, URL))
    rooms.listings.note(WEB, made.uuid, made)
    rooms.api.delete(WEB, old.uuid)
    rooms.listings.note(WEB, old.uuid, None)
    for look in (rooms.listings.of, rooms.listings.again):
        assert look(WEB).keys() == {made.uuid}
    clock.time += 11
    assert rooms.listings.again(WEB).keys() == {old.uuid}


def test_a_write_before_the_first_listing(rooms: Rooms, sandbox: Sandbox) -> None:
    """Is kept for it."""
    sandbox.configure(read_lag_ms=60_000)
    made = rooms.api.create(Desired(WEB, URL))
    rooms.listings.note(WEB, made.uuid, made)
    assert rooms.listings.of(WEB) == {made.uuid: made}


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


@pytest.mark.parametrize(
    ("age", "may"), [(0, True), (9, True), (11, False), (-30, True), (-90, False)]
)
def test_a_listing_may_lack_what_is_new(
    rooms: Rooms, clock: FakeClock, age: int, may: bool
) -> None:
    """Within ten seconds, and a minute for clocks that differ."""
    made = clock.wall()
    clock.time += age
    rooms.listings.of(WEB)
    assert rooms.listings.may_lack(WEB, made.isoformat()) is may


@pytest.mark.parametrize("made", [None, "", "yesterday", "2020-01-01T00:00:00"])
def test_a_time_that_is_none_is_no_reason_to_wait(rooms: Rooms, made: str | None) -> None:
    """Neither is one without a zone."""
    rooms.listings.of(WEB)
    assert not rooms.listings.may_lack(WEB, made)


def test_without_a_listing_nothing_is_missing(rooms: Rooms, clock: FakeClock) -> None:
    """Nobody has looked yet."""
    assert not rooms.listings.may_lack(WEB, clock.wall().isoformat())
