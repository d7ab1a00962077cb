"""`bitbucket-hooks doctor` with the real engine: backend, secrets, stacks that share hooks."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import Any

import pytest

from support.engine import STACK, Project

pytestmark = pytest.mark.engine

KEY = "bitbucket-hooks:hooks"
CI = {
    "name": "ci",
    "url": "https://ci.example.com/hook?token=canary-query",
    "repositories": ["api", "web"],
    "secretFrom": "env:CI_HOOK_SECRET",
}
OTHER = "other"


def examine(project: Project, code: int = 0, **env: str) -> dict[str, dict[str, Any]]:
    """Give the findings on the stack, the last of each check. No canary passes."""
    given = {"CI_HOOK_SECRET": "canary-secret", **env}
    run = project.command("doctor", STACK, "--json", **given)
    assert run.code == code, run.text
    assert "canary" not in run.text
    return {finding["check"]: finding for finding in json.loads(run.stdout)["findings"]}


def test_a_stack_and_its_neighbour(stacks: Project) -> None:
    """All is well; a secret that can't be opened; a second stack that has adopted the hooks."""
    stacks.env["CI_HOOK_SECRET"] = "canary-secret"
    stacks.config({KEY: [CI]}).secret("bitbucket-hooks:hooks[0].description", "canary-title")
    stacks.up().succeeded()
    found = examine(stacks)
    assert {finding["level"] for finding in found.values()} <= {"ok", "note"}, found
    assert found["pulumi"]["what"].startswith("3.")
    assert found["backend"]["what"].startswith(f"file://{stacks.backend}, as ")
    assert found["stack"]["what"].startswith(STACK)
    assert found["secrets"]["level"] == "ok"
    assert found["states"]["what"] == "there is no other stack"

    found = examine(stacks, code=1, PULUMI_CONFIG_PASSPHRASE="canary-passphrase")
    assert "incorrect passphrase" in found["secrets"]["what"]
    assert found["access"]["level"] == "ok"
    found = examine(stacks, code=1, PULUMI_BACKEND_URL="file:///nowhere/at/all")
    assert found["backend"]["level"] == "error"
    assert found["config"]["level"] == "ok"

    shutil.copy(stacks.config_file, stacks.config_file.with_name(f"Pulumi.{OTHER}.yaml"))
    for command in (["stack", "init", OTHER, "--no-select"], ["up", "--yes", "--skip-preview"]):
        chosen = ["--stack", OTHER] if command[0] == "up" else []
        subprocess.run(
            ["pulumi", *command, *chosen, "--non-interactive"],
            cwd=stacks.folder,
            env=stacks.env,
            check=True,
            capture_output=True,
        )
    found = examine(stacks, code=1)
    assert "2 hooks in the states of two stacks" in found["states"]["what"]
    assert f"ci of {OTHER} and ci of {STACK}" in found["states"]["details"][0]
    assert "2 hooks that two stacks declare" in found["declarations"]["what"]
    assert len(stacks.hooks()) == 2
