"""What the project wants of itself, against what was measured. Pure arithmetic."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from attrs import frozen

from benchmarks.cases import parse
from benchmarks.tables import beyond_network

HEADINGS: Final = ("target", "bound", "measured")

_FLEETS: Final = "fleet-5000x1"
_SINGLE: Final = "hook-1000x1"
_BURSTS: Final = "fleet-1000x1/20"
_MEGA: Final = 1024 * 1024
_TIMES_AS_FAST: Final[dict[str, dict[str, float]]] = {
    "fleet-100x1": {"create": 1.1, "refresh": 0.8},
    "fleet-1000x1": {"create": 4, "refresh": 2, "update": 12, "destroy": 12},
    "fleet-100x10": {"create": 2.5, "refresh": 4, "update": 8, "destroy": 6},
}
"""As the rival, by case and phase."""


@frozen
class Target:
    """A figure and its bound."""

    words: str
    bound: float
    measured: float
    at_least: bool = False
    """Whether it is to stay above the bound, not below."""

    @property
    def is_met(self) -> bool:
        """Whether it does."""
        over = self.measured >= self.bound
        return over if self.at_least else self.measured <= self.bound

    def row(self) -> list[str]:
        """The cells under `HEADINGS`."""
        bound = f"at {'least' if self.at_least else 'most'} {self.bound:g}"
        return [self.words, bound, f"{self.measured:.3g}" + ("" if self.is_met else " (missed)")]


def targets(document: dict[str, Any]) -> list[Target]:
    """The targets of the cases that a document has."""
    cases = {case["case"]: case for case in document["cases"]}
    measured = [name for name in _TIMES_AS_FAST if name in cases]
    found = [target for name in measured for target in _of_rival(cases[name])]
    if _FLEETS in cases:
        found += _of_fleets(cases[_FLEETS])
    if _SINGLE in cases:
        found += _of_single(cases[_SINGLE])
    if _BURSTS in cases:
        found += _of_bursts(cases[_BURSTS])
    return found


def rows(document: dict[str, Any]) -> list[list[str]]:
    """A row under `HEADINGS` for each target."""
    return [target.row() for target in targets(document)]


def _of_rival(case: dict[str, Any]) -> Iterator[Target]:
    theirs = case.get("rival", {})
    for phase in case["phases"]:
        name = phase["phase"]
        bound = _TIMES_AS_FAST[case["case"]].get(name)
        if bound is not None and name in theirs:
            times = theirs[name]["wall"] / phase["ours"]["wall"]
            yield Target(
                f"{case['case']}: {name}, times as fast as the rival", bound, times, at_least=True
            )


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
        wall / refresh["bare"],
    )
    words = f"{name}: create without the network, as a multiple of the floor"
    yield Target(words, 1.3, beyond_network(phases["create"]))
    memory = max(_program_and_provider(phase) for phase in case["phases"])
    yield Target(f"{name}: peak memory of program and provider, MB", 250, memory / _MEGA)
    bytes_a_hook = case["state"]["ours"] / parse(name).total
    yield Target(f"{name}: state, bytes a hook", 300, bytes_a_hook)


def _of_single(case: dict[str, Any]) -> Iterator[Target]:
    for phase in case["phases"]:
        words = f"{case['case']}: {phase['phase']} without the network, as a multiple of the floor"
        yield Target(words, 1.15, beyond_network(phase))


def _of_bursts(case: dict[str, Any]) -> Iterator[Target]:
    (create,) = case["phases"]
    ours, words = create["ours"], f"{case['case']}: create"
    share = 100 * ours["refused"] / sum(ours["requests"].values())
    yield Target(f"{words}, refused requests, %", 3, share)
    longer = ours["wall"] / create["network"]
    yield Target(f"{words}, as a multiple of what the limit takes", 1.2, longer)


def _program_and_provider(phase: dict[str, Any]) -> float:
    parts = phase["ours"]["parts"]
    return float(sum(parts[name]["memory"] for name in ("program", "provider") if name in parts))
