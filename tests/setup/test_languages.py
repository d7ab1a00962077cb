"""An engine that was built here gets hosts of other languages; others have them or are refused."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from setup.conftest import Machine

NODEJS = ("pulumi-language-nodejs", "pulumi-resource-pulumi-nodejs")


def test_hosts_are_put_beside_the_cli_which_stays_as_it_is(gopher: Machine) -> None:
    """Each is built once, the CLI isn't built again, and Go isn't needed any more."""
    engine = gopher.ask()
    before = {file.name for file in engine.iterdir()}
    assert gopher.ask("languages", "yaml", "nodejs") == engine
    added = {file.name for file in engine.iterdir()} - before
    assert added == {"pulumi-language-yaml", *NODEJS}
    assert all(os.access(engine / name, os.X_OK) for name in added)
    (gopher.home / "bin" / "go").unlink()
    assert gopher.ask("languages", "nodejs", "yaml") == engine
    assert [gopher.builds(name) for name in ("pulumi", "pulumi-language-yaml")] == [1, 1]


def test_the_host_of_node_finds_the_one_that_runs_programs(gopher: Machine) -> None:
    """By its own real place, which the link beside the CLI leads to."""
    host = gopher.ask("languages", "nodejs") / "pulumi-language-nodejs"
    assert (host.resolve().parent / "runner" / host.name).is_file()


def test_a_host_that_was_cleared_away_is_built_again(gopher: Machine) -> None:
    """A link that leads nowhere is no host."""
    engine = gopher.ask("languages", "yaml", "go")
    (entry,) = gopher.engines.glob("yaml-*")
    shutil.rmtree(entry)
    assert gopher.ask("languages", "yaml", "go") == engine
    assert (engine / "pulumi-language-yaml").is_file()
    built = [gopher.builds(f"pulumi-language-{name}") for name in ("yaml", "go")]
    assert [gopher.builds(), *built] == [1, 2, 1]


def test_two_at_once_build_once(gopher: Machine) -> None:
    """And neither stumbles over what the other puts beside the CLI."""
    engine = gopher.ask()
    both = [gopher.start("languages", "nodejs", "go") for _ in range(2)]
    answers = [process.communicate(timeout=60) for process in both]
    assert [out for out, _ in answers] == [f"{engine}\n"] * 2, answers
    assert gopher.builds("pulumi-language-go") == 1


def test_a_downloaded_engine_has_its_own(gopher: Machine) -> None:
    """What came with the official download is neither replaced nor built."""
    from engine import download

    folder = gopher.pulumi("echo v3.272.0", folder=f"cache/engine/{download.name()}/bin")
    host = gopher.program("pulumi-language-yaml", "", f"cache/engine/{download.name()}/bin")
    assert gopher.ask("languages", "yaml") == folder
    assert not host.is_symlink()
    assert gopher.builds("pulumi-language-yaml") == 0


def test_an_engine_of_the_users_own_is_left_alone(gopher: Machine) -> None:
    """It has the host, or it is said that it lacks it."""
    folder = gopher.pulumi()
    message = gopher.refusal("languages", "yaml")
    assert "no pulumi-language-yaml to be had" in message
    assert f"beside {folder}/pulumi or on PATH: there is none" in message
    assert "Install the Pulumi CLI" in message
    gopher.program("pulumi-language-yaml", "")
    assert gopher.ask("languages", "yaml") == folder
    assert not gopher.engines.exists()


def test_a_host_that_cannot_be_built_is_told_with_the_reason(gopher: Machine) -> None:
    """The engine stays, and nothing is put beside it."""
    engine = gopher.ask()
    gopher.env["GO_FAILS"] = "go: module not found"
    message = gopher.refusal("languages", "nodejs")
    assert "no pulumi-language-nodejs to be had" in message
    assert "building pulumi-language-nodejs failed with exit code 1: go: module not" in message
    assert not (engine / "pulumi-language-nodejs").exists()


def test_an_unknown_language_is_refused_with_those_there_are(gopher: Machine) -> None:
    """Before anything is built."""
    _, message = (process := gopher.start("languages", "cobol")).communicate(timeout=60)
    assert process.returncode == 2
    assert "invalid choice: 'cobol'" in message
    assert "yaml" in message
    assert gopher.builds() == 0


@pytest.mark.parametrize("name", ["yaml", "nodejs", "go"])
def test_other_pins_are_another_host(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    """A changed go.sum or source never finds the host of the old one; the CLI's name stays."""
    from engine import build, languages

    before, cli = build.digest(languages.HOSTS[name]), build.name()
    module = languages.HOSTS[name][0].module
    monkeypatch.setattr(build, "MODULES", shutil.copytree(build.MODULES, tmp_path / "go"))
    (tmp_path / "go" / module / "go.sum").write_text("changed")
    assert build.digest(languages.HOSTS[name]) != before
    assert build.name() == cli
