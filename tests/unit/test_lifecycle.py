"""Create, update and delete under reads that lag, lost answers and neighbours in other threads."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest
from attrs import evolve

from bitbucket_hooks.api.errors import AnswerLost, Interrupted, NotFound
from bitbucket_hooks.model.errors import ConflictError
from bitbucket_hooks.model.subject import Subject
from bitbucket_hooks.model.webhook import Desired
from bitbucket_hooks.reconcile.claims import Owner
from support.clocks import FakeClock
from support.hooks import URL, asked
from support.rooms import Rooms, open_rooms
from support.sandbox import Sandbox

UUID = "{00000000-0000-4000-8000-00000000000a}"
WEB = Subject("acme", "web")
DESIRED = Desired(WEB, URL)
ME, OTHER = Owner("me", "Hook 'me'"), Owner("other", "Hook 'other'")


def test_a_lost_hook_that_shows_late(rooms: Rooms, sandbox: Sandbox, clock: FakeClock) -> None:
    """Reads lag behind writes: it is looked for up to ten seconds, and not made twice."""
    sandbox.plan_fault("drop-before", "POST")
    clock.after(6, lambda: sandbox.plant_hook("acme/web", URL))  # as if it had been made
    made = rooms.lifecycle.create(DESIRED, ME, "match")
    assert [hook.uuid for hook in sandbox.hooks()] == [made.uuid]
    assert 6 <= clock.time <= 10


def test_a_hook_that_was_not_made_is_made(rooms: Rooms, sandbox: Sandbox, clock: FakeClock) -> None:
    """After looking for ten seconds."""
    sandbox.plan_fault("drop-before", "POST", times=2)
    made = rooms.lifecycle.create(DESIRED, ME, "match")
    assert [hook.uuid for hook in sandbox.hooks()] == [made.uuid]
    assert clock.time == pytest.approx(20)


def test_answers_that_are_lost_for_ever(rooms: Rooms, sandbox: Sandbox) -> None:
    """Are an error in the end; nothing was made."""
    sandbox.plan_fault("drop-before", "POST", times=100)
    with pytest.raises(AnswerLost, match="Run it again; what was done is found"):
        rooms.lifecycle.create(DESIRED, ME, "match")
    assert sandbox.hooks() == []
    assert [line.split()[0] for line in asked(sandbox)].count("POST") == 8


def test_an_answer_that_is_no_hook_is_lost(rooms: Rooms, sandbox: Sandbox) -> None:
    """A page in between, or half a hook."""
    sandbox.plan_fault("html", "POST")
    made = rooms.lifecycle.create(DESIRED, ME, "match")
    assert [hook.uuid for hook in sandbox.hooks()] == [made.uuid]


def test_a_neighbours_hook_is_not_the_lost_one(rooms: Rooms, sandbox: Sandbox) -> None:
    """One that another resource holds isn't ours, however equal."""
    twin = sandbox.plant_hook("acme/api", URL)
    api = evolve(DESIRED, subject=Subject("acme", "api"))
    rooms.listings.hooks(api.subject)
    rooms.claims.take(twin.uuid, OTHER)
    sandbox.delete_hook(twin.uuid)
    rooms.listings.fetch(api.subject)
    sandbox.plan_fault("drop-before", "POST")
    rooms.clock.after(0.1, lambda: sandbox.plant_hook("acme/api", URL, uuid=twin.uuid))
    made = rooms.lifecycle.create(api, ME, "never")
    assert made.uuid != twin.uuid
    assert len(sandbox.hooks("acme/api")) == 2


@pytest.mark.parametrize(
    "new", ["https://ci.example.com/canary-2", "https://new.example.com/canary"]
)
def test_an_adopted_hook_gets_another_url(rooms: Rooms, sandbox: Sandbox, new: str) -> None:
    """Reported without what may be secret in the two: everything but where they lead."""
    hook = sandbox.plant_hook("acme/web", "https://ci.example.com/canary?token=canary")
    assert rooms.lifecycle.create(evolve(DESIRED, url=new), ME, hook.uuid).url == new
    (message,) = rooms.notices
    assert "canary" not in message
    assert "https://ci.example.com/…" in message
    assert message.endswith('https://new.example.com/…"') is new.startswith("https://new")


@pytest.mark.parametrize(
    ("live", "title", "why"),
    [
        (f"{URL}/", "other", "scheme or a last slash"),
        (URL.replace("https", "http"), "other", "scheme or a last slash"),
        ("https://ci.example.com/else", "CI", "same description"),
        ("https://ci.example.com/else", "other", None),
        ("https://other.example.com/hook", "CI", None),
    ],
)
def test_a_hook_is_made_beside_one_that_is_nearly_the_same(
    rooms: Rooms, sandbox: Sandbox, live: str, title: str, why: str | None
) -> None:
    """With a warning that names that one, unless another resource has it."""
    planted = sandbox.plant_hook("acme/web", live, description=title)
    rooms.lifecycle.create(evolve(DESIRED, description="CI"), ME, "match")
    assert len(sandbox.hooks()) == 2
    assert len(rooms.notices) == bool(why)
    for message in rooms.notices:
        assert why is not None
        assert why in message
        assert planted.uuid in message
    rooms.claims.declare([planted.uuid], OTHER)
    del rooms.notices[:]
    rooms.lifecycle.create(evolve(DESIRED, description="CI"), ME, "never")
    assert rooms.notices == []


def test_another_spelling_is_adopted(rooms: Rooms, sandbox: Sandbox) -> None:
    """Of the host and of escapes, and nothing is written."""
    live = sandbox.plant_hook("acme/web", "https://XN--BCHER-KVA.example:443/%7Ea%2fb")
    desired = evolve(DESIRED, url="https://b\u00fccher.example/~a%2Fb")
    assert rooms.lifecycle.create(desired, ME, "match").uuid == live.uuid
    assert not any("PUT" in line or "POST" in line for line in asked(sandbox))


def test_a_hook_that_a_neighbour_took_meanwhile(rooms: Rooms, sandbox: Sandbox) -> None:
    """Isn't adopted: what another holds is no match."""
    twin = sandbox.plant_hook("acme/web", URL)
    rooms.claims.declare([twin.uuid], OTHER)
    assert rooms.lifecycle.create(DESIRED, ME, "match").uuid != twin.uuid
    with pytest.raises(ConflictError, match="belongs to another resource"):
        rooms.lifecycle.create(DESIRED, ME, twin.uuid)


def test_a_hook_that_a_neighbour_takes_at_this_moment(rooms: Rooms, sandbox: Sandbox) -> None:
    """Whoever comes second, between looking and taking too: a create makes one of its own."""
    urls = [f"{URL}/{number}" for number in range(40)]
    planted = {url: sandbox.plant_hook("acme/web", url).uuid for url in urls}
    rooms.listings.hooks(WEB)
    refused: list[str] = []

    def claim() -> None:
        ready.wait(30)
        for url, uuid in planted.items():
            try:
                rooms.claims.declare([uuid], OTHER)
            except ConflictError:
                refused.append(url)

    ready = threading.Barrier(2)
    neighbour = threading.Thread(target=claim)
    neighbour.start()
    ready.wait(30)
    made = {url: rooms.lifecycle.create(evolve(DESIRED, url=url), ME, "match") for url in urls}
    neighbour.join(60)
    assert {url for url in urls if made[url].uuid == planted[url]} == set(refused)


def test_a_new_hook_is_read_though_the_listing_is_older(
    rooms: Rooms, sandbox: Sandbox, clock: FakeClock
) -> None:
    """Another process made it a moment ago: looked for again, not taken for gone."""
    made = clock.wall().isoformat()
    clock.after(3, lambda: sandbox.plant_hook("acme/web", URL, uuid=UUID, created_at=made))
    live = rooms.lifecycle.read(WEB, UUID, made)
    assert live is not None
    assert live.uuid == UUID
    assert 3 <= clock.time <= 10


def test_a_new_hook_that_is_gone_again(rooms: Rooms, sandbox: Sandbox, clock: FakeClock) -> None:
    """Is gone after ten seconds of looking; an old one at once."""
    made = rooms.api.create(DESIRED)
    sandbox.delete_hook(made.uuid)
    assert rooms.lifecycle.read(WEB, made.uuid, made.created_at) is None
    assert 0 < clock.time <= 11
    before = clock.time
    assert rooms.lifecycle.read(WEB, made.uuid) is None
    assert clock.time == before


@pytest.mark.parametrize(
    ("age", "waits"), [(0, True), (9, True), (11, False), (-30, True), (-90, False)]
)
def test_how_long_a_hook_is_new(rooms: Rooms, clock: FakeClock, age: int, waits: bool) -> None:
    """For ten seconds, and a minute for clocks that differ."""
    made = clock.wall() - timedelta(seconds=age)
    assert rooms.lifecycle.read(WEB, UUID, made.isoformat()) is None
    assert bool(clock.slept) is waits


@pytest.mark.parametrize("made", [None, "", "yesterday", "2020-01-01T00:00:00"])
def test_a_time_that_is_none_is_no_reason_to_wait(
    rooms: Rooms, clock: FakeClock, made: str | None
) -> None:
    """Neither is one without a zone."""
    assert rooms.lifecycle.read(WEB, UUID, made) is None
    assert clock.slept == []


def _listings_lack_hooks(sandbox: Sandbox) -> None:
    sandbox.plan_fault("empty-list", "GET", "*/hooks", times=100)


def test_a_listing_without_it_does_not_make_a_hook_gone(rooms: Rooms, sandbox: Sandbox) -> None:
    """It is asked for by itself, and known to the next listings."""
    hooks = [sandbox.plant_hook("acme/web", f"{URL}/{number}") for number in range(2)]
    _listings_lack_hooks(sandbox)
    for hook in hooks:
        live = rooms.lifecycle.read(WEB, hook.uuid)
        assert live is not None
        assert live.url == hook.url
    assert asked(sandbox) == ["GET acme/web 200", *["GET acme/web/UUID 200"] * 2]
    again = evolve(DESIRED, url=hooks[0].url)
    assert rooms.lifecycle.create(again, ME, "match").uuid == hooks[0].uuid


def test_a_create_after_gone_looks_afresh(rooms: Rooms, sandbox: Sandbox) -> None:
    """Not at the listing that the hook was missed in: once for all of the repository."""
    hooks = [sandbox.plant_hook("acme/web", f"{URL}/{number}") for number in range(2)]
    for hook in hooks:
        sandbox.delete_hook(hook.uuid)
    assert [rooms.lifecycle.read(WEB, hook.uuid) for hook in hooks] == [None, None]
    for hook in hooks:
        sandbox.plant_hook("acme/web", hook.url, uuid=hook.uuid)
    sandbox.clear_requests()
    for hook in hooks:
        made = rooms.lifecycle.create(evolve(DESIRED, url=hook.url), ME, "match")
        assert made.uuid == hook.uuid
    assert asked(sandbox)[:1] == ["GET acme/web 200"]
    assert [line for line in asked(sandbox) if line.startswith("GET")] == ["GET acme/web 200"]


def test_a_title_that_is_not_managed_stays(rooms: Rooms, sandbox: Sandbox) -> None:
    """Also where the listing lacks the hook: a PUT without a title would take it away."""
    hook = sandbox.plant_hook("acme/web", URL, description="by hand", active=False)
    _listings_lack_hooks(sandbox)
    last = rooms.lifecycle.read(WEB, hook.uuid)
    assert last is not None
    rooms.lifecycle.update(hook.uuid, DESIRED, last, None)
    (live,) = sandbox.hooks()
    assert (live.description, live.active) == ("by hand", True)


def test_a_hook_that_adopt_names_is_asked_for(rooms: Rooms, sandbox: Sandbox) -> None:
    """A listing without it is no proof that there is none."""
    hook = sandbox.plant_hook("acme/web", URL)
    _listings_lack_hooks(sandbox)
    assert rooms.lifecycle.create(DESIRED, ME, hook.uuid).uuid == hook.uuid


def test_a_delete_of_a_new_hook_that_is_not_found_yet(
    rooms: Rooms, sandbox: Sandbox, clock: FakeClock
) -> None:
    """Another run made it a moment ago: tried again, or it would stay for ever."""
    made = clock.wall().isoformat()
    clock.after(3, lambda: sandbox.plant_hook("acme/web", URL, uuid=UUID))
    rooms.lifecycle.delete(WEB, UUID, ME, made)
    assert 3 <= clock.time <= 10
    assert sandbox.hooks() == []


def test_a_write_that_is_not_found_right_after_ours(
    rooms: Rooms, sandbox: Sandbox, clock: FakeClock
) -> None:
    """Is tried again for a few seconds; the hook is there in the end."""
    made = rooms.lifecycle.create(DESIRED, ME, "match")
    sandbox.delete_hook(made.uuid)
    clock.after(2, lambda: sandbox.plant_hook("acme/web", URL, uuid=made.uuid, active=False))
    last = evolve(made, active=False)
    assert rooms.lifecycle.update(made.uuid, DESIRED, last, None).active is True
    assert 2 <= clock.time <= 10


def test_a_write_that_is_never_found(rooms: Rooms, sandbox: Sandbox, clock: FakeClock) -> None:
    """Is an error after ten seconds, and a delete is done."""
    made = rooms.lifecycle.create(DESIRED, ME, "match")
    sandbox.delete_hook(made.uuid)
    with pytest.raises(NotFound, match="can't be updated"):
        rooms.lifecycle.update(made.uuid, DESIRED, evolve(made, active=False), None)
    assert clock.time <= 11
    another_run = Owner("of another run", "")
    assert rooms.claims.handed_over(made.uuid, another_run) == ME.name


def test_a_hook_on_another_subject_is_not_deleted(rooms: Rooms, sandbox: Sandbox) -> None:
    """It answers 404 here, and isn't listed here: gone, as far as this place goes."""
    hook = sandbox.plant_hook("acme/api", URL)
    rooms.lifecycle.delete(WEB, hook.uuid, ME)
    assert sandbox.hooks() == [hook]


def test_a_lagging_listing_after_a_delete(rooms: Rooms, sandbox: Sandbox, clock: FakeClock) -> None:
    """A hook that was deleted elsewhere may be listed a little longer."""
    hook = sandbox.plant_hook("acme/web", URL)
    sandbox.configure(read_lag_ms=200)
    rooms.api.delete(WEB, hook.uuid)
    clock.after(3, lambda: time.sleep(0.3))
    rooms.lifecycle.delete(WEB, hook.uuid, ME)
    assert clock.time <= 10


def test_a_listing_that_never_lets_go(rooms: Rooms, sandbox: Sandbox) -> None:
    """After ten seconds the service has the last word."""
    hook = sandbox.plant_hook("acme/web", URL)
    sandbox.configure(read_lag_ms=600_000)
    rooms.api.delete(WEB, hook.uuid)
    with pytest.raises(NotFound):
        rooms.lifecycle.delete(WEB, hook.uuid, ME)


def test_an_interrupt_while_looking_for_a_lost_hook(
    rooms: Rooms, sandbox: Sandbox, clock: FakeClock
) -> None:
    """It is looked for all the same: the state must not miss a hook that was made."""
    sandbox.plan_fault("drop-after", "POST")
    clock.after(0.1, clock.stop)
    made = rooms.lifecycle.create(DESIRED, ME, "never")
    assert [hook.uuid for hook in sandbox.hooks()] == [made.uuid]
    with pytest.raises(Interrupted):
        clock.sleep(1)


def test_neighbours_in_threads(rooms: Rooms, sandbox: Sandbox) -> None:
    """Many creates of one repository at once, under faults: as many hooks."""
    sandbox.configure(fault_rate=0.1, slow_ms=0)
    wanted = [evolve(DESIRED, url=f"{URL}/{number}") for number in range(24)]
    made: list[str] = []

    def make(numbers: range) -> None:
        for number in numbers:
            owner = Owner(str(number), str(number))
            made.append(rooms.lifecycle.create(wanted[number], owner, "match").uuid)

    team = [threading.Thread(target=make, args=(range(n, 24, 4),)) for n in range(4)]
    for thread in team:
        thread.start()
    for thread in team:
        thread.join(60)
    assert sorted(hook.url for hook in sandbox.hooks()) == sorted(desired.url for desired in wanted)
    assert {hook.uuid for hook in sandbox.hooks()} == set(made)


def test_two_processes_declare_the_same(rooms: Rooms, sandbox: Sandbox, sandbox_path: Path) -> None:
    """The second doesn't take what the first has made, nor the other way round."""
    second = open_rooms(f"sandbox:{sandbox_path}", rooms.claims.folder)
    first = rooms.lifecycle.create(DESIRED, ME, "match")
    assert second.lifecycle.create(DESIRED, OTHER, "match").uuid != first.uuid
    rooms.lifecycle.delete(WEB, first.uuid, OTHER)
    assert len(sandbox.hooks()) == 2
    second.close()
