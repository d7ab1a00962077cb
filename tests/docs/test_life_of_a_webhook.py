"""docs/life-of-a-webhook.md names functions: each is there."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "life-of-a-webhook.md").read_text("utf-8")
ROOMS = sorted(
    path.stem
    for path in (ROOT / "resources" / "bitbucket_hooks").iterdir()
    if path.suffix == ".py" or path.is_dir()
)
NAMES = sorted(set(re.findall(rf"`((?:{'|'.join(ROOMS)})(?:\.\w+)+)`", PAGE)))


def _named(path: str) -> Any:
    """What a dotted name within the package leads to: the longest module, then attributes."""
    parts = path.split(".")
    for end in range(len(parts), 0, -1):
        try:
            found = importlib.import_module(".".join(["bitbucket_hooks", *parts[:end]]))
        except ModuleNotFoundError:
            continue
        for name in parts[end:]:
            found = getattr(found, name)
        return found
    raise AssertionError(path)


@pytest.mark.parametrize("name", NAMES)
def test_every_name_leads_somewhere(name: str) -> None:
    """Modules, classes, functions and methods."""
    assert _named(name)


def test_it_names_the_way() -> None:
    """Every step of the tables has a name that was looked at above, and steps are counted on."""
    rows = re.findall(r"^\| (\d+) \| `([\w.]+)`", PAGE, re.MULTILINE)
    assert [int(number) for number, _ in rows] == list(range(1, len(rows) + 1))
    assert {name for _, name in rows} <= set(NAMES)
    assert len(NAMES) > len(rows) > 10
