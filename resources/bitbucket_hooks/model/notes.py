"""The notes of a run: what its processes tell the command that started it, as JSON lines.

A message crosses the engine as text for people. What a command has to know of it goes into a file
besides, whose name is in the environment. A run that no command of ours started has no such file.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from enum import Enum
from pathlib import Path
from typing import Any, Final

from attrs import field, frozen

from bitbucket_hooks.model.errors import HooksError

NOTES: Final = "BITBUCKET_HOOKS_NOTES"
"""The variable that names the file; not for users."""


class NoteKind(Enum):
    """What a note is about, and its values beside `urn`."""

    FAILURE = "failure"
    """`code`: what the command should exit with."""
    ADOPTED = "adopted"
    """`key`: the repository or workspace; `uuid`; `changes`: what that changes, in words."""
    UNMANAGED = "unmanaged"
    """`message`: the warning; `hooks`: by uuid, the record of each hook that nothing declares."""
    REFRESH_TURN = "refresh turn"
    """`number`, `turns`: which part of everything the refresh checks."""
    SECRET_REMOVED = "secret removed"  # noqa: S105  # what happened
    """`message`: the warning."""


@frozen
class Note:
    """One note."""

    kind: NoteKind
    urn: str = ""
    """The resource that it is about."""
    values: Mapping[str, Any] = field(factory=dict)


def note(kind: NoteKind, urn: str | None = None, **values: Any) -> None:
    """Leave a note, when a command asked for that. No secret may be in it."""
    path = os.environ.get(NOTES)
    if not path:
        return
    line = json.dumps({"kind": kind.value, "urn": urn or "", **values}) + "\n"
    with suppress(OSError):
        file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(file, line.encode())  # in one piece, as several processes write
        finally:
            os.close(file)


def note_failure(error: HooksError) -> None:
    """Note whose fault a failure was."""
    note(NoteKind.FAILURE, code=error.exit_code)


def read_notes(path: Path) -> tuple[Note, ...]:
    """The notes in a file, less those that a kill or a full disk cut short; none without a file."""
    try:
        lines = path.read_text("utf-8", "replace").splitlines()
    except OSError:
        return ()
    notes = []
    for line in lines:
        with suppress(json.JSONDecodeError):
            values = json.loads(line)
            notes.append(Note(NoteKind(values.pop("kind")), values.pop("urn"), values))
    return tuple(notes)


def exit_code(notes: Iterable[Note]) -> int | None:
    """What the failures that were noted ask a command to exit with; None: none was noted."""
    codes = [note.values["code"] for note in notes if note.kind is NoteKind.FAILURE]
    return max(codes, default=None)
