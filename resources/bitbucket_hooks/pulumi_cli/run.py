"""One run of the engine, whichever way it was written down."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from enum import Enum
from functools import cached_property
from typing import Any, Final

from attrs import field, frozen

from bitbucket_hooks.model.notes import Note, NoteKind

SECRET: Final = "[secret]"  # noqa: S105  # what the engine shows in place of one
"""What stands for every secret value."""

UNKNOWN: Final = "[known after the update]"
"""What stands for every value that a preview can't tell yet."""

ROOT_TYPE: Final = "pulumi:pulumi:Stack"


class Kind(Enum):
    """What the engine was asked to do."""

    UPDATE = "update"
    REFRESH = "refresh"
    DESTROY = "destroy"


class StepResult(Enum):
    """How a step ended."""

    PLANNED = "planned"
    DONE = "done"
    FAILED = "failed"
    UNFINISHED = "unfinished"


@frozen
class State:
    """What the engine knows of a resource at one moment, without any secret."""

    id: str = ""
    inputs: Mapping[str, Any] = field(factory=dict)
    outputs: Mapping[str, Any] = field(factory=dict)
    protect: bool = False
    retain: bool = False
    """Whether a deletion only forgets it."""


@frozen
class Step:
    """What the engine does, or would do, to one resource."""

    op: str
    urn: str
    type: str
    provider: str = ""
    """The name of the provider resource behind it, as far as the run tells."""
    old: State | None = None
    new: State | None = None
    paths: Mapping[str, str] = field(factory=dict)
    """The properties that differ, each with `add`, `update` or `delete`, as the engine found."""
    outcome: StepResult = StepResult.PLANNED


@frozen
class Diagnostic:
    """A message, without colours and with urls' queries hidden."""

    severity: str
    """`error`, `warning` or `info`."""
    message: str
    urn: str = ""
    mistake: bool = False
    """Whether an error is of the program or its configuration, rather than of what it reached."""


@frozen
class Violation:
    """A policy that a resource, or the stack, doesn't keep."""

    policy: str
    pack: str
    level: str
    """`mandatory`, `advisory` or another of the engine's levels."""
    message: str
    urn: str = ""

    @property
    def stops(self) -> bool:
        """Whether it keeps the run from going on."""
        return self.level == "mandatory"


@frozen
class Run:
    """Everything that is known of one run; of a preview and its update, the update."""

    kind: Kind
    planned: bool
    """A preview: nothing was done yet."""
    refreshed: bool = False
    """Whether the live hooks were looked at."""
    ended: bool = True
    """Whether it came to its end: a run that was stopped or killed says nothing of the rest."""
    failed: bool = False
    project: str = ""
    stack: str = ""
    seconds: int | None = None
    steps: tuple[Step, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    violations: tuple[Violation, ...] = ()
    tallies: Mapping[str, int] = field(factory=dict)
    """How many resources met each operation, by the engine's own count."""
    notes: tuple[Note, ...] | None = None
    """What our own processes noted in it; None: no command of ours started the run."""

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """The messages that say what went wrong."""
        return tuple(said for said in self.diagnostics if said.severity == "error")

    def notes_about(self, kind: NoteKind, urn: str) -> list[Mapping[str, Any]]:
        """The values of what was noted of a kind about one resource."""
        return self._noted.get((kind, urn), [])

    @cached_property
    def _noted(self) -> Mapping[tuple[NoteKind, str], list[Mapping[str, Any]]]:
        noted: dict[tuple[NoteKind, str], list[Mapping[str, Any]]] = defaultdict(list)
        for note in self.notes or ():
            noted[note.kind, note.urn].append(note.values)
        return noted
