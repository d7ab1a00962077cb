"""What the project wants of itself, against what was measured. Pure arithmetic."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from attrs import frozen

from benchmarks.cases import parse
from benchmarks.tables import beyond_network

HEADINGS: Final = ("target", "at most", "measured")

_FLEETS: Final = "fleet-5000x1"
_SINGLE: Final = "hook-1000x1"
_MEGA: Final = 1024 * 1024


@frozen
class Target:
    """A figure and what it is to stay below."""

    words: str
    most: float
    measured: float

    @property
    def is_met(self) -> bool:
        """Whether it is."""
        return self.measured <= self.most


def targets(document: dict[str, Any]) -> list[Target]:
    """The targets of the cases that a document has."""
    cases = {case["case"]: case for case in document["cases"]}
    found: list[Target] = []
    if _FLEETS in cases:
        found += _of_fleets(cases[_FLEETS])
    if _SINGLE in cases:
        found += _of_single(cases[_SINGLE])
    return found


def rows(document: dict[str, Any]) -> list[list[str]]:
    """A row under `HEADINGS` for each target."""
    return [
        [one.words, f"{one.most:g}", f"{one.measured:.3g}" + ("" if one.is_met else " (missed)")]
        for one in targets(document)
    ]


def _of_fleets(case: dict[str, Any]) -> Iterator[Target]:
    phases = {phase["phase"]: phase for phase in case["phases"]}
    no_op, refresh = phases["no-op"], phases["refresh"]
    name = case["case"]
    wall: float = refresh["ours"]["wall"]
    yield Target(
        f"{name}: no-op `up`, as a multiple of the floor",
        1.2,
        no_op["ours"]["wall"] / no_op["floor"]["wall"],
    )
    yield Target(
        f"{name}: refresh, as a multiple of its listings at the pool's width",
        1.3,
        wall / refresh["network"],
    )
    memory = max(_program_and_provider(phase) for phase in case["phases"])
    yield Target(f"{name}: peak memory of program and provider, MB", 250, memory / _MEGA)
    bytes_a_hook = case["state"]["ours"] / parse(name).total
    yield Target(f"{name}: state, bytes a hook", 300, bytes_a_hook)


def _of_single(case: dict[str, Any]) -> Iterator[Target]:
    for phase in case["phases"]:
        words = f"{case['case']}: {phase['phase']} without the network, as a multiple of the floor"
        yield Target(words, 1.15, beyond_network(phase))


def _program_and_provider(phase: dict[str, Any]) -> float:
    parts = phase["ours"]["parts"]
    return float(sum(parts[name]["memory"] for name in ("program", "provider") if name in parts))
