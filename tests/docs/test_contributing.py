"""Every file that CONTRIBUTING.md names is there."""

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
    assert len(named) > 20
    assert {name for name in named if not _found(name).is_file()} == set()


def _found(name: str) -> Path:
    return ROOT / name if (ROOT / name).exists() else PACKAGE / name
