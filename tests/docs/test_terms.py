"""docs/terms.md: what stands as code is there, and each term is explained once."""

from __future__ import annotations

import re
from collections import Counter
from typing import Final

import bitbucket_hooks
from bitbucket_hooks.events import KEYS
from bitbucket_hooks.model.copies import AS_DECLARED, GONE
from bitbucket_hooks.stack.config import STACK_KEYS
from support import handbook
from support.engine import ROOT

PAGE: Final = handbook.page("terms.md")
PULUMIS: Final = ("pulumi", "pulumi up", "id")


def _known() -> set[str]:

    rooms = (path.stem for path in (ROOT / "resources" / "bitbucket_hooks").iterdir())
    keys = (f"bitbucket-hooks:{key}" for key in STACK_KEYS)
    return {*KEYS, *bitbucket_hooks.__all__, *rooms, *keys, AS_DECLARED, GONE, *PULUMIS}


def test_examples() -> None:
    """Events, keys, names, files and standings."""
    shown = set(re.findall(r"`([^`]+)`", PAGE))
    files = {one for one in shown if "/" in one and (ROOT / one).is_file()}
    stacks = {one for one in shown if one == "Pulumi.STACK.yaml"}
    assert len(shown) > 8
    assert shown - _known() - files - stacks == set()


def test_each_term_once() -> None:
    """A word has one meaning."""
    rows = re.findall(r"^\| ([^|]+) \| ", PAGE, re.MULTILINE)
    terms = [word.strip() for row in rows for word in row.split(",")]
    often = Counter(one for one in terms if one not in ("term", "---"))
    assert len(often) > 30
    assert [one for one, count in often.items() if count > 1] == []
