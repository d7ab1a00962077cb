"""Files that are written whole or not at all."""

from __future__ import annotations

import errno
import os
import secrets
from pathlib import Path
from typing import Final

from bitbucket_hooks.model.errors import unwritable

_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL
_NO_PLACE_BESIDE: Final = (errno.EACCES, errno.EPERM, errno.EROFS, errno.EBUSY, errno.EXDEV)
"""Why one that may be written can't be replaced: its folder is closed, or it is a mount."""


def write_whole(path: Path, text: str) -> None:
    """Write a text to a file, in UTF-8; one that is there is replaced and keeps its mode.

    It is written beside and then renamed, so a full disk leaves what was there. Where that can't be
    (a pipe, a device, a mount, a file in a folder that can't be written to) it is written in place.
    Raises ConfigError.
    """
    target, content = path.resolve(), text.encode()  # a link stays one
    try:
        if target.exists() and not target.is_file():
            target.write_bytes(content)
            return
        try:
            _replace(target, content)
        except OSError as error:
            if error.errno not in _NO_PLACE_BESIDE or not target.exists():
                raise
            target.write_bytes(content)
    except OSError as error:
        raise unwritable(path, error) from None


def _replace(path: Path, content: bytes) -> None:
    beside = path.with_name(f".{path.name[:100]}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(beside, _NEW, 0o666), "wb") as file:  # less what the umask takes
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            beside.chmod(path.stat().st_mode & 0o7777)
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
