"""docs/importing.md: its commands take over what is there, and change nothing."""

from __future__ import annotations

import pytest

from support import handbook
from support.engine import Project
from support.transcript import session


@pytest.mark.engine
def test_the_commands(stacks: Project) -> None:
    """Look, write and deploy, in the page's words; Bitbucket is only read."""
    stacks.env["BITBUCKET_API_URL"] = f"sandbox:{stacks.database}"
    stacks.env["BITBUCKET_WORKSPACE"] = "acme"
    for slug in ("api", "web"):
        stacks.estate.plant_hook(f"acme/{slug}", "https://ci.example.com/", description="CI")
    before = stacks.hooks()
    (block,) = handbook.blocks(handbook.page("importing.md"), "shell")
    look, write, up = [line.partition("  #")[0] for line in block.splitlines()]
    commands = [f"{look} || test $? = 3", write, f"{up} --yes --skip-preview"]
    *_, looked, wrote, done = session(
        ["pulumi stack init prod", *commands], stacks.folder, stacks.env
    )
    assert "nothing is written: that takes --write" in looked
    assert "wrote Pulumi.prod.yaml" in wrote
    assert "nothing changes on it" in done
    assert stacks.hooks() == before
    assert stacks.writes() == []
