"""What an update said of hooks that it took over, as `reconcile/adoption.py` words it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from bitbucket_hooks.report.findings import Match
from bitbucket_hooks.report.run import Run

_ADOPTED: Final = re.compile(
    r"(?P<places>[^:]+?): adopted the existing hook(?: (?P<uuid>\{[0-9a-f-]{36}\}))?: (?P<what>.*)"
)
_MORE: Final = re.compile(r" and ([\d,]+) more$")
_NOTHING: Final = "nothing changes on it"


def adopted_of(run: Run, urn: str, new: Iterable[str]) -> dict[str, Match]:
    """By place, the hooks that a resource took over.

    A notice of many repositories names only some: the others are taken to be the first of `new`
    that no notice names, so that at least their number is right.
    """
    found: dict[str, Match] = {}
    unnamed: list[Match] = []
    for one in run.diagnostics:
        told = _ADOPTED.fullmatch(one.message.replace("\n", " ")) if one.urn == urn else None
        if told is None:
            continue
        what = told["what"]
        match = Match(told["uuid"] or "", () if what == _NOTHING else tuple(what.split("; ")))
        more = _MORE.search(told["places"])
        places = _MORE.sub("", told["places"]).removeprefix("workspace ").split(", ")
        found.update(dict.fromkeys(places, match))
        unnamed += [match] * (int(more[1].replace(",", "")) if more else 0)
    rest = (place for place in new if place not in found)
    return {**found, **dict(zip(rest, unnamed, strict=False))}
