"""Runs that follow or meet each other on one machine: what one has made, another doesn't double."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bitbucket_hooks.api.errors import Refused
from bitbucket_hooks.model.errors import ConfigError
from bitbucket_hooks.model.subject import Subject
from bitbucket_hooks.model.webhook import Desired, HookKey
from bitbucket_hooks.reconcile.claims import Owner
from support.clocks import FakeClock
from support.hooks import URL, asked
from support.rooms import Rooms, open_rooms
from support.sandbox import Sandbox

WEB = Subject("acme", "web")
DESIRED = Desired(WEB, URL)
KEY = HookKey(WEB, URL)
KIND = "pulumi-python:dynamic/bitbucket:Hook"
ME = Owner(f"urn:pulumi:a::hooks::{KIND}::ci", "Hook 'ci'")
OTHER = Owner(f"urn:pulumi:b::hooks::{KIND}::theirs", "Hook 'theirs'")

Open = Callable[[str], Rooms]


@pytest.fixture
def run(sandbox_path: Path, tmp_path: Path, clock: FakeClock) -> Open:
    """Give what opens the rooms of a run, by its name; all have one clock."""
    return lambda name: open_rooms(f"sandbox:{sandbox_path}", tmp_path / "runs" / name, clock=clock)


def _killed_after_the_post(sandbox: Sandbox, dead: Rooms, owner: Owner) -> str:
    """Make a hook of which the state hears nothing, and that no read shows yet."""
    uuid = dead.lifecycle.create(DESIRED, owner, "match").uuid
    sandbox.plan_fault("empty-list", "GET", "*/hooks", times=3)
    return uuid


def test_what_a_dead_run_made_is_waited_for(sandbox: Sandbox, run: Open, clock: FakeClock) -> None:
    """Reads that lag behind don't show it at first: it is looked for again, and not made twice."""
    uuid = _killed_after_the_post(sandbox, run("dead"), ME)
    clock.time += 1
    assert run("next").lifecycle.create(DESIRED, ME, "match").uuid == uuid
    assert [hook.uuid for hook in sandbox.hooks()] == [uuid]
    assert clock.time <= 10


def test_a_neighbours_newer_listing_is_looked_at_too(
    sandbox: Sandbox, run: Open, clock: FakeClock
) -> None:
    """One that another thread asks for while this one waits is no look of this one's."""
    uuid = _killed_after_the_post(sandbox, run("dead"), ME)
    rooms = run("next")
    sandbox.clear_faults()
    sandbox.plan_fault("empty-list", "GET", "*/hooks", times=2)

    def neighbour() -> None:
        clock.time += 10
        rooms.listings.fetch(WEB)

    clock.after(0.1, neighbour)  # while the create waits after its second look
    assert rooms.lifecycle.create(DESIRED, ME, "match").uuid == uuid
    assert [hook.uuid for hook in sandbox.hooks()] == [uuid]


def test_what_a_dead_run_only_meant_to_make_is_made(
    sandbox: Sandbox, run: Open, clock: FakeClock
) -> None:
    """After ten seconds, in which it would have shown; once."""
    run("dead").lifecycle.registry.reserve(KEY, ME, clock.wall().timestamp())
    made = run("next").lifecycle.create(DESIRED, ME, "match")
    assert [hook.uuid for hook in sandbox.hooks()] == [made.uuid]
    assert clock.time == pytest.approx(10, abs=1)


def test_a_usual_create_looks_once(sandbox: Sandbox, run: Open, clock: FakeClock) -> None:
    """One listing and one POST, however long ago another run made and deleted its like."""
    uuid = run("first").lifecycle.create(DESIRED, ME, "match").uuid
    run("destroy").lifecycle.delete(WEB, uuid, ME)
    sandbox.clear_requests()
    run("second").lifecycle.create(DESIRED, ME, "match")
    assert asked(sandbox) == ["GET acme/web 200", "POST acme/web 201"]
    assert clock.slept == []


def test_a_refused_post_holds_nobody_up(sandbox: Sandbox, run: Open, clock: FakeClock) -> None:
    """Nothing was made: the next run makes it at once."""
    sandbox.configure(allow_private_urls=False)
    private = Desired(WEB, "https://10.0.0.1/")
    with pytest.raises(Refused):
        run("first").lifecycle.create(private, ME, "match")
    sandbox.configure(allow_private_urls=True)
    run("second").lifecycle.create(private, ME, "match")
    assert clock.slept == []


def test_never_adopt_is_never(sandbox: Sandbox, run: Open) -> None:
    """Who says so gets a hook of its own."""
    uuid = run("first").lifecycle.create(DESIRED, ME, "match").uuid
    assert run("second").lifecycle.create(DESIRED, OTHER, "never").uuid != uuid
    assert len(sandbox.hooks()) == 2


def test_two_stacks_at_once(sandbox: Sandbox, run: Open) -> None:
    """Both have looked before either wrote: the second looks again, and names the first."""
    first, second = run("one"), run("two")
    first.listings.hooks(WEB)
    second.listings.hooks(WEB)
    uuid = first.lifecycle.create(DESIRED, ME, "match").uuid
    assert second.lifecycle.create(DESIRED, OTHER, "match").uuid == uuid
    assert len(sandbox.hooks()) == 1
    assert first.notices == []
    assert "Hook 'ci' in the stack a of the project hooks may" in "".join(second.notices)
    later = run("later")
    later.lifecycle.delete(WEB, uuid, ME)
    assert "in the stack b of the project hooks may" in "".join(later.notices)


def test_a_key_of_another_stack_is_known_before_any_write(run: Open) -> None:
    """So that a preview can tell; not to the stack that has it."""
    first, second = run("one").lifecycle, run("two").lifecycle.registry
    first.create(DESIRED, ME, "match")
    keys = [KEY, HookKey(WEB, f"{URL}/else")]
    assert second.declared_in_other_stacks(keys, OTHER).keys() == {KEY}
    assert second.declared_in_other_stacks(keys, ME) == {}


def test_the_same_stack_is_not_warned_of(sandbox: Sandbox, run: Open) -> None:
    """A state that was lost: its hooks are adopted with a notice."""
    uuid = run("one").lifecycle.create(DESIRED, ME, "match").uuid
    second = run("two")
    assert second.lifecycle.create(DESIRED, ME, "match").uuid == uuid
    assert len(sandbox.hooks()) == 1
    assert "stack" not in "".join(second.notices)


def test_a_database_that_vanishes_ends_the_run(sandbox: Sandbox, run: Open) -> None:
    """Before anything is written."""
    rooms = run("one")
    uuid = rooms.lifecycle.create(DESIRED, ME, "match").uuid
    rooms.lifecycle.registry.path.unlink()
    with pytest.raises(ConfigError, match="the run stops before it writes"):
        rooms.lifecycle.create(Desired(WEB, f"{URL}/2"), ME, "match")
    assert [hook.uuid for hook in sandbox.hooks()] == [uuid]
