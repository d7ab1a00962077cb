"""Outcomes as JSON, and as rows for people."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Sequence
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import attrs

from benchmarks.cases import LATENCY, network_seconds, parse, unavoidable
from bitbucket_hooks.model.settings import MOST_PARALLEL

_MEGA: Final = 1024 * 1024
_PARTS: Final = ("engine", "program", "provider")
_THEIR_PARTS: Final = ("engine", "provider")

HEADINGS: Final = (
    "case",
    "phase",
    "s",
    "floor s",
    "network s",
    "beyond network, floors",
    "CPU s: engine, program, provider",
    "floor's",
    "peak MB: the same",
    "floor's",
    "requests",
    "connections",
)
RIVAL_HEADINGS: Final = (
    "case",
    "phase",
    "rival s",
    "ours s",
    "times as fast",
    "rival's requests",
    "ours",
    "its connections",
    "its CPU s: terraform, provider",
    "its peak MB: the same",
)
STATE_HEADINGS: Final = ("case", "state, bytes", "a hook", "floor, bytes")


def machine(engine: str) -> dict[str, Any]:
    """Where and when it was measured."""
    return {
        "date": datetime.now(timezone.utc).date().isoformat(),
        "cores": os.cpu_count() or 1,
        "cpu": _cpu_model(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "engine": engine,
        "sdk": version("pulumi"),
        "latencySeconds": LATENCY,
        "width": MOST_PARALLEL,
    }


def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    found = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(found, platform.processor())


def machine_line(facts: dict[str, Any]) -> str:
    """The same in a line."""
    return (
        f"{facts['date']}: {facts['cores']} cores of {facts['cpu']}, {facts['system']}, "
        f"Python {facts['python']}, engine {facts['engine']}, SDK {facts['sdk']}."
    )


def document(machine_facts: dict[str, Any], outcomes: Iterable[Any]) -> dict[str, Any]:
    """All that was measured, as plain data. Outcomes are those of `measuring.measure`."""
    return {
        "machine": machine_facts,
        "cases": [_plain(outcome, machine_facts["cores"]) for outcome in outcomes],
    }


def _plain(outcome: Any, cores: int) -> dict[str, Any]:
    phases = [
        {
            **attrs.asdict(phase),
            "unavoidable": unavoidable(outcome.case, phase.phase),
            "network": network_seconds(outcome.case, phase.phase, cores),
        }
        for phase in outcome.phases
    ]
    plain = {"case": outcome.case.name, "phases": phases, "state": outcome.state}
    if outcome.rival is not None:
        plain["rival"] = {
            phase: attrs.asdict(measured) for phase, measured in outcome.rival.items()
        }
    return plain


def rows(measured: dict[str, Any]) -> list[list[str]]:
    """A row under `HEADINGS` for each phase of each case of a document."""
    return [
        [
            case["case"],
            phase["phase"],
            f"{phase['ours']['wall']:.1f}",
            f"{phase['floor']['wall']:.1f}",
            f"{phase['network']:.1f}" + _bare(phase["bare"]),
            f"{beyond_network(phase):.2f}",
            _parts(phase["ours"], "cpu", 1, 1),
            _parts(phase["floor"], "cpu", 1, 1),
            _parts(phase["ours"], "memory", _MEGA, 0),
            _parts(phase["floor"], "memory", _MEGA, 0),
            _requests(phase["ours"]["requests"], phase["unavoidable"]),
            str(phase["ours"]["connections"]),
        ]
        for case in measured["cases"]
        for phase in case["phases"]
    ]


def state_rows(measured: dict[str, Any]) -> list[list[str]]:
    """A row under `STATE_HEADINGS` for each case of a document."""
    return [
        [
            case["case"],
            f"{case['state']['ours']:,}",
            f"{case['state']['ours'] / parse(case['case']).total:.0f}",
            f"{case['state']['floor']:,}",
        ]
        for case in measured["cases"]
    ]


def rival_rows(measured: dict[str, Any]) -> list[list[str]]:
    """A row under `RIVAL_HEADINGS` for each phase that was measured with the rival too."""
    return [
        [
            case["case"],
            phase["phase"],
            f"{theirs['wall']:.1f}",
            f"{phase['ours']['wall']:.1f}",
            f"{theirs['wall'] / phase['ours']['wall']:.1f}",
            _requests(theirs["requests"], theirs["requests"]),
            _requests(phase["ours"]["requests"], phase["unavoidable"]),
            str(theirs["connections"]),
            _parts(theirs, "cpu", 1, 1, _THEIR_PARTS),
            _parts(theirs, "memory", _MEGA, 0, _THEIR_PARTS),
        ]
        for case in measured["cases"]
        for phase in case["phases"]
        for theirs in [case.get("rival", {}).get(phase["phase"])]
        if theirs
    ]


def beyond_network(phase: dict[str, Any]) -> float:
    """What ours takes without the network's own time, as a multiple of what the floor takes."""
    ours: float = phase["ours"]["wall"] - (phase["bare"] or 0)
    floor: float = phase["floor"]["wall"]
    return ours / floor


def _bare(seconds: float | None) -> str:
    return "" if seconds is None else f" (bare client {seconds:.1f})"


def _parts(
    measured: dict[str, Any], what: str, unit: int, digits: int, names: Sequence[str] = _PARTS
) -> str:
    parts = (measured["parts"].get(name) for name in names)
    return " / ".join("-" if part is None else f"{part[what] / unit:.{digits}f}" for part in parts)


def _requests(sent: dict[str, int], needed: dict[str, int]) -> str:
    """By verb, and beside a number that isn't the least possible, the least."""
    counts = []
    for verb in sorted(sent.keys() | needed.keys()):
        count, least = sent.get(verb, 0), needed.get(verb, 0)
        counts.append(f"{verb} {count:,}" + ("" if count == least else f" (least: {least:,})"))
    return ", ".join(counts) or "0"


def text(headings: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """A table for a terminal."""
    whole = [headings, *lines]
    widths = [max(len(line[column]) for line in whole) for column in range(len(headings))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in whole
    )


def markdown(headings: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """The same for a page."""
    whole = [headings, ["---"] * len(headings), *lines]
    return "\n".join(f"| {' | '.join(line)} |" for line in whole)
