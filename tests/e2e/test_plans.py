"""Pulumi's own update plans hold for their program, and tell nothing of a secret."""

import pytest

from support.engine import Project

pytestmark = pytest.mark.engine

PROGRAM = """
bitbucket.Hook(
    "ci", repository="api", url="https://ci.example.com/", secret_from="env:CI_SECRET", active={on}
)
bitbucket.HookFleet(
    "f", repositories=["web"], url="https://f.example.com/", secret_from="env:CI_SECRET"
)
"""


def test_a_saved_plan_is_carried_out(project: Project) -> None:
    """For a new hook, an edit and a rotation; a value that was not planned for isn't printed."""
    project.env["PULUMI_EXPERIMENTAL"] = "true"
    runs = []
    for secret, on in (("canary-1", True), ("canary-1", False), ("canary-2", False)):
        project.env["CI_SECRET"] = secret
        project.program(PROGRAM.format(on=on))
        runs.append(project.preview("--save-plan", "plan.json", "--diff").succeeded())
        runs.append(project.up("--plan", "plan.json").succeeded())
        assert {project.estate.secret_of(hook.uuid) for hook in project.hooks()} == {secret}
    assert "~ secretFingerprint: [secret] => [secret]" in runs[-2].flat
    project.preview("--save-plan", "plan.json").succeeded()
    project.env["CI_SECRET"] = "canary-3"
    runs.append(project.up("--plan", "plan.json").failed())
    assert {project.estate.secret_of(hook.uuid) for hook in project.hooks()} == {"canary-2"}
    for run in runs:
        assert "scrypt$" not in run.text
        assert "canary" not in run.text
