"""`bitbucket-hooks import`, then `up`: nothing is made and nothing is changed on Bitbucket."""

from __future__ import annotations

import pytest

from support import estates
from support.engine import STACK, Project

pytestmark = pytest.mark.engine

ON_STACK = ("--stack", STACK)


@pytest.mark.parametrize("name", ["messy", "hostile"])
def test_up_changes_nothing(stacks: Project, name: str) -> None:
    """Every hook is adopted as it is, and the next run has nothing to do."""
    planted = getattr(estates, name)(stacks.estate)
    before = stacks.hooks()
    assert len(before) == planted >= 20
    config = stacks.config_file.read_text()
    assert stacks.command("import", *ON_STACK).code == 3
    assert stacks.config_file.read_text() == config
    run = stacks.command("import", "--write", *ON_STACK)
    assert run.code == 0, run.text
    assert estates.CANARY not in run.text + stacks.config_file.read_text()

    run = stacks.preview_and_up().succeeded()
    assert stacks.writes() == []
    assert stacks.hooks() == before
    assert estates.CANARY not in run.text + stacks.state_files()
    assert stacks.preview("--refresh", "--json").succeeded().operations() == {}
    again = stacks.command("import", *ON_STACK)
    assert (again.code, "nothing to import" in again.stdout) == (0, True), again.text
    assert stacks.writes() == []
