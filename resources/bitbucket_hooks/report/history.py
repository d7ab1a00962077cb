"""A resource's way through one run: as it was known, as it was found, and as it is to be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from attrs import frozen

from bitbucket_hooks.pulumi_cli.run import Kind, Run, State, Step, StepResult

_LESSER: Final = ("replace", "delete-replaced", "discard-replaced", "remove-pending-replace")


@frozen
class History:
    """What a run says of one resource."""

    urn: str
    type: str
    op: str
    """What is done to it beyond a refresh; `same` for nothing."""
    known: State | None
    """As the state had it before the run."""
    live: State | None
    """As a refresh found it, else as known; None: there was none, or it is gone."""
    wanted: State | None
    """As it is declared; after an update, as it became."""
    refreshed: bool
    planned: bool
    outcome: StepResult
    paths: Mapping[str, str]

    @property
    def name(self) -> str:
        """The name that the program gave it."""
        return name_of(self.urn)

    @property
    def inputs(self) -> Mapping[str, Any]:
        """What the program declares; nothing of a resource that goes."""
        return self.wanted.inputs if self.wanted else {}

    @property
    def replaces(self) -> bool:
        """Whether another one is made in its place."""
        return self.op in ("create-replacement", "import-replacement", "replace")

    @property
    def goes(self) -> bool:
        """Whether it is taken out of the state."""
        return self.op in ("delete", "discard")

    @property
    def gone(self) -> bool:
        """Whether a refresh found that it isn't there any more."""
        return self.refreshed and self.known is not None and self.live is None

    @property
    def stays(self) -> bool:
        """Whether nothing is done to it."""
        return self.op in ("same", "refresh", "read", "")

    @property
    def failed(self) -> bool:
        """Whether what was to be done wasn't, or not all of it."""
        return self.outcome in (StepResult.FAILED, StepResult.UNFINISHED)


def histories(run: Run) -> list[History]:
    """The resources of a run, each once, in the order in which they were first named."""
    steps: dict[str, list[Step]] = {}
    for step in run.steps:
        steps.setdefault(step.urn, []).append(step)
    return [_history(run, group) for group in steps.values()]


def _history(run: Run, steps: list[Step]) -> History:
    refresh = next((step for step in steps if step.op == "refresh"), None)
    acts = [step for step in steps if step.op != "refresh"]
    main = next((step for step in acts if step.op not in _LESSER), acts[0] if acts else None)
    if refresh is None:
        known = live = next((step.old for step in acts if step.old is not None), None)
    else:
        known, live = refresh.old, refresh.new
        # what a preview's refresh found, its document has only in the step that follows
        if main and run.kind is not Kind.REFRESH and (main.old or main.op == "create"):
            live = main.old
    return History(
        urn=steps[0].urn,
        type=steps[0].type,
        op=main.op if main else "same",
        known=known,
        live=live,
        wanted=main.new if main else live,
        refreshed=refresh is not None,
        planned=run.planned,
        outcome=main.outcome if main else StepResult.DONE,
        paths=main.paths if main else {},
    )


def name_of(urn: str) -> str:
    """The name of a resource, which is the end of its URN."""
    return urn.rpartition("::")[2]


def properties(state: State | None) -> Mapping[str, Any]:
    """The outputs of a state, which hold the inputs too, else its inputs."""
    if state is None:
        return {}
    return state.outputs or state.inputs
