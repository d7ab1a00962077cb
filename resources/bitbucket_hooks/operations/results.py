"""What the operations of a resource answer, whichever protocol carries it to the engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any

from attrs import field, frozen

from bitbucket_hooks.model.errors import HooksError

Props = dict[str, Any]


@frozen
class InputProblem:
    """What is wrong with an input, by its path; an empty path: with several together."""

    path: str
    text: str

    def __str__(self) -> str:
        """Give it as a line."""
        return f"{self.path}: {self.text}" if self.path else self.text


@frozen
class CheckedInputs:
    """Inputs in canonical form, and everything that is wrong with them."""

    inputs: Props
    problems: Sequence[InputProblem]


class Change(Enum):
    """What becomes of the value at a property's path."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@frozen
class Diff:
    """What an update would change; `changes` is None where unknown inputs let nobody say."""

    changes: bool | None = None
    replaces: Sequence[str] = ()
    details: Mapping[str, Change] = field(factory=dict)
    """By paths such as `hooks[2]` or `unmanaged["{uuid}"]`, of the outputs."""
    is_hidden: bool = False
    """Whether a comparison of the inputs alone doesn't show all of the details."""


@frozen
class ReadState:
    """What a read found, and the inputs that would declare it; an empty id: it is gone."""

    id: str
    outputs: Props = field(factory=dict)
    inputs: Props = field(factory=dict)


class PartlyDoneError(Exception):
    """A create or update failed, and the state is to keep what was done all the same."""

    def __init__(self, id_: str, outputs: Props, error: HooksError) -> None:
        """Take the resource as the state is to have it, and what went wrong."""
        super().__init__(str(error))
        self.id = id_
        self.outputs = outputs
        self.error = error
