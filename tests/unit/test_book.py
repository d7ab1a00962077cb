"""The book of a run: what one process says, the others know, whatever becomes of its writers."""

from __future__ import annotations

from pathlib import Path

import pytest

from bitbucket_hooks.reconcile.book import Book


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Give where a run's book is."""
    return tmp_path / "run" / "book"


def test_the_first_word_stands(path: Path) -> None:
    """For all who look, and until somebody replaces it."""
    one, other = Book(path), Book(path)
    assert one.get("a") is None
    assert one.add(["a", "b"], "mine") == {}
    assert other.add(["b", "c", "c"], "yours") == {"b": "mine"}
    assert [one.get(thing) for thing in "abc"] == ["mine", "mine", "yours"]
    other.replace("a", "new")
    assert one.get("a") == other.get("a") == Book(path).get("a") == "new"


def test_a_writer_that_was_killed_is_skipped(path: Path) -> None:
    """What it had begun to say counts as not said; what others say is whole."""
    one, other = Book(path), Book(path)
    one.add(["a"], "before")
    with path.open("ab") as file:
        file.write(b'["half", ["9f')
    assert one.get("a") == "before"
    assert other.add(["a", "b"], "after") == {"a": "before"}
    assert [one.get(thing) for thing in "ab"] == ["before", "after"]
    assert [Book(path).get(thing) for thing in "ab"] == ["before", "after"]


def test_a_book_that_was_swept_away_is_begun_anew(path: Path) -> None:
    """What was read of it stays known, and what is added is for all."""
    one = Book(path)
    one.add(["a", "b"], "before")
    path.unlink()
    path.parent.rmdir()
    assert one.get("a") == "before"
    other = Book(path)
    assert other.add(["a"], "after") == {}
    assert one.get("a") == "after"
    path.write_bytes(b"")
    other.replace("b", "later")
    assert one.get("b") == "later"
