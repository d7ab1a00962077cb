"""`pulumi new` makes a project of the repository, or of the small one in template/."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from support import checkout
from support.engine import environment

pytestmark = pytest.mark.engine


def _pulumi(folder: Path, *args: str) -> str:
    env = environment(folder.parent / "home")
    env["PULUMI_BACKEND_URL"] = f"file://{folder.parent}/states"
    done = subprocess.run(
        ["pulumi", *args, "--non-interactive", "--color", "never"],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize(("source", "made"), [(".", 1), ("template", 3)])
def test_a_new_project(tmp_path: Path, source: str, made: int) -> None:
    """It previews and deploys against the sandbox at once; the big one has no hook yet."""
    template = checkout.copy(tmp_path / "clone") / source
    folder = tmp_path / "mine"
    for one in (folder, tmp_path / "states", tmp_path / "home"):
        one.mkdir()
    _pulumi(folder, "new", str(template), "--yes", "--name", "mine", "--stack", "first")
    assert f"+ {made} to create" in _pulumi(folder, "preview")
    assert f"+ {made} created" in _pulumi(folder, "up", "--yes", "--skip-preview")
