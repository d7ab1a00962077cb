"""docs/house.md promises things that can be counted."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from statistics import median, quantiles

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "resources" / "bitbucket_hooks"


def test_functions_are_short_and_tell_what_they_return() -> None:
    """A median within 10 lines, nine of ten within 30, and a type of each."""
    trees = [ast.parse(path.read_text("utf-8")) for path in PACKAGE.rglob("*.py")]
    functions = [
        one for tree in trees for one in ast.walk(tree) if isinstance(one, ast.FunctionDef)
    ]
    lines = [(one.end_lineno or one.lineno) - one.lineno + 1 for one in functions]
    assert median(lines) <= 10
    assert quantiles(lines, n=10)[-1] <= 30
    assert [one.name for one in functions if one.returns is None] == []


def test_the_places_are_there() -> None:
    """Each file of which the page says what was learned from whom."""
    page = (ROOT / "docs" / "house.md").read_text("utf-8")
    ours = [row.split("|")[1] for row in page.splitlines() if row.startswith("| `")]
    named = [name for cell in ours for name in re.findall(r"`([\w-]+[./][\w./-]*)`", cell)]
    assert len(named) > 20
    bases = (ROOT, PACKAGE, PACKAGE / "report")
    assert [one for one in named if not any((base / one).exists() for base in bases)] == []
