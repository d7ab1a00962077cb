"""Notices of many repositories, told in few lines: those that say the same are one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

_NAMED: Final = 3  # repositories that a folded notice names
_UUID: Final = re.compile(r" \{[0-9a-f-]{36}\}")


def folded(notices: Iterable[str]) -> list[str]:
    """Bring notices such as `acme/web: adopted the existing hook {uuid}: …` together."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for notice in notices:
        subject, _, what = notice.partition(": ")
        groups.setdefault(_UUID.sub("", what), []).append((subject, notice))
    return [text for what, group in groups.items() for text in _told(what, sorted(group))]


def _told(what: str, group: list[tuple[str, str]]) -> list[str]:
    if len(group) <= _NAMED:
        return [notice for _, notice in group]
    named = ", ".join(subject for subject, _ in group[:_NAMED])
    return [f"{named} and {len(group) - _NAMED:,} more: {what}"]
