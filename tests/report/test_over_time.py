"""What kept reports are read as, and the page that shows it: what isn't known is no 0."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from bitbucket_hooks.model.errors import ConfigError
from bitbucket_hooks.pulumi_cli.history import PastRun
from bitbucket_hooks.report.kept import KeptReport, read_kept
from bitbucket_hooks.report.over_time import StackHistory, render

RUN = {"kind": "refresh", "preview": True, "refreshed": True, "ended": True, "failed": False}
REPORT = {
    "version": 1,
    "project": "hooks",
    "stack": "prod",
    "written": "2026-11-30T03:17:00+00:00",
    "run": RUN,
    "exitCode": 0,
    "counts": {"known": 5, "drifted": 2, "unmanaged": 1},
    "exclusives": [{"unlisted": []}],
}


def read(folder: Path, **differs: Any) -> list[KeptReport]:
    """Keep a report, twice, and read them."""
    for name in ("a.json", "b.json"):
        (folder / name).write_text(json.dumps({**REPORT, **differs}))
    return read_kept([str(folder)], "hooks").of_stack("acme/hooks/prod")


@pytest.mark.parametrize(
    ("differs", "drifted", "unmanaged"),
    [
        ({}, "2", "1"),
        ({"counts": {}}, "0", "0"),
        ({"exclusives": []}, "2", None),
        ({"run": {**RUN, "refreshed": False}}, None, None),
        ({"run": {**RUN, "failed": True}}, "≥ 2", "≥ 1"),
        ({"run": {**RUN, "turn": {"checked": 1}}, "counts": {"drifted": 1}}, "≥ 1", None),
        ({"run": {**RUN, "ended": False}, "counts": {}}, None, None),
        ({"counts": {"drifted": 2, "unchecked": 1}}, "≥ 2", None),
        ({"exclusives": [{"unlisted": ["acme/api"]}], "counts": {}}, None, None),
    ],
)
def test_what_is_known(
    tmp_path: Path, differs: dict[str, Any], drifted: str | None, unmanaged: str | None
) -> None:
    """Nothing that was not looked for, and of a part only what it had."""
    (report,) = read(tmp_path, **differs)
    assert report.least(report.drifted) == drifted
    assert report.least(report.unmanaged) == unmanaged


@pytest.mark.parametrize(
    "differs",
    [{"version": 2}, {"written": None}, {"written": "2026-11-30"}, {"project": "x"}, {"stack": ""}],
)
def test_what_is_left_out(tmp_path: Path, differs: dict[str, Any]) -> None:
    """Reports of another project, and what is no report with a stack and a time."""
    assert not read(tmp_path, **differs)


def test_several_in_a_file(tmp_path: Path) -> None:
    """`stacks preview --json` prints a list; one that failed early has none."""
    (tmp_path / "all.json").write_text(json.dumps([{"changes": REPORT}, {"changes": None}]))
    assert len(read_kept([str(tmp_path / "al*.json")], "hooks").reports) == 1


def test_the_page(tmp_path: Path) -> None:
    """Escapes what comes from outside, has no script but the empty one, and a gap where it must."""
    began = "2026-11-30T03:00:00Z"
    run = PastRun("<b>update", "failed", began, began, {"create": 3})
    known = read(tmp_path) + read(tmp_path, written="2026-12-02T00:00:00Z")
    unknown = read(
        tmp_path, written="2026-12-01T00:00:00Z", run={**RUN, "refreshed": False}, counts={}
    )
    page = render([StackHistory("</svg><b>", [run], [*known, *unknown]), StackHistory("x", [], [])])
    assert "<b>" not in page
    assert re.findall("<script.*?</script>", page, re.DOTALL) == ["<script></script>"]
    assert f"{began}: &lt;b&gt;update failed, 3 created" in page
    assert page.count("<circle ") == 4
    assert "There was no run yet." in page
    assert "no report of this stack was kept" in page
    assert not re.findall(r"(?:href|src)=|url\(|@import", page)


@pytest.mark.parametrize(("is_failed", "lines"), [(False, 2), (True, 0)])
def test_a_line_has_a_gap(tmp_path: Path, *, is_failed: bool, lines: int) -> None:
    """Where a run looked and nothing is known; a preview that didn't look is no gap."""
    run = {**RUN, "refreshed": is_failed, "failed": is_failed}
    days = [
        *read(tmp_path),
        *read(tmp_path, written="2026-12-01T00:00:00Z", run=run, counts={}),
        *read(tmp_path, written="2026-12-02T00:00:00Z"),
    ]
    page = render([StackHistory("prod", [], days)])
    drawn = "".join(re.findall(r'<path d="([^"]*)" class="line reactive', page))
    assert (len(re.findall("<circle ", page)), drawn.count("M")) == (4, lines)


def test_plots_that_are_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The remedy is the command that installs them."""
    monkeypatch.setitem(sys.modules, "pygal", None)
    monkeypatch.delitem(sys.modules, "bitbucket_hooks.html.plots", raising=False)
    run = PastRun("update", "succeeded", "2026-11-30T03:17:00+00:00", "", {"create": 1})
    with pytest.raises(ConfigError, match="pygal") as missing:
        render([StackHistory("prod", [run], None)])
    assert "pip install 'bitbucket-hooks[plots]'" in missing.value.in_a_line
