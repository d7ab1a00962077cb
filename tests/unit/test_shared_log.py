"""The book of a run: what one process says, the others know, whatever becomes of its writers."""

from __future__ import annotations

from pathlib import Path

import pytest

from bitbucket_hooks.model.errors import ConfigError
from bitbucket_hooks.reconcile.shared_log import SharedLog


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Give where a run's book is."""
    return tmp_path / "run" / "book"


def test_the_first_word_stands(path: Path) -> None:
    """For all who look, and until somebody replaces it."""
    one, other = SharedLog(path), SharedLog(path)
    assert one.get("a") is None
    assert one.add(["a", "b"], "mine") == {}
    assert other.add(["b", "c", "c"], "yours") == {"b": "mine"}
    assert [one.get(thing) for thing in "abc"] == ["mine", "mine", "yours"]
    other.replace("a", "new")
    assert one.get("a") == other.get("a") == SharedLog(path).get("a") == "new"


def test_a_writer_that_was_killed_is_skipped(path: Path) -> None:
    """What it had begun to say counts as not said; what others say is whole."""
    one, other = SharedLog(path), SharedLog(path)
    one.add(["a"], "before")
    with path.open("ab") as file:
        file.write(b'["half", ["9f')
    assert one.get("a") == "before"
    assert other.add(["a", "b"], "after") == {"a": "before"}
    assert [one.get(thing) for thing in "ab"] == ["before", "after"]
    assert [SharedLog(path).get(thing) for thing in "ab"] == ["before", "after"]


def test_a_book_that_vanished_says_nothing_any_more(path: Path) -> None:
    """Nor one with another in its place, whoever began that: what others wrote would be missing."""
    one, other = SharedLog(path), SharedLog(path)
    assert other.get("a") is None
    one.add(["a", "b"], "before")
    path.unlink()
    SharedLog(path).add(["a"], "after")
    for each in (one, other):
        with pytest.raises(ConfigError, match="replaced while the run went on"):
            each.get("a")
    path.unlink()
    path.parent.rmdir()
    for each in (one, other):
        with pytest.raises(ConfigError, match="No such file"):
            each.add(["c"], "after")
