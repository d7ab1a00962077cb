"""docs/inventory.md names every option, finding and key of the JSON."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from bitbucket_hooks.cli.inventory import inventory
from bitbucket_hooks.inventory.findings import KINDS
from support import handbook
from support.command import run
from support.sandbox import Sandbox

PAGE = handbook.page("inventory.md")


def test_options_are_documented() -> None:
    """Each stands in the table."""
    known = {name for option in inventory.params for name in option.opts if name.startswith("--")}
    assert known == set(re.findall(r"`(--[a-z-]+)", PAGE.partition("## What")[0]))


def test_findings_are_documented() -> None:
    """Each kind has a row."""
    table = PAGE.partition("| kind | code |")[2].partition("\n\n")[0]
    assert set(KINDS) == set(re.findall(r"^\| `(\w+)`", table, re.MULTILINE))


def test_json_is_documented_as_it_is(
    sandbox: Sandbox, sandbox_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each key of the JSON stands in the page's tables, and no other."""
    sandbox.plant_hook("acme/web", "http://ci.example.com/")
    state = tmp_path / "state.json"
    state.write_text('{"deployment": {"resources": []}}')
    monkeypatch.setenv("BITBUCKET_API_URL", f"sandbox:{sandbox_path}")
    shown = json.loads(run("inventory", "acme", "--json", "--state", state).stdout)
    whole, hook = PAGE.partition("## JSON")[2].split("| key of a hook |")
    assert handbook.table_keys(whole) == shown.keys()
    assert handbook.table_keys(hook) == shown["hooks"][0].keys()
    (figures,) = re.findall(r"^\| `figures` \| (.*) \|$", whole, re.MULTILINE)
    assert set(shown["figures"]) | {"--state"} == set(re.findall(r"`([^`]+)`", figures))
