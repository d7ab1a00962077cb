"""A state that version 0.1.0 wrote goes on: nothing changes until the program does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import pytest

from support.engine import Project

pytestmark = pytest.mark.engine

SAVED: Final = Path(__file__).parent / "state_of_0_1_0"
PROGRAM: Final = """
hook = bitbucket.Hook(
    "ci",
    owner="acme",
    repository="api",
    url="https://ci.example.com/bitbucket?token=canary-query",
    description="CI",
    events=["repo:push", "pullrequest:created"],
    secret="canary-secret",
)
bitbucket.Hook(
    "sourced", repository="web", url="https://sourced.example.com/", secret_from="env:CI_SECRET"
)
bitbucket.Hook("unsigned", repository="web", url="https://unsigned.example.com/", secret="")
bitbucket.Hook(
    "secret-url",
    repository="web",
    url=pulumi.Output.secret("https://chat.example.com/services/canary-path"),
    active=False,
    history_enabled=True,
)
audit = bitbucket.WorkspaceHook("audit", workspace="acme", url="https://audit.example.com/")
fleet = bitbucket.HookFleet(
    "fleet",
    owner="acme",
    repositories=["api", "web", "worker"],
    url="https://fleet.example.com/",
    description="Fleet",
    secret_from="env:CI_SECRET",
)
other = bitbucket.Provider("other", api_url=API_URL)
bitbucket.Hook(
    "elsewhere",
    pulumi.ResourceOptions(provider=other),
    owner="acme",
    repository="docs",
    url="https://elsewhere.example.com/",
    secret="canary-other",
)
bitbucket.RepositoryHooksExclusive(
    "nothing-else", owner="acme", repositories=["api", "worker"], hooks=[hook, fleet]
)
bitbucket.WorkspaceHooksExclusive("only-audit", workspace="acme", hooks=[audit])
"""


@pytest.fixture
def continued(project: Project) -> Project:
    """Give a project with the saved state, its live hooks and the program that made both."""
    state = (SAVED / "state.json").read_text("utf-8").replace("PROJECT", str(project.folder))
    for hook in json.loads((SAVED / "hooks.json").read_text("utf-8")):
        target, uuid = hook.pop("target"), hook.pop("uuid")
        state = state.replace(uuid, project.estate.plant_hook(target, **hook).uuid)
    file = project.folder / "saved.json"
    file.write_text(state)
    salt = json.loads(state)["deployment"]["secrets_providers"]["state"]["salt"]
    config = project.config_file.read_text()
    kept = [line for line in config.splitlines() if not line.startswith("encryptionsalt")]
    project.config_file.write_text("\n".join([*kept, f"encryptionsalt: {salt}", ""]))
    project.run("stack", "import", "--file", str(file)).succeeded()
    project.env["CI_SECRET"] = "canary-sourced"
    return project.program(f'API_URL = "sandbox:{project.database}"\n{PROGRAM}')


def test_nothing_changes(continued: Project) -> None:
    """Neither a preview, with or without a refresh, nor an update finds anything to do."""
    before = continued.hooks()
    for run in (continued.preview, continued.up):
        for refresh in ((), ("--refresh",)):
            run(*refresh, "--expect-no-changes").succeeded()
    assert continued.hooks() == before
    assert not continued.writes()
    kept = {name: resource["outputs"].keys() for name, resource in continued.state().items()}
    assert all({"subjectUuid", "subjectUuids"} & outputs for outputs in kept.values()), kept


def test_a_repository_is_renamed(continued: Project) -> None:
    """The refresh before has learned its uuid: everything in it is found, and nothing changes."""
    continued.preview_and_up("--refresh").succeeded()
    before = continued.hooks()
    continued.estate.rename_repository("acme/api", "renamed")
    run = continued.preview("--refresh", "--expect-no-changes").succeeded()
    assert "acme/api: was renamed to acme/renamed" in run.flat
    assert continued.hooks() == before


def test_a_rotation_reaches_each_hook_of_its_source(continued: Project) -> None:
    """Another value is seen in what the state keeps of the old one, and written once a hook."""
    continued.env["CI_SECRET"] = "canary-rotated"
    continued.up().succeeded()
    secrets = [hook.secret for hook in continued.hooks()]
    assert secrets.count("canary-rotated") == 4
    assert "canary-sourced" not in secrets
    assert len(continued.writes()) == 4
    assert "canary-rotated" not in continued.state_files()


def test_all_is_taken_down(continued: Project) -> None:
    """What was declared goes, what nobody declared stays."""
    continued.destroy().succeeded()
    assert [hook.description for hook in continued.hooks()] == ["Forgotten"]
