"""The user's cache of engines: complete ones only, made by one process at a time."""

import contextlib
import fcntl
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from engine import versions
from engine.errors import UnavailableError
from engine.progress import TICK, elapsed, say

PROGRAMS = ("pulumi", "pulumi-language-python")
"""What an engine's folder must hold to count as one."""

UNFINISHED = ".unfinished-"
POLL = 0.2


def root() -> Path:
    """Return the project's cache folder: `BITBUCKET_HOOKS_CACHE`, or the platform's custom."""
    if chosen := os.environ.get("BITBUCKET_HOOKS_CACHE"):
        return Path(chosen).absolute()
    if shared := os.environ.get("XDG_CACHE_HOME"):
        return Path(shared).absolute() / "bitbucket-hooks"
    custom = "Library/Caches" if sys.platform == "darwin" else ".cache"
    return Path.home() / custom / "bitbucket-hooks"


def engines() -> Path:
    """Return the folder that holds one folder for each engine."""
    return root() / "engine"


def find(name: str, programs: Sequence[str] = PROGRAMS) -> Path | None:
    """Return the folder of programs of a cached engine, or None when it isn't there in full."""
    folder = engines() / name / "bin"
    return None if missing(folder, programs) else folder


def missing(folder: Path, programs: Sequence[str]) -> list[str]:
    """Return those of the programs that a folder lacks."""
    return [name for name in programs if not os.access(folder / name, os.X_OK)]


def add(name: str, make: Callable[[Path], None], programs: Sequence[str] = PROGRAMS) -> Path:
    """Have an engine made and keep it; return its folder of programs. Call it under the lock.

    `make` gets an empty folder and fills its `bin`. Until that is proven to work it carries another
    name, so whatever ends this half-way leaves nothing that counts. Raises what `make` raises,
    or UnavailableError when what it made doesn't work.
    """
    new = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=engines()))
    try:
        make(new)
        _prove(new / "bin", programs)
        new.chmod(0o755)  # mkdtemp's folder is its owner's alone
        shutil.rmtree(engines() / name, ignore_errors=True)
        new.rename(engines() / name)
    finally:
        shutil.rmtree(new, ignore_errors=True)
    return engines() / name / "bin"


def _prove(folder: Path, programs: Sequence[str]) -> None:
    if lacking := missing(folder, programs):
        raise UnavailableError(f"it came without {', '.join(lacking)}")
    if "pulumi" in programs:
        versions.ask(folder / "pulumi")


@contextlib.contextmanager
def lock() -> Iterator[None]:
    """Be the only process that makes engines; wait for another, and say so.

    Raises UnavailableError when the cache folder can't be written.
    """
    try:
        engines().mkdir(parents=True, exist_ok=True)
        handle = (engines() / "lock").open("w")
    except OSError as error:
        raise UnavailableError(
            f"the cache folder {engines()} can't be written ({error.strerror}); "
            "make it writable or set BITBUCKET_HOOKS_CACHE to a folder that is"
        ) from error
    with handle:  # closing it lets go of the lock, and so does the end of the process
        _acquire(handle.fileno())
        _sweep()
        yield


def _acquire(descriptor: int) -> None:
    start = reported = time.monotonic()
    first = True
    while not _try(descriptor):
        if first or time.monotonic() - reported >= TICK:
            say(f"another process is making the engine; waiting for it ({elapsed(start)})")
            first, reported = False, time.monotonic()
        time.sleep(POLL)


def _try(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _sweep() -> None:
    # Under the lock nobody works on these: they are what a killed process left.
    for left in engines().glob(f"{UNFINISHED}*"):
        shutil.rmtree(left, ignore_errors=True)
