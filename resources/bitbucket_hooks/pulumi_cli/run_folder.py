"""A private folder for the files of one run, which is removed with all that is in it."""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

if sys.platform != "win32":
    import fcntl

_PREFIX: Final = "bitbucket-hooks-run-"
_ANY: Final = re.compile(rf"(?:{_PREFIX}|bitbucket-hooks-)[a-z0-9_]{{8}}")
"""The folders of runs; those of 0.1.0 had the shorter name."""
_LOCK: Final = "lock"
_LONG: Final = 24 * 3600  # seconds; a folder without a lock that is older has no run any more


@contextmanager
def run_folder() -> Iterator[Path]:
    """Give an empty folder for this user alone (0700), and remove it in the end.

    A run that is killed can't do that, so the folders of runs that have ended go first.
    """
    _sweep(Path(tempfile.gettempdir()))
    with tempfile.TemporaryDirectory(prefix=_PREFIX, ignore_cleanup_errors=True) as name:
        folder = Path(name)
        with _locked(folder):
            yield folder


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold a lock, which the system frees when this process ends in whatever way."""
    file = os.open(folder / "new", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        if sys.platform != "win32":
            fcntl.flock(file, fcntl.LOCK_EX)
            (folder / "new").rename(folder / _LOCK)  # nobody meets it before it is locked
        yield
    finally:
        os.close(file)


def _sweep(parent: Path) -> None:
    """Remove the folders of this user's runs that have ended; what can't be removed stays."""
    for folder in parent.glob("bitbucket-hooks-*"):
        with suppress(OSError):
            if _ANY.fullmatch(folder.name) and _is_own(folder) and _is_left_behind(folder):
                shutil.rmtree(folder, ignore_errors=True)


def _is_own(folder: Path) -> bool:
    is_users = sys.platform == "win32" or folder.lstat().st_uid == os.getuid()
    return is_users and folder.is_dir() and not folder.is_symlink()


def _is_left_behind(folder: Path) -> bool:
    """Whether no run uses it. Raises OSError when it goes meanwhile."""
    if sys.platform != "win32" and (folder / _LOCK).exists():
        file = os.open(folder / _LOCK, os.O_RDONLY)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        finally:
            os.close(file)
        return True
    newest = max(file.lstat().st_mtime for file in (folder, *folder.iterdir()))
    return newest < time.time() - _LONG
