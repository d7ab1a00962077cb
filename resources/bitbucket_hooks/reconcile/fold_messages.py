"""Messages of many repositories in few lines: those that say the same are one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Final

_NAMED: Final = 3  # repositories that a folded notice names
_UUID: Final = re.compile(r" \{[0-9a-f-]{36}\}")


@contextmanager
def folding(show: Callable[[str], None]) -> Iterator[Callable[[str], None]]:
    """Give what takes messages; they are shown together at the end."""
    messages: list[str] = []
    try:
        yield messages.append
    finally:
        for message in _folded(messages):
            show(message)


def _folded(notices: Iterable[str]) -> list[str]:
    """Bring notices such as `acme/web: adopted the existing hook {uuid}: …` together."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for notice in notices:
        subject, _, what = notice.partition(": ")
        groups.setdefault(_UUID.sub("", what), []).append((subject, notice))
    return [text for what, group in groups.items() for text in _lines(what, sorted(group))]


def _lines(what: str, group: list[tuple[str, str]]) -> list[str]:
    if len(group) <= _NAMED:
        return [notice for _, notice in group]
    named = ", ".join(subject for subject, _ in group[:_NAMED])
    return [f"{named} and {len(group) - _NAMED:,} more: {what}"]
