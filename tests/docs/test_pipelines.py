"""docs/pipelines.md does what it says: its commands run, its variables are those of the files."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from support import checkout, pipelines
from support.engine import Templates, environment
from support.transcript import misses, session, steps

PAGE = (checkout.ROOT / "docs" / "pipelines.md").read_text("utf-8")


@pytest.mark.engine
def test_at_a_desk(tmp_path: Path, templates: Templates) -> None:
    """The commands print what stands below them, in a clean checkout."""
    folder = checkout.copy(tmp_path / "checkout")
    checkout.set_up(folder)
    env = checkout.clean_environment(**environment(tmp_path / "home"))
    del env["PULUMI_CONFIG_PASSPHRASE"]
    env["PYTHONPATH"] = str(templates.pip())
    shown = list(steps(PAGE))
    printed = session([step.command for step in shown], folder, env)
    assert len(shown) >= 8
    assert not misses(shown, printed)


def test_variables() -> None:
    """Every secret that a workflow takes stands in the page, and so do its environments."""
    text = "".join(path.read_text("utf-8") for path in pipelines.WORKFLOWS)
    for name in re.findall(r"\$\{\{ (?:secrets|vars)\.(\w+)", text):
        assert f"`{name}`" in PAGE
    environments = {job.get("environment", "") for _, job in pipelines.github_jobs()}
    environments -= {"", "pypi"}  # the release of the package brings no webhooks anywhere
    named = {name.replace("${{ matrix.stack }}", "staging") for name in environments}
    assert all(f"`{name}`" in PAGE for name in named)


def test_what_runs_when() -> None:
    """The page's table names every script that the pipelines run."""
    steps_ = pipelines.bitbucket_steps(yaml.safe_load(pipelines.BITBUCKET.read_text("utf-8")))
    for line in {line for step in steps_ for line in step["script"]}:
        assert f"`{line}`" in PAGE
