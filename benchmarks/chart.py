"""`python -m benchmarks.chart FILE`: what `--json-file FILE` kept, into docs/performance.md."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any, Final

import click

from benchmarks import tables, targets
from benchmarks.project import ROOT

_PAGE: Final = ROOT / "docs" / "performance.md"
_CHART: Final = ROOT / "docs" / "performance.svg"
_MEASURED: Final = re.compile(r"(<!-- measured -->\n).*?(<!-- /measured -->)", re.DOTALL)

_CHARTED: Final = ("fleet-1000x1", "fleet-100x10", "fleet-5000x1", "hook-1000x1")
_OURS, _FLOOR, _NETWORK = "#1f6feb", "#8c959f", "#d0d7de"
_WIDTH, _LEFT, _BARS = 760, 90, 560  # pixels
_BAR, _ROW, _HEAD, _TOP = 9, 30, 34, 34


def svg(measured: dict[str, Any]) -> str:
    """Bars for the phases of the larger cases: ours, and below it the floor and the network."""
    charted = [case for case in measured["cases"] if case["case"] in _CHARTED]
    lines, y = list(_legend()), _TOP
    for case in charted:
        lines.append(_text(8, y + 18, case["case"], "bold"))
        y += _HEAD
        scale = _BARS / max(_longest(phase) for phase in case["phases"])
        for phase in case["phases"]:
            lines.extend(_row(y, phase, scale))
            y += _ROW
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{y + 8}" '
        'font-family="sans-serif" font-size="12" role="img" '
        'aria-label="Seconds of each phase: measured, and the least possible">'
    )
    background = f'<rect width="{_WIDTH}" height="{y + 8}" fill="#ffffff"/>'
    return "\n".join([head, background, *lines, "</svg>"]) + "\n"


def _longest(phase: dict[str, Any]) -> float:
    return max(float(phase["ours"]["wall"]), float(phase["floor"]["wall"] + phase["network"]))


def _legend() -> Iterator[str]:
    words = (
        (_OURS, "measured"),
        (_FLOOR, "a provider that does nothing"),
        (_NETWORK, "network, unavoidable requests"),
    )
    for number, (colour, word) in enumerate(words):
        x = 8 + number * 220
        yield _rect(x, 12, 12, colour)
        yield _text(x + 18, 21, word)


def _row(y: int, phase: dict[str, Any], scale: float) -> Iterator[str]:
    ours, floor, network = phase["ours"]["wall"], phase["floor"]["wall"], phase["network"]
    yield _text(8, y + 12, phase["phase"])
    yield _rect(_LEFT, y, ours * scale, _OURS)
    yield _text(_LEFT + ours * scale + 6, y + 9, f"{ours:.1f} s")
    below = y + _BAR + 2
    yield _rect(_LEFT, below, floor * scale, _FLOOR)
    yield _rect(_LEFT + floor * scale, below, network * scale, _NETWORK)
    yield _text(_LEFT + (floor + network) * scale + 6, below + 9, f"{floor + network:.1f} s")


def _rect(x: float, y: float, width: float, colour: str) -> str:
    return f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{_BAR}" fill="{colour}"/>'


def _text(x: float, y: float, words: str, weight: str = "normal") -> str:
    return f'<text x="{x:.1f}" y="{y}" font-weight="{weight}" fill="#1f2328">{escape(words)}</text>'


def section(measured: dict[str, Any]) -> str:
    """Machine, chart and tables, as Markdown."""
    rivals = tables.rival_rows(measured)
    return "\n\n".join(
        [
            tables.machine_line(measured["machine"]),
            f"![Seconds of each phase: measured, and the least possible]({_CHART.name})",
            tables.markdown(targets.HEADINGS, targets.rows(measured)),
            tables.markdown(tables.HEADINGS, tables.rows(measured)),
            *([tables.markdown(tables.RIVAL_HEADINGS, rivals)] if rivals else []),
            tables.markdown(tables.STATE_HEADINGS, tables.state_rows(measured)) + "\n",
        ]
    )


def page_with(measured: dict[str, Any], page: str) -> str:
    """The page with its measured part renewed."""
    return _MEASURED.sub(lambda found: f"{found[1]}{section(measured)}{found[2]}", page)


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def main(file: Path) -> None:
    """Write what was measured into docs/performance.md, with its chart."""
    measured = json.loads(file.read_text("utf-8"))
    _CHART.write_text(svg(measured), "utf-8")
    _PAGE.write_text(page_with(measured, _PAGE.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main()
