"""A fresh copy of the project, as somebody has it who just cloned it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
OFFLINE_PIP: Final = {
    "PYTHONPATH": sysconfig.get_path("purelib"),
    "PIP_NO_INDEX": "1",
    "PIP_NO_DEPS": "1",
    "PIP_NO_BUILD_ISOLATION": "0",
}
"""Variables by which `pip install` of a clone needs no network: the rest is this process's."""


def copy(target: Path) -> Path:
    """Copy every file that a commit would hold, and nothing else."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)
    return target


def set_up(target: Path) -> None:
    """Let `make setup` find nothing to do: the packages of this process serve the copy too."""
    ours, theirs = Path(sys.prefix), target / ".venv"
    theirs.mkdir()
    shutil.copy(ours / "pyvenv.cfg", theirs)
    for folder in ("bin", "lib"):
        (theirs / folder).symlink_to(ours / folder)
    (theirs / "root").write_text(f"{target.resolve()}\n")
    locks = b"".join(
        (target / name).read_bytes() for name in ("requirements/run.txt", "pyproject.toml")
    )
    fingerprint = subprocess.run(["cksum"], input=locks, capture_output=True, check=True)
    (theirs / "installed-run").write_bytes(fingerprint.stdout)


def clean_environment(**variables: str) -> dict[str, str]:
    """The environment of somebody who has set nothing yet, and what is given."""
    dropped = ("BITBUCKET_", "PULUMI_", "GITHUB_", "COVERAGE_", "CI", "MAKE")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    return {**kept, **variables}


def unmeasured() -> dict[str, str]:
    """This environment, for a program that is slow when its coverage is measured, and adds none."""
    return {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
