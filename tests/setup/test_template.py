"""`pulumi new` makes a project of the repository, or of the small one in template/."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from support import checkout
from support.engine import environment
from support.sandbox import Sandbox

_SALT: Final = "v1:wR7xjAwjnF0=:v1:lXeRQECJC0IKIt4c:yBntQZYiiAEIm/9+U8xNX2XbQOTiOQ=="

pytestmark = pytest.mark.engine


def _pulumi(folder: Path, *args: str) -> str:
    env = environment(folder.parent / "home")
    env["PYTHONPATH"] = checkout.OFFLINE_PIP["PYTHONPATH"]
    env["PULUMI_BACKEND_URL"] = f"file://{folder.parent}/states?metadata=skip"
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


def _use(clone: Path) -> None:
    """Leave behind what `make up` and a run do, whose passphrase was another one."""
    environment = clone / ".venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    (environment / "lib64").unlink(missing_ok=True)  # as engine/venv.sh does
    (clone / ".state").mkdir()
    (clone / "stacks" / "__pycache__").mkdir()
    dev = (clone / "stacks" / "dev.yaml").read_text()
    (clone / "stacks" / "Pulumi.dev.yaml").write_text(f"{dev}encryptionsalt: {_SALT}\n")
    Sandbox(clone / ".sandbox.db").close()


@pytest.mark.parametrize(("source", "made"), [(".", 1), ("template", 3)])
def test_a_new_project(tmp_path: Path, source: str, made: int) -> None:
    """Of a used clone: it deploys against the sandbox; the big one has no hook yet."""
    clone = checkout.copy(tmp_path / "clone")
    _use(clone)
    folder = tmp_path / "mine"
    for path in (folder, tmp_path / "states", tmp_path / "home"):
        path.mkdir()
    template = str(clone / source)
    _pulumi(folder, "new", template, "--yes", "--name", "mine", "--stack", "first")
    if source == "template":
        for command in (
            [sys.executable, "-m", "venv", ".venv"],
            [".venv/bin/pip", "install", "--quiet", str(clone)],
        ):
            pip = {**os.environ, **checkout.OFFLINE_PIP}
            subprocess.run(command, cwd=folder, env=pip, check=True)
    assert f"+ {made} to create" in _pulumi(folder, "preview")
    assert f"+ {made} created" in _pulumi(folder, "up", "--yes", "--skip-preview")


def test_only_the_files(tmp_path: Path) -> None:
    """Without a backend; what the template holds and nothing else."""
    template = checkout.copy(tmp_path / "clone") / "template"
    folder = tmp_path / "mine"
    for path in (folder, tmp_path / "home"):
        path.mkdir()
    _pulumi(folder, "new", str(template), "--generate-only", "--yes", "--name", "mine")
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        path.name for path in template.iterdir()
    )
    assert "name: mine\n" in (folder / "Pulumi.yaml").read_text()
