"""The page of policies does what it says: its commands and its configuration are run."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from hook_policies.rules import POLICIES, mistakes
from support import handbook
from support.engine import ROOT, STACK, Project
from support.transcript import misses, session, steps

PAGE = handbook.page("policies.md")
(CONFIGURATION,), (PROJECT,) = (handbook.blocks(PAGE, kind) for kind in ("json", "yaml"))


@pytest.mark.engine
def test_the_commands_print_what_the_page_shows(stacks: Project) -> None:
    """On hooks as in the README; then the page's own configuration stops them."""
    dev = yaml.safe_load((ROOT / "stacks" / "dev.yaml").read_text())["config"]
    stacks.config({"bitbucket-hooks:hooks": dev["bitbucket-hooks:hooks"]})
    install, *shown = steps(PAGE)
    assert install.command == "make policies"  # as was done for these tests
    printed = session(
        [step.command for step in shown], stacks.folder, {**stacks.env, "PULUMI_STACK": STACK}
    )
    assert len(shown) == 2
    assert not misses(shown, printed)

    Path(stacks.folder, "own.json").write_text(CONFIGURATION)
    own = ("--policy-pack", "policies", "--policy-pack-config", "own.json")
    assert re.findall(r"- \[mandatory\]  (\S+)", stacks.preview(*own).failed().text) == [
        "secret-required"
    ] * len(dev["bitbucket-hooks:hooks"])


def test_the_page_knows_every_policy() -> None:
    """With its level, its options and their defaults; and its example names what there is."""
    rows = dict(re.findall(r"^\| `([a-z-]+)` \| (.*) \|$", PAGE, re.MULTILINE))
    assert list(rows) == [policy.name for policy in POLICIES]
    for policy in POLICIES:
        assert rows[policy.name].startswith(f"{policy.level} |")
        assert set(policy.own_options) == set(re.findall(r"`(\w+)`: ", rows[policy.name]))
    example = json.loads(CONFIGURATION)
    options = {name: set(given) for name, given in example.items() if isinstance(given, dict)}
    assert (
        mistakes({name: options.get(name, set()) - {"enforcementLevel"} for name in example}) == []
    )


def test_the_project_is_set_up_as_the_page_says() -> None:
    """`Pulumi.yaml` says what starts the pack."""
    project = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())
    assert yaml.safe_load(PROJECT).items() <= project.items()
