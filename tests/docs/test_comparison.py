"""docs/comparison.md: its figures are those that were measured, and those that follow."""

from __future__ import annotations

import re
from typing import Final

from support import handbook

PAGE: Final = handbook.page("comparison.md")
MEASURED: Final = handbook.page("performance.md")
CASES: Final = ("fleet-100x1", "fleet-1000x1", "fleet-100x10")


def _rows(text: str) -> list[list[str]]:
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip().strip("*") for cell in line.strip("|").split("|")] for line in lines]


def _times() -> dict[tuple[str, str], float]:
    """How many times as fast as the rival each phase of each case was measured to be."""
    (table,) = re.findall(
        r"^\| case \| phase \| rival s .*?\n\n", MEASURED, re.MULTILINE | re.DOTALL
    )
    return {(row[0], row[1]): float(row[4]) for row in _rows(table)[2:] if row[0] in CASES}


def test_times() -> None:
    """In the table of times, as far as it rounds."""
    times = _times()
    head, _, *rows = _rows(PAGE.partition("### Time")[2].partition("## Others")[0])
    assert len(head) == len(CASES) + 1
    assert len(rows) == 5
    for phase, *told in rows:
        for case, shown in zip(CASES, told, strict=True):
            digits = len(shown.partition(".")[2])
            assert abs(times[case, phase] - float(shown)) <= 0.51 * 10**-digits, (case, phase)


def test_requests() -> None:
    """A listing for each repository here, a read for each hook there."""
    (row,) = [row for row in _rows(PAGE) if row[0].startswith("requests of a refresh")]
    repositories, hooks = (int(one) for one in re.findall(r"\d+", row[0]))
    assert row[1:] == [f"{repositories * hooks:,}", f"{repositories:,}"]
    (case,) = [row for row in _rows(MEASURED) if row[:2] == ["fleet-100x10", "refresh"]][:1]
    assert "GET 100" in case


def test_drifts() -> None:
    """The ten properties that drift was tried on are told apart."""
    (row,) = [row for row in _rows(PAGE) if row[0].startswith("ten drifts")]
    seen, *not_seen = re.findall(r"\d+(?= seen)|removed secret|history_enabled", row[1])
    assert int(seen) + len(not_seen) == 10
