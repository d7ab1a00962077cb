"""CONTRIBUTING.md names files: they are there, and a property is found in each of its list."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "resources" / "bitbucket_hooks"
PAGE = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
FILE = re.compile(r"`([\w./-]+\.(?:py|md|json|yaml|toml))`")


def test_every_file_is_there() -> None:
    """In the project, or in the package."""
    named = set(FILE.findall(PAGE))
    assert len(named) > 30
    assert {one for one in named if not _found(one).is_file()} == set()


def test_the_way_of_a_property() -> None:
    """Each module of the list has the property that it tells to follow, and no others have."""
    text = PAGE.partition("**A property of a hook**")[2].partition("**An event**")[0]
    table = "".join(line for line in text.splitlines() if line.startswith("|"))
    listed = {one for one in FILE.findall(table) if one.endswith(".py")}
    having = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if re.search(r"history_enabled|historyEnabled", path.read_text("utf-8"))
    }
    assert listed <= having
    # the rest is about what that property switches on: the log of requests
    rest = {one for one in having - listed if not one.startswith(("sandbox/", "cli/sandbox"))}
    assert rest == set()


def _found(name: str) -> Path:
    return ROOT / name if (ROOT / name).exists() else PACKAGE / name
