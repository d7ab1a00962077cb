"""The turns of refreshes: everything in as many runs as there are turns, wherever they begin."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitbucket_hooks.model.errors import ConfigError
from bitbucket_hooks.model.refresh_turn import RefreshTurn
from bitbucket_hooks.model.settings import TURN
from bitbucket_hooks.model.subject import Subject
from bitbucket_hooks.reconcile.claims import Claims
from bitbucket_hooks.reconcile.refresh_turns import RefreshTurns
from support.clocks import FakeClock


@given(st.text(max_size=20), st.integers(1, 400))
def test_each_subject_has_one_turn(subject: str, turns: int) -> None:
    """Whatever its name."""
    parts = [RefreshTurn(number=number, turns=turns) for number in range(1, turns + 1)]
    assert sum(part.includes(subject) for part in parts) == 1


def test_turns_are_of_like_size() -> None:
    """So that a night takes about as long as another."""
    names = [str(Subject("acme", f"svc-{i:04}")) for i in range(5_000)]
    for number in range(1, 11):
        turn = RefreshTurn(number=number, turns=10)
        assert 425 < sum(map(turn.includes, names)) < 575


def test_a_turn_never_changes() -> None:
    """Neither with the version nor with the machine: else a round would leave something out."""
    assert [_turn_of(name) for name in ("acme/web", "acme/api", "workspace acme")] == [3, 8, 9]


def _turn_of(name: str) -> int:
    return next(i for i in range(1, 11) if RefreshTurn(number=i, turns=10).includes(name))


@pytest.mark.parametrize(("given", "number"), [("3", 3), ("13", 3), ("10", 10), ("0", 10)])
def test_the_number_of_a_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str, number: int
) -> None:
    """Counts on from round to round, and the user hears of it once."""
    monkeypatch.setenv(TURN, given)
    heard: list[RefreshTurn] = []
    for _ in range(2):  # processes of the same run
        turns = RefreshTurns(10, Claims(tmp_path), FakeClock(), heard.append)
        turn = RefreshTurn(number=number, turns=10)
        for slug in ("web", "api"):
            assert turns.is_due(Subject("acme", slug)) is turn.includes(f"acme/{slug}")
    assert heard == [turn]


def test_the_day_of_the_first_process_counts(tmp_path: Path) -> None:
    """A run that goes on after midnight stays with its turn."""
    heard: list[RefreshTurn] = []
    clock = FakeClock()
    for phase in ("preview", "update"):
        turns = RefreshTurns(10, Claims(tmp_path, phase), clock, heard.append)
        turns.is_due(Subject("acme"))
        clock.sleep(24 * 3600)
    assert len(heard) == 2
    assert heard[0] == heard[1]


@pytest.mark.parametrize(("turns", "given"), [(1, "3"), (1, "tonight"), (10, "all")])
def test_everything_in_one_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, turns: int, given: str
) -> None:
    """Without the key, and when it is asked for; nothing is said of it."""
    monkeypatch.setenv(TURN, given)
    heard: list[RefreshTurn] = []
    all_ = RefreshTurns(turns, Claims(tmp_path), FakeClock(), heard.append)
    assert all(all_.is_due(Subject("acme", f"r{i}")) for i in range(20))
    assert heard == []


@pytest.mark.parametrize("given", ["-1", "tonight", "1.5", "9" * 19])
def test_a_turn_that_is_no_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    """Is the user's mistake, named with its remedy."""
    monkeypatch.setenv(TURN, given)
    turns = RefreshTurns(10, Claims(tmp_path), FakeClock(), lambda _: None)
    with pytest.raises(ConfigError, match="whole number that grows by one with each run"):
        turns.is_due(Subject("acme"))
