"""Runs tests under each Python that the package names: `make test-versions`.

The oldest runs them once more, as `oldest`, with the oldest version of each dependency that
`pyproject.toml` admits. Environments are made anew each time, outside of the tree.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from support import strangers
from support.strangers import ROOT

OLDEST: Final = "oldest"
TESTS: Final = ("tests/unit", "tests/e2e/test_deploy.py", "tests/e2e/test_drift.py")
_UV: Final = str(Path(sys.executable).with_name("uv"))
_LOCKED: Final = (
    # without the constraints that locks are made with: they have no hashes
    ("--no-config", "--require-hashes", "-r", "requirements/dev.txt"),
    ("--no-deps", "--no-build-isolation", "-e", "."),
)
_OLDEST: Final = (
    ("--resolution", "lowest-direct", "-e", ".[postgres,redis,plots]", "--group", "test"),
)


def main(chosen: list[str]) -> int:
    """Run the tests under the chosen versions, or all; give 1 when they failed under one."""
    codes = {version: _run(version) for version in chosen or [*strangers.supported(), OLDEST]}
    for version, code in codes.items():
        sys.stdout.write(f"{version:8}{'failed' if code else 'passed'}\n")
    return int(any(codes.values()))


def _run(version: str) -> int:
    number = strangers.supported()[0] if version == OLDEST else version
    # One that isn't on this machine is had by uv.
    interpreter = str(strangers.pythons().get(number, number))
    with tempfile.TemporaryDirectory() as folder:
        python = f"{folder}/bin/python"
        commands = [
            [_UV, "venv", "--quiet", "--python", interpreter, folder],
            *(
                [_UV, "pip", "install", "--quiet", "--python", python, *packages]
                for packages in (_OLDEST if version == OLDEST else _LOCKED)
            ),
            [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", *TESTS],
        ]
        codes = (subprocess.run(command, cwd=ROOT, check=False).returncode for command in commands)
        return next(filter(None, codes), 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
