"""docs/scaling.md: its figures follow from how the product asks; what it shows is what there is."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path

import pytest

from bitbucket_hooks.api.client import PAGE_LENGTH
from bitbucket_hooks.model.settings import PUBLIC_LIMIT
from support.command import run

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "scaling.md").read_text("utf-8")
SIZES = (1_000, 10_000, 100_000)


def _row(name: str) -> list[str]:
    """The cells of a row of a table, without its name."""
    (line,) = [line for line in PAGE.splitlines() if line.startswith(f"| {name} |")]
    return [cell.strip() for cell in line.strip("|").split("|")][1:]


def _hours(requests: int, limit: int) -> str:
    """How long they last: the first hour's allowance goes at once."""
    hours = (requests - 1) // limit
    return f"over {hours} hour{'s' * (hours > 1)}" if hours else "at once"


def _requests(size: int, cost: int) -> int:
    return size * cost + math.ceil(size / PAGE_LENGTH)


@pytest.mark.parametrize(
    ("row", "cost"),
    [
        ("first `up`: requests", 2),
        ("full refresh, drift: requests", 1),
        ("a changed url or event: requests", 1),
        ("`up` without a change, preview: requests", 0),
    ],
)
def test_requests(row: str, cost: int) -> None:
    """A listing and a write for each repository, and the list of them."""
    assert _row(row) == [f"{_requests(size, cost):,}" for size in SIZES]


@pytest.mark.parametrize(("row", "cost"), [("first `up`", 2), ("full refresh", 1)])
@pytest.mark.parametrize("limit", [PUBLIC_LIMIT, 10_000])
def test_hours(row: str, cost: int, limit: int) -> None:
    """At the documented limit, and at the most that a scaled one gives."""
    expected = [_hours(_requests(size, cost), limit) for size in SIZES]
    assert _row(f"{row} at {limit:,} an hour") == expected


def test_bytes() -> None:
    """By what a hook takes in a measured state."""
    (cost,) = re.findall(r"(\d+) bytes a hook", PAGE)
    assert _row("state") == [f"{float(f'{size * int(cost) / 1e6:.2g}'):g} MB" for size in SIZES]


@pytest.mark.parametrize(("row", "part"), [("500 a night", 500), ("4,000 a night", 4_000)])
def test_nights(row: str, part: int) -> None:
    """As many runs as there are parts in the whole."""
    (line,) = [line for line in PAGE.splitlines() if line.startswith(f"| {row}")]
    cells = [cell.strip() for cell in line.strip("|").split("|")][1:]
    assert cells == [f"{math.ceil(size / part)} nights" for size in SIZES[1:]]


def test_the_listing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of this project's own stacks, as it is shown."""
    monkeypatch.chdir(ROOT)
    for name in ("BITBUCKET_OAUTH_TOKEN", "BITBUCKET_USERNAME", "BITBUCKET_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    (shown,) = re.findall(r"\$ bitbucket-hooks stacks\n(.*?)```", PAGE, re.DOTALL)
    assert run("stacks").stdout == shown
    assert set(json.loads(run("stacks", "--matrix", "github").stdout)) == {"include"}


def test_the_shards_are_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is a file that `check` finds nothing wrong with."""
    (tmp_path / "Pulumi.yaml").write_text("name: bitbucket-hooks\nstackConfigDir: stacks\n")
    (tmp_path / "stacks").mkdir()
    found = re.findall(r"```yaml\n# (stacks/\S+):.*?\n(.*?)```", PAGE, re.DOTALL)
    for name, text in found:
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    checked = json.loads(run("check", "--json").stdout)
    assert [stack["stack"] for stack in checked] == ["prod-a-to-m", "prod-plat"]
