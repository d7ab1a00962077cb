"""docs/security.md: the scopes that it asks for are those that are asked for, its bounds hold."""

from __future__ import annotations

import re
from typing import Final

import pytest

from bitbucket_hooks.model.safety import too_many
from bitbucket_hooks.sandbox.identity import API_TOKEN_SCOPES, CLASSIC_SCOPES
from support import handbook

PAGE: Final = handbook.page("security.md")
NAMES: Final = sorted(
    path.relative_to(handbook.DOCS).as_posix() for path in handbook.DOCS.rglob("*.md")
)


def test_what_a_token_needs() -> None:
    """Each scope of the table is one that the sandbox asks for, in the column of its kind."""
    rows = handbook.section(PAGE, "What a token needs").splitlines()
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows if "`" in row]
    table = [row for row in cells if len(row) == 3]
    of_tokens, of_others = (
        {value for row in table for value in re.findall(r"`([^`]+)`", row[at])} for at in (1, 2)
    )
    assert len(table) > 5
    assert of_tokens <= set(API_TOKEN_SCOPES)
    assert of_others <= set(CLASSIC_SCOPES)
    assert {f"{verb}:webhook:bitbucket" for verb in ("read", "write", "delete")} <= of_tokens


@pytest.mark.parametrize("name", NAMES)
def test_scopes_of_any_page(name: str) -> None:
    """None is made up."""
    named = set(re.findall(r"`((?:read|write|delete):\w+:bitbucket)`", handbook.page(name)))
    assert named <= set(API_TOKEN_SCOPES)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_too_many(name: str) -> None:
    """Wherever a share and a number are told, they are those at which a run is refused."""
    for share, least in re.findall(r"(\d+) % .{0,40}?at least (\d+)\b", handbook.page(name)):
        number = int(least)
        total = number * 100 // int(share)
        assert too_many(number, total - 1)
        assert not too_many(number, total + 1)
        assert not too_many(number - 1, number - 1)
