"""What programs in other languages than Python need; made once, and kept in the user's cache."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Final

from support.engine import ROOT
from support.kept import kept

TYPESCRIPT: Final = Path(__file__).with_name("typescript")
"""A project's package.json, with a lock of what it names."""
EDITOR: Final = Path(__file__).with_name("editor")
"""The same of what editors ask about YAML."""


@cache
def ensure(*names: str) -> None:
    """Have the engine run programs in these languages: `yaml`, `nodejs`; `go` for its SDKs."""
    command = [sys.executable, "-m", "engine", "languages", *names]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@cache
def node_modules(project: Path = TYPESCRIPT) -> Path:
    """Give the installed packages of a project: for a link, as nothing may be added."""

    def install(folder: Path) -> None:
        shutil.copytree(project, folder)
        npm = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        subprocess.run(npm, cwd=folder, check=True, capture_output=True)

    return kept("npm", [project / "package-lock.json"], install) / "node_modules"


def typescript_project(folder: Path, program: str, *, adds_packages: bool = False) -> Path:
    """Lay out a project with a TypeScript program and its packages; others are added to a copy."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "Pulumi.yaml").write_text("name: e2e\nruntime: nodejs\n")
    shutil.copy(TYPESCRIPT / "package.json", folder)
    (folder / "index.ts").write_text(program)
    (folder / "tsconfig.json").write_text('{"compilerOptions": {"strict": true}}')
    if adds_packages:
        shutil.copytree(node_modules(), folder / "node_modules", symlinks=True)
    else:
        (folder / "node_modules").symlink_to(node_modules())
    return folder


def npm() -> dict[str, str]:
    """What npm goes by, so that it asks its registry for as little as it can."""
    return {
        "npm_config_cache": str(Path.home() / ".npm"),
        "npm_config_audit": "false",
        "npm_config_prefer_offline": "true",
    }


def go_build(folder: Path, module: str) -> None:
    """Compile the Go program in a folder, with the versions that the CLI is built of."""
    generator = ROOT / "engine" / "go" / "generator"
    shutil.copy(generator / "go.sum", folder)
    pins = (generator / "go.mod").read_text()
    (folder / "go.mod").write_text(pins.replace("bitbucket-hooks/engine/generator", module))
    # As the CLI is built, so that what both consist of is compiled once.
    env = {**os.environ, "CGO_ENABLED": "0", "GOWORK": "off"}
    build = ["go", "build", "-mod=mod", "-buildvcs=false", "-trimpath", "-o", os.devnull, "."]
    done = subprocess.run(build, cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
