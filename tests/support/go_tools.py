"""Programs in Go that tests use: built once from pinned modules, and kept in the user's cache."""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

from support.engine import ROOT

_KEPT: Final = "from engine import cache; print(cache.root())"


def built(name: str, package: str) -> Path:
    """Give the program of a package, which go.mod and go.sum in the folder `name` here pin."""
    pins = Path(__file__).with_name(name)
    pinned = b"".join(file.read_bytes() for file in sorted(pins.iterdir()))
    ask = [sys.executable, "-c", _KEPT]
    kept = subprocess.run(ask, cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()
    program = Path(kept) / name / hashlib.sha256(pinned).hexdigest()[:8]
    program.parent.mkdir(parents=True, exist_ok=True)
    with (program.parent / "lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        if not program.exists():
            new = program.with_suffix(".new")
            subprocess.run(
                ["go", "build", "-mod=readonly", "-trimpath", "-o", str(new), package],
                cwd=pins,
                env={**os.environ, "CGO_ENABLED": "0", "GOWORK": "off"},
                check=True,
            )
            new.replace(program)
    return program
