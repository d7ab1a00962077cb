"""Other people's Python environments: the built wheel in them, and no source tree near."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Sequence
from importlib.metadata import PathDistribution, metadata
from pathlib import Path
from typing import Final

import attrs
from packaging.requirements import Requirement

from support.engine import environment

ROOT: Final = Path(__file__).parents[2]
OWN: Final = "{}.{}".format(*sys.version_info)
LOCK: Final = ROOT / "requirements" / "run.txt"
_ASK: Final = "import sys, ensurepip, venv; print('%d.%d' % sys.version_info[:2])"
_SUPPORTED: Final = re.compile(r":: (3\.\d+)$")


def supported() -> list[str]:
    """The Python versions that the package says it runs on, oldest first."""
    found = metadata("bitbucket-hooks").get_all("Classifier", [])
    return [match[1] for line in found if (match := _SUPPORTED.search(line))]


def pythons() -> dict[str, Path]:
    """The interpreters of this machine that the package supports: its own, on PATH, or pyenv's."""
    versions = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    found: dict[str, Path] = {}
    for version in supported():
        on_path = shutil.which(f"python{version}")
        candidates = [
            *([Path(sys.executable)] if version == OWN else []),
            *sorted(versions.glob(f"{version}.*/bin/python{version}")),
            *([Path(on_path)] if on_path else []),
        ]
        working = (path for path in candidates if _is(path, version))
        if python := next(working, None):
            found[version] = python
    return found


def _is(python: Path, version: str) -> bool:
    """Whether it is what its name says: pyenv has a stand-in for each version that it ever saw."""
    done = subprocess.run(
        [python, "-c", _ASK], capture_output=True, text=True, check=False, timeout=60
    )
    return done.stdout.strip() == version


def oldest(wheel: Path) -> list[str]:
    """The oldest version of each dependency that a wheel says it takes."""
    (info,) = (path for path in zipfile.Path(wheel).iterdir() if path.name.endswith(".dist-info"))
    needs = [Requirement(line) for line in PathDistribution(info).requires or []]
    bounds = [(need.name, bound) for need in needs for bound in need.specifier]
    return [f"{name}=={bound.version}" for name, bound in bounds if bound.operator == ">="]


def build_wheel(folder: Path) -> Path:
    """Build the wheel as a release does."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


@attrs.frozen
class Stranger:
    """A virtual environment and a folder to work in, both away from the source tree."""

    venv: Path
    folder: Path

    @property
    def env(self) -> dict[str, str]:
        """What its processes see: its own programs first, and nothing of ours but the engine."""
        env = environment(self.folder / "home")
        folders = env["PATH"].split(os.pathsep)
        ours = str(Path(sys.executable).parent)
        kept = [folder for folder in folders if folder != ours and not folder.startswith(str(ROOT))]
        env = {name: value for name, value in env.items() if not name.startswith("PYTHON")}
        backend = self.folder / "states"
        backend.mkdir(exist_ok=True)
        path = os.pathsep.join([str(self.venv / "bin"), *kept])
        return {**env, "PATH": path, "PULUMI_BACKEND_URL": f"file://{backend}?metadata=skip"}

    def install(self, python: Path, packages: Sequence[str]) -> None:
        """Make the environment and fill it, through pip's index as it is set up here."""
        # with pip: the engine asks it what there is
        command = [str(python), "-m", "venv", str(self.venv)]
        subprocess.run(command, check=True, capture_output=True)
        pip = [str(self.venv / "bin" / "python"), "-m", "pip"]
        quiet = ["--quiet", "--no-input", "--disable-pip-version-check", "--no-compile"]
        done = subprocess.run(
            [*pip, "install", *quiet, "--only-binary", ":all:", *packages],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr

    def run(self, *command: str, code: int = 0) -> str:
        """Run a program, preferably of its own environment, and give what it said."""
        own = self.venv / "bin" / command[0]
        done = subprocess.run(
            [str(own) if own.exists() else command[0], *command[1:]],
            cwd=self.folder,
            env=self.env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == code, f"{' '.join(command)}\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def pulumi(self, *args: str) -> str:
        """Run the engine."""
        return self.run("pulumi", *args, "--non-interactive", "--color", "never")


def cases(found: Iterable[str]) -> list[tuple[str, str]]:
    """The oldest Python with the oldest versions of all, the others with the locked ones.

    Between the oldest and the newest, this process's own is left out: all other tests run in it.
    """
    first, *others = found
    between = [version for version in others[:-1] if version != OWN]
    locked = [*between, *(others[-1:] or [first])]
    return [(first, "oldest"), *((version, "locked") for version in locked)]
