"""What the code says of errors and warnings: each names a remedy, in one style, without doubles."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from itertools import combinations

import pytest
from docs._advice import HOLE, PASSED_ON, is_advice, split, words_of
from docs._collected import Message, messages

from bitbucket_hooks.model.errors import ConfigError
from bitbucket_hooks.model.settings import layer, resolve

MESSAGES = messages()
TOLD = [one for one in MESSAGES if one.kind != "note"]
FEW = 3  # words, which may be as they like
ALIKE = 0.9  # of 1: so much of the words in common is one thing said in two ways

DIFFERENT = (
    # what differs is the point
    {"python: , which the engine runs, has", "python: , which the engine runs, lacks"},
)


def name(one: Message) -> str:
    """Give a message for the list of tests."""
    return f"{one.room}: {one.text}"


def test_the_code_has_messages() -> None:
    """From each part that speaks to users."""
    assert len(TOLD) > 250
    rooms = {one.room for one in MESSAGES}
    parts = {"api", "cli", "doctor", "engine", "model", "policies", "provider", "reconcile"}
    assert parts | {"runs", "sandbox", "scripts", "stack", "filesystem"} <= rooms


@pytest.mark.parametrize("text", ["acme/web: gone", "the file is empty. It has no lines"])
def test_a_text_without_advice_is_seen_as_such(text: str) -> None:
    """Else the next test would hold of everything."""
    assert split(text) == (text, "")
    assert not is_advice(text)


def test_each_names_a_remedy() -> None:
    """What to do, how it must be, or the remedy of the message that it passes on."""
    without = [name(one) for one in TOLD if not is_advice(one.remedy or one.text)]
    assert without == []


def test_each_is_in_one_style() -> None:
    """The thing and the cause in a clause; a remedy of its own line is a sentence."""
    odd = [f"{name(one)}: {what}" for one in TOLD for what in _oddities(one)]
    assert odd == []


def _oddities(one: Message) -> Iterator[str]:
    first = one.text.removeprefix("`")
    if one.room != "policies":  # whose violations are sentences
        if first[:1].isupper() and not _is_name(first):
            yield "begins with a capital"
        if re.search(r"[.!]$", one.text):
            yield "ends as a sentence"
    if said := re.search(r"\b(?:Remedy|Hint|Error|Please|Sorry)\b", f"{one.text} {one.remedy}"):
        yield f"says {said[0]}"
    if one.remedy[:1].isupper() and not re.search(r"[.?:]$", one.remedy):
        yield "has a remedy that doesn't end as a sentence"


def _is_name(text: str) -> bool:
    """Whether a text begins with the name of a variable, a product or a command."""
    word = text.split(maxsplit=1)[0]
    return word.isupper() or word in ("Bitbucket", "Field") or "_" in word


def test_the_same_is_said_in_the_same_words() -> None:
    """Texts of two places in the code that are nearly alike are one, or should differ more."""
    places = {words(one): one.place for one in TOLD if len(words(one).split()) > FEW}
    alike = [
        (one, other)
        for one, other in combinations(sorted(places), 2)
        if places[one] != places[other] and are_alike(one, other) and {one, other} not in DIFFERENT
    ]
    assert alike == []


def words(one: Message) -> str:
    """The words of a message, whatever is around them."""
    return words_of(one.text).strip(' .:"')


def are_alike(one: str, other: str) -> bool:
    """Whether most of it is the same."""
    mine, theirs = set(one.split()), set(other.split())
    if len(mine & theirs) < ALIKE / 2 * len(mine | theirs):  # quick: it is so of most pairs
        return False
    return SequenceMatcher(None, one, other, autojunk=False).ratio() > ALIKE


def test_an_error_passes_on_in_a_line() -> None:
    """As part of another message: what is wrong, and what to do, without the full stop."""
    with pytest.raises(ConfigError) as refused:
        resolve(layer("the stack config", {"rateLimit": "0"}.get))
    assert refused.value.in_a_line == (
        'bitbucket:rateLimit (or BITBUCKET_RATE_LIMIT) is "0", which can\'t be used; '
        "use a whole number above 0"
    )
    assert ConfigError("gone").in_a_line == "gone"


def test_no_query_of_an_address_is_told() -> None:
    """Of an API's address that can't be used, neither."""
    with pytest.raises(ConfigError) as refused:
        resolve(layer("the stack config", {"apiUrl": "ftp://host/x?token=canary"}.get))
    assert "canary" not in str(refused.value)


def test_holes_stand_for_what_differs() -> None:
    """No text is a hole alone, and no remedy is one that nobody knows."""
    assert all(words_of(one.text) for one in MESSAGES)
    assert HOLE not in {one.remedy for one in MESSAGES}
    assert any(one.remedy == PASSED_ON for one in MESSAGES)
