"""docs/doctor.md shows what the command prints, and names every option, level, check and key."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
import yaml

from bitbucket_hooks.cli.doctor import doctor
from bitbucket_hooks.doctor.findings import Level
from support import handbook
from support.doctor import run_doctor
from support.fake_pulumi import FakePulumi
from support.sandbox import Sandbox
from support.transcript import misses, steps

ROOT = Path(__file__).parents[2]
PAGE = handbook.page("doctor.md")


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Give the PATH with an engine that has the project's stack `dev`, in a copy of the project."""
    folder = tmp_path / "project"
    folder.mkdir()
    shutil.copy(ROOT / "Pulumi.yaml", folder)
    shutil.copytree(ROOT / "stacks", folder / "stacks")
    shutil.copy(ROOT / "stacks" / "dev.yaml", folder / "stacks" / "Pulumi.dev.yaml")
    Sandbox(folder / ".sandbox.db").close()
    monkeypatch.chdir(folder)
    engine = FakePulumi(tmp_path / "bin").put().has("dev", "prod", "staging", selected="dev")
    project, own = (
        yaml.safe_load(file.read_text())["config"]
        for file in (folder / "Pulumi.yaml", folder / "stacks" / "Pulumi.dev.yaml")
    )
    shared = {key: given["value"] for key, given in project.items() if "value" in given}
    config = {key: {"objectValue": value} for key, value in {**shared, **own}.items()}
    engine.says("config", config)
    return engine.path


def test_the_sample_is_what_is_printed(path: str) -> None:
    """Line by line."""
    (step,) = steps(PAGE)
    assert not misses([step], [run_doctor({"PATH": path}, *step.command.split()[2:]).stdout])


def test_json_is_documented_as_it_is(path: str) -> None:
    """Each key stands in the tables, and no other; so does each check that is done."""
    shown = json.loads(run_doctor({"PATH": path}, "--json").stdout)
    document, finding = PAGE.partition("## JSON")[2].split("| key of a finding |")
    assert handbook.table_keys(document) == shown.keys()
    assert handbook.table_keys(finding) == shown["findings"][0].keys()
    assert {finding["check"] for finding in shown["findings"]} <= _checks()
    assert {finding["family"] for finding in shown["findings"]} == _families()


def test_checks_are_documented() -> None:
    """All that the modules name, and no others."""
    folder = ROOT / "resources" / "bitbucket_hooks" / "doctor"
    call = re.compile(r'\b(?:ok|note|warning|error|unknown|failure|not_asked)\(\s*"(\w+)"')
    named = {name for file in folder.glob("*.py") for name in call.findall(file.read_text())}
    assert named == _checks()


def test_options_and_levels_are_documented() -> None:
    """Each stands in its table."""
    known = {name for option in doctor.params for name in option.opts if name.startswith("--")}
    head = PAGE.partition("## What")[0]
    assert known == set(re.findall(r"^\| `(--[a-z-]+)", head, re.MULTILINE))
    levels = head.partition("| level |")[2]
    assert {level.value for level in Level} == set(re.findall(r"^\| `(\w+)`", levels, re.MULTILINE))


def _table() -> list[list[str]]:
    table = PAGE.partition("| family |")[2].partition("\n\n")[0]
    return [line.split("|")[1:3] for line in table.splitlines()[2:]]


def _checks() -> set[str]:
    return {name for _, checks in _table() for name in re.findall(r"`(\w+)`", checks)}


def _families() -> set[str]:
    return {family.strip() for family, _ in _table()} - {""}
