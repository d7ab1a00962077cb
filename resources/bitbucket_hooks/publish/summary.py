"""The summary of a job's step in GitHub Actions: a file to append Markdown to."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from bitbucket_hooks.errors import ConfigError
from bitbucket_hooks.publish.folding import rendered_in_bytes
from bitbucket_hooks.publish.report import Render

MAX_SUMMARY: Final = 1024 * 1024
"""Bytes of one step's summary; a longer one isn't shown at all (GitHub's documentation)."""

_LEAST: Final = 200  # bytes that are worth the while


def append_summary(path: Path, render: Render) -> str:
    """Add a report to what a step has told so far; tells what was done.

    Raises ConfigError when the file can't be written or is full.
    """
    try:
        size = path.stat().st_size if path.exists() else 0
        room = MAX_SUMMARY - size - 1
        if room < _LEAST:
            raise ConfigError(
                f"the job summary is full (at most {MAX_SUMMARY:,} bytes a step)",
                "Report in a step of its own.",
            )
        text = rendered_in_bytes(render, room)
        _append(path, text.rstrip("\n") + "\n", size)
    except OSError as error:
        raise ConfigError(
            f"the job summary can't be written ({error.strerror})",
            "Check that GITHUB_STEP_SUMMARY names a file that may be written.",
        ) from None
    return f"{len(text.encode()):,} bytes"


def _append(path: Path, text: str, size: int) -> None:
    """Add a text to a file of a size in bytes, whole or not at all."""
    try:
        with path.open("a", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except OSError:
        with suppress(OSError):
            os.truncate(path, size)
        raise
