"""The table of terms in terms.md, and where texts use a word that it rules out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

from attrs import frozen

TERMS: Final = Path(__file__).with_name("terms.md")
_ASIDE: Final = re.compile(r"\([^()]*\)")
_CODE: Final = re.compile(r"^(`{3,}|~{3,}).*?^\1|`[^`\n]*`", re.DOTALL | re.MULTILINE)
_LINK: Final = re.compile(r"\]\([^)]*\)|https?://\S+")


@frozen
class Term:
    """A word of ours."""

    name: str
    meaning: str
    ruled_out: tuple[str, ...]
    """Words that nothing says in its place; those in brackets mean something else elsewhere."""


@cache
def terms() -> tuple[Term, ...]:
    """All of them, as the tables have them."""
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in TERMS.read_text("utf-8").splitlines()
        if line.startswith("|")
    ]
    return tuple(
        Term(name, meaning, tuple(filter(None, map(str.strip, _ASIDE.sub("", ruled).split(",")))))
        for name, meaning, ruled in rows
        if name != "term" and not name.startswith("---")
    )


def prose(markdown: str) -> str:
    """A text without its code and addresses; the lines stay where they are."""

    def blank(found: re.Match[str]) -> str:
        return "\n" * found[0].count("\n") or " "

    return _LINK.sub(" ", _CODE.sub(blank, markdown))


def uses(text: str) -> Iterator[tuple[int, str, Term]]:
    """Each line of a text with a word that is ruled out, and the term to use."""
    for found in _ruled_out().finditer(text):
        term = next(one for one in terms() if any(_is(word, found[1]) for word in one.ruled_out))
        yield text.count("\n", 0, found.start()) + 1, found[0], term


@cache
def _ruled_out() -> re.Pattern[str]:
    """All words that are ruled out, in any number and case, over the ends of lines."""
    words = [word for term in terms() for word in term.ruled_out]
    ways = "|".join(r"\s+".join(map(re.escape, word.split())) for word in words)
    return re.compile(rf"(?<![\w/-])({ways})(?:s|es|d|ed)?(?![\w:-])", re.IGNORECASE)


def _is(word: str, found: str) -> bool:
    return word.casefold() == " ".join(found.split()).casefold()
