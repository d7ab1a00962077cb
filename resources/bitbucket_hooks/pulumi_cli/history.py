"""The runs of a stack, as its backend remembers them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from attrs import frozen

from bitbucket_hooks.pulumi_cli.engine import ask
from bitbucket_hooks.pulumi_cli.values import list_of, mapping_of, number_of

CHANGES: Final = {
    "created": ("create", "import", "create-replacement", "import-replacement"),
    "updated": ("update",),
    "deleted": ("delete", "discard"),
}
"""What is counted of a run, and the engine's operations that it sums up."""


@frozen
class PastRun:
    """A run that changed a stack or its state."""

    kind: str
    result: str
    began: str
    ended: str
    operations: Mapping[str, int]
    """How many resources had each operation; of a refresh, what it found."""

    def changes(self) -> dict[str, int]:
        """How many resources were created, updated and deleted."""
        return {
            name: sum(self.operations.get(operation, 0) for operation in operations)
            for name, operations in CHANGES.items()
        }


def past_runs(stack: str) -> list[PastRun]:
    """Read the runs that the backend has of a stack, the oldest first. Raises HooksError."""
    arguments = ("stack", "history", "--stack", stack, "--json", "--full-dates")
    listed = list_of(ask("the stack's history can't be read", *arguments))
    return [_run(mapping_of(value)) for value in reversed(listed)]


def _run(value: Mapping[str, Any]) -> PastRun:
    counts = mapping_of(value.get("resourceChanges"))
    return PastRun(
        kind=str(value.get("kind", "")),
        result=str(value.get("result", "")),
        began=_moment(value.get("startTime")),
        ended=_moment(value.get("endTime")),
        operations={str(name): int(number_of(count) or 0) for name, count in counts.items()},
    )


def _moment(given: Any) -> str:
    """A time without the fractions of a second, which backends don't have."""
    return str(given or "").replace(".000Z", "Z")
