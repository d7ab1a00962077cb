"""docs/reports.md shows what the command prints, and names every key of its JSON."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from support import handbook
from support.report_runs import reported

ROOT = Path(__file__).parents[2]
PAGE = handbook.page("reports.md")
SAMPLE = ROOT / "tests" / "report" / "samples" / "change.refreshed.jsonl"


def test_the_output_is_what_the_command_prints() -> None:
    """The page's example is the report of a real run."""
    (shown,) = re.findall(r"^```text\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert shown == reported("", str(SAMPLE)).stdout


def test_json_is_documented_as_it_is() -> None:
    """Each key of the JSON stands in the page's tables, and no other."""
    shown = json.loads(reported("", str(SAMPLE), "--format", "json").stdout)
    of_report, of_hook = PAGE.partition("## JSON")[2].split("| key of a hook |")
    assert handbook.table_keys(of_report) == shown.keys()
    assert handbook.table_keys(of_hook) == shown["hooks"][0].keys()
    for key in ("run", "counts"):
        assert set(shown[key]) <= set(re.findall(r"`(\w+)`", _row(of_report, key)))


def _row(table: str, key: str) -> Any:
    return next(line for line in table.splitlines() if line.startswith(f"| `{key}`"))
