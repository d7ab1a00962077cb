"""Folders that all processes of a user share."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from stat import S_ISDIR
from typing import Final

from bitbucket_hooks.model.errors import ConfigError, printable

CACHE_VARIABLE: Final = "BITBUCKET_HOOKS_CACHE"
_NAME: Final = "bitbucket-hooks"

if sys.platform != "win32":
    from os import getuid

    _OTHERS_WRITE: Final = 0o022  # the bits of a mode
else:  # there a user's folders lie where others can't write, whatever a mode says

    def getuid() -> int:
        """What every file there has as its owner."""
        return 0

    _OTHERS_WRITE: Final = 0


def cache_folder() -> Path | None:
    """The user's folder for caches: what the variables say, or the platform's custom."""
    if chosen := os.environ.get(CACHE_VARIABLE):
        return Path(chosen).absolute()
    if shared := os.environ.get("XDG_CACHE_HOME"):
        return Path(shared).absolute() / _NAME
    try:
        home = Path.home()
    except RuntimeError:  # a user without a name, as containers have
        return None
    custom = "Library/Caches" if sys.platform == "darwin" else ".cache"
    return home / custom / _NAME


def run_state_folder() -> Path:
    """The private folder in which runs keep what their processes have to know of each other.

    Every process of a run comes to the same one. A place is passed over when no folder can be made
    there; a folder that is there and that others may write to is refused, as whoever writes there
    can keep hooks from being deleted. Raises ConfigError.
    """
    refused: ConfigError | None = None
    for folder in _choices():
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except FileExistsError:  # no folder: it is refused below
            pass
        except OSError as error:
            refused = unusable(folder, error.strerror or type(error).__name__)
            continue
        return _private(folder)
    raise refused or unusable(Path("TMPDIR"), "there is no folder for temporary files")


def _choices() -> Iterator[Path]:
    name = f"runs-{getuid()}"
    cache = cache_folder()
    if cache is not None and CACHE_VARIABLE in os.environ:
        yield cache / name
    runtime = Path(os.environ.get("XDG_RUNTIME_DIR") or "/nowhere")
    if runtime.is_dir() and runtime.stat().st_uid == getuid():  # else it was inherited by `su`
        yield runtime / _NAME
    if cache is not None:
        yield cache / name
    with suppress(FileNotFoundError):
        yield Path(tempfile.gettempdir()) / f"{_NAME}-{getuid()}"


def _private(folder: Path) -> Path:
    found = folder.lstat()  # of a link itself: what it leads to is not ours to sweep
    if S_ISDIR(found.st_mode) and found.st_uid == getuid() and not found.st_mode & _OTHERS_WRITE:
        return folder
    raise unusable(folder, "it is no private folder of this user: others may write to it")


def unusable(folder: Path, reason: str) -> ConfigError:
    """The error for a folder in which nothing can be shared."""
    return ConfigError(
        f"{printable(str(folder))}: the processes of a run can't share there what they do "
        f"({printable(reason, 100)}), so the run stops before it writes",
        f"Remove or repair that folder, or free space there; or name a private folder on a local "
        f"disk in the variable {CACHE_VARIABLE}. Then run it again: it continues.",
    )
