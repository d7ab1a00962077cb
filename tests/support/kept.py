"""What tests make once, and keep in the user's cache beside the engine."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

from support.engine import ROOT


def kept(name: str, pins: Iterable[Path], make: Callable[[Path], object]) -> Path:
    """Give the file or folder that `make` makes at a path; when a pin changes, another one."""
    pinned = b"".join(pin.read_bytes() for pin in pins)
    place = _cache() / name / hashlib.sha256(pinned).hexdigest()[:8]
    place.parent.mkdir(parents=True, exist_ok=True)
    with (place.parent / "lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        if not place.exists():
            new = place.with_suffix(".new")
            shutil.rmtree(new, ignore_errors=True)
            make(new)
            new.replace(place)
    return place


@cache
def _cache() -> Path:
    ask = [sys.executable, "-c", "from engine import cache; print(cache.root())"]
    done = subprocess.run(ask, cwd=ROOT, check=True, capture_output=True, text=True)
    return Path(done.stdout.strip())
