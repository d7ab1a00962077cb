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


KINDS = """
import os
secret = pulumi.Output.secret(os.environ["CI_SECRET"])
ci = bitbucket.Hook("ci", repository="api", url="https://ci.example.com/", secret=secret)
audit = bitbucket.WorkspaceHook("audit", url="https://a.example.com/", secret=secret, active={on})
f = bitbucket.HookFleet(
    "f", repositories={slugs}, url="https://f.example.com/", secret=secret, active={on}
)
bitbucket.RepositoryHooksExclusive(
    "only", repositories=["api", "web", "docs"], hooks=[ci, f], on_unmanaged="{unmanaged}"
)
bitbucket.WorkspaceHooksExclusive("whole", hooks=[audit], on_unmanaged="{unmanaged}")
"""


def test_plans_hold_with_every_kind_of_resource(project: Project) -> None:
    """A preview doesn't know a fleet's uuids when that changes: lists of them are unknown."""
    project.env["PULUMI_EXPERIMENTAL"] = "true"
    planted = project.estate.plant_hook("acme/docs", "https://old.example.com/")
    ways = [
        ("canary-1", True, ["web"], "report"),
        ("canary-2", False, ["web"], "report"),
        ("canary-2", True, ["docs"], "delete"),
        ("canary-2", True, ["docs"], "delete"),
    ]
    for secret, on, slugs, unmanaged in ways:
        project.env["CI_SECRET"] = secret
        project.program(KINDS.format(on=on, slugs=slugs, unmanaged=unmanaged))
        project.preview("--save-plan", "plan.json").succeeded()
        run = project.up("--plan", "plan.json").succeeded()
        made = [hook for hook in project.hooks() if hook != planted]
        assert {project.estate.secret_of(hook.uuid) for hook in made} == {secret}
        assert {hook.active for hook in made if hook.url != "https://ci.example.com/"} == {on}
    assert "6 unchanged" in run.flat
    assert planted not in project.hooks()
    assert len(project.hooks("acme/docs")) == 1
