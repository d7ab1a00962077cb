"""Where a message says what to do: the part of its text that is the remedy."""

from __future__ import annotations

import re
from typing import Final

HOLE: Final = "{…}"
"""Stands for what differs."""
PASSED_ON: Final = "{remedy}"
"""Stands for the remedy of another message, which this one passes on."""

_VERBS: Final = (
    r"add|ask|attach|bring|call|change|check|choose|compare|copy|correct|declare|delete|give|go|"
    r"have|install|keep|leave|let|list|look|lower|make|mend|move|name|percent-encode|put|raise|"
    r"remove|rename|report|review|run|save|say|see|select|set|shorten|start|stop|store|take|trigger|"
    r"try|unset|usage|use|wait|write"
)
_CLAUSE: Final = r"(?:if|to|on|behind|where|for|or) .*"
_ADVICE: Final = re.compile(
    rf"(?:{_VERBS})\b|`|{re.escape(PASSED_ON)}|did you mean |{_CLAUSE}", re.IGNORECASE
)


def split(text: str) -> tuple[str, str]:
    """A text without the advice at its end, and that; the whole text where it has none."""
    for mark in ("\n", "; ", ". ", ": "):
        what, found, advice = text.rpartition(mark)
        if found and _ADVICE.match(advice.strip()):
            return what.rstrip(), advice.strip()
    return text, ""


def is_advice(text: str) -> bool:
    """Whether some sentence or clause of a text says what to do."""
    clauses = re.split(r"[.;:]\s+|\n|, (?:or|and|that is) ", text)
    return any(_ADVICE.match(part.strip()) or re.search(r"\bmust\b", part) for part in clauses)


def words_of(text: str) -> str:
    """The fixed words."""
    return " ".join(text.replace(HOLE, " ").split())
