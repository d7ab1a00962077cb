"""What a run said of hooks that no step tells: in the words of `reconcile` and the providers."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from bitbucket_hooks.pulumi_cli.run import Diagnostic, Run, Turn
from bitbucket_hooks.report.findings import Match

_ADOPTED: Final = re.compile(
    r"(?P<places>[^:]+?): adopted the existing hook(?: (?P<uuid>\{[0-9a-f-]{36}\}))?: (?P<what>.*)"
)
_MORE: Final = re.compile(r" and ([\d,]+) more$")
_UNMANAGED: Final = re.compile(r"(?P<number>[\d,]+) unmanaged hooks? (?:found|to be deleted)")
_LISTED: Final = re.compile(r"(?P<told>.+) (?P<uuid>\{[0-9a-f-]{36}\})")
_NOTHING: Final = "nothing changes on it"
_TURN: Final = re.compile(
    r"refresh budget: checking ([\d,]+) of ([\d,]+) ([a-z ]+), turn ([\d,]+) of ([\d,]+);.*"
)


def turn_of(run: Run) -> Turn | None:
    """What a refresh under a budget looked at; None: at everything, if there was one."""
    found = (_TURN.fullmatch(one.message.strip()) for one in run.diagnostics)
    told = next((match.groups() for match in found if match), None)
    if told is None:
        return None
    checked, total, number, turns = (int(told[i].replace(",", "")) for i in (0, 1, 3, 4))
    return Turn(checked, total, told[2], number, turns)


def adopted_of(run: Run, urn: str, new: Iterable[str]) -> dict[str, Match]:
    """By place, the hooks that a resource adopted.

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


def tells_unmanaged(one: Diagnostic) -> int:
    """How many hooks that nothing declares a warning tells; 0: it tells something else."""
    found = _UNMANAGED.match(one.message) if one.severity == "warning" else None
    return int(found["number"].replace(",", "")) if found else 0


def tells_removed_secret(one: Diagnostic) -> bool:
    """Whether a warning is that of a provider whose declaration removes a secret."""
    return one.severity == "warning" and one.message.startswith("secret removed:")


def unmanaged_of(run: Run, urn: str) -> tuple[dict[str, str], int]:
    """The hooks that nothing declares, by uuid, as a warning lists them, and how many it doesn't.

    The document of a preview shows no other trace of those that a refresh has just found.
    """
    found: dict[str, str] = {}
    number = 0
    for one in run.diagnostics:
        if one.urn == urn and tells_unmanaged(one):
            number += tells_unmanaged(one)
            listed = (_LISTED.fullmatch(line.strip()) for line in one.message.splitlines())
            found.update({line["uuid"]: line["told"] for line in listed if line})
    return found, max(0, number - len(found))
