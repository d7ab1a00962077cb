"""The rotation: whatever the places and the budget, all of them in turn and never too many."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from bitbucket_hooks.model.subject import Subject
from bitbucket_hooks.reconcile.refresh_rotation import Turn, place_in, turn_of

SLUGS = st.sets(st.text("abc-_0", min_size=1, max_size=8), max_size=120)
BUDGETS = st.integers(1, 130)
NUMBERS = st.integers(0, 10**18)


@given(SLUGS, BUDGETS, NUMBERS)
def test_everything_in_turn(places: set[str], budget: int, first: int) -> None:
    """Runs in a row check everything in as few as can be, each as much as the budget allows."""
    needed = max(1, -(-len(places) // budget))
    turns = [turn_of(places, budget, first + i) for i in range(needed)]
    assert {one.turns for one in turns} == {needed}
    assert sorted(one.number for one in turns) == [*range(1, needed + 1)]
    assert {len(one.due) for one in turns} == {min(budget, len(places))}
    assert frozenset[str]().union(*(one.due for one in turns)) == places
    for one in turns:
        assert {place for place in places if one.has(place)} == one.due


@given(SLUGS, BUDGETS, NUMBERS, st.text(max_size=20))
def test_a_place_that_the_state_hides(
    places: set[str], budget: int, first: int, hidden: str
) -> None:
    """One whose name is a secret isn't known beforehand; it has exactly one turn of all."""
    places -= {hidden}
    needed = turn_of(places, budget, first).turns
    turns = [turn_of(places, budget, first + i) for i in range(needed)]
    assert sum(one.has(hidden) for one in turns) == 1


@given(SLUGS, BUDGETS, NUMBERS)
def test_the_same_in_every_process(places: set[str], budget: int, number: int) -> None:
    """What is written down for the other processes of a run says the same there."""
    turn = turn_of(places, budget, number)
    assert Turn.from_text(turn.as_text()) == turn
    assert turn_of(sorted(places), budget, turn.number) == turn


def test_a_few_that_come_and_go_leave_the_others_where_they_are() -> None:
    """What a change of the set lets slip through until the next round are few."""
    places = {f"svc-{i:04}" for i in range(4_990)}
    rounds = [turn_of(places, 500, number) for number in range(1, 6)]
    changed = (places - {f"svc-{i:04}" for i in range(3)}) | {f"new-{i}" for i in range(5)}
    rounds += [turn_of(changed, 500, number) for number in range(6, 11)]
    seen = Counter(place for one in rounds for place in one.due)
    missed = {place for place in places & changed if not seen[place]}
    assert len(missed) <= 5


def test_what_is_said() -> None:
    """Numbers that a person can read, and the noun that fits."""
    places = {place_in("", Subject("acme", f"svc-{i}")) for i in range(5_000)}
    assert str(turn_of(places, 500, 13)) == (
        "refresh budget: checking 500 of 5,000 repositories, turn 3 of 10; the rest stays as the "
        "state has it"
    )
    places.add(place_in("labs", Subject("acme")))
    assert "500 of 5,001 repositories and workspaces, turn 2 of 11" in str(turn_of(places, 500, 13))
