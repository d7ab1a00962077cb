"""Programs in Go that tests use: built once from pinned modules, and kept in the user's cache."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from support.kept import kept


def built(name: str, package: str) -> Path:
    """Give the program of a package, which go.mod and go.sum in the folder `name` here pin."""
    pins = Path(__file__).with_name(name)

    def build(program: Path) -> None:
        subprocess.run(
            ["go", "build", "-mod=readonly", "-trimpath", "-o", str(program), package],
            cwd=pins,
            env={**os.environ, "CGO_ENABLED": "0", "GOWORK": "off"},
            check=True,
        )

    return kept(name, sorted(pins.iterdir()), build)
