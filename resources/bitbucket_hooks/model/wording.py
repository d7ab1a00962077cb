"""Numbers with their nouns, the first of many, times, and what a slip may mean, for people."""

import difflib
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timezone
from typing import Final

_FEW_EVENTS: Final = 5
_IRREGULAR: Final = {"repository": "repositories", "property": "properties", "entry": "entries"}


def counted(number: int, noun: str) -> str:
    """A number and its noun: `1 repository`, `1,200 repositories`."""
    return f"{number:,} {plural(noun) if number != 1 else noun}"


def plural(noun: str) -> str:
    """A noun's plural; of several words, the last one's."""
    head, space, last = noun.rpartition(" ")
    return f"{head}{space}{_IRREGULAR.get(last, last + 's')}"


def first_names(names: Sequence[str], most: int) -> str:
    """The first of many names, and how many more there are: `a, b and 3 more`."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more:,} more" if more > 0 else "")


def first_lines(lines: Sequence[str], most: int) -> str:
    """The first of many lines, and a last one with how many more there are."""
    more = len(lines) - most
    return "\n".join([*lines[:most], *([f"  … and {more:,} more"] if more > 0 else [])])


def moment(seconds: float) -> str:
    """A time in seconds since 1970, in UTC as ISO 8601 writes it."""
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat(timespec="seconds")


def in_short(events: Sequence[str]) -> str | None:
    """How many events of each kind there are: `12 of pullrequest, 3 of repo`; None for a few."""
    if len(events) <= _FEW_EVENTS:
        return None
    kinds = Counter(event.partition(":")[0] for event in events)
    return ", ".join(f"{count} of {kind}" for kind, count in kinds.most_common())


def nearest(name: str, known: Iterable[str], most: int = 3) -> list[str]:
    """What there is that is spelt almost as a name, the nearest first."""
    return difflib.get_close_matches(name, sorted(known), n=most, cutoff=0.6)


def did_you_mean(name: str, known: Iterable[str], most: int = 3) -> str:
    """Name the nearest of what there is, as the rest of a sentence; nothing when none is near."""
    near = " or ".join(f'"{candidate}"' for candidate in nearest(name, known, most))
    return f"; did you mean {near}?" if near else ""
