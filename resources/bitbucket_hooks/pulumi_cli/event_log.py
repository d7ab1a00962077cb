"""The engine's events, taken one by one, as a `Run`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from attrs import define, evolve, field

from bitbucket_hooks.pulumi_cli.run import (
    ROOT_TYPE,
    Diagnostic,
    Run,
    Step,
    StepResult,
    Violation,
)
from bitbucket_hooks.pulumi_cli.values import (
    diagnostic_of,
    kind_of,
    list_of,
    mapping_of,
    message_of,
    number_of,
    says_stopped,
    stack_of,
    state_of,
)

_REFRESH: Final = "refresh"
_GONE: Final = ("delete", "discard")


@define
class EventLog:
    """The events of one run, or of a preview and its update: then the update counts."""

    _phases: list[_Phase] = field(factory=lambda: [_Phase()])

    def take(self, event: Mapping[str, Any]) -> None:
        """Take in the next event."""
        if self._phases[-1].ended and "cancelEvent" not in event:
            self._phases.append(_Phase())
        self._phases[-1].take(event)

    @property
    def has_begun(self) -> bool:
        """Whether there was anything but the engine's prelude."""
        return any(phase.has_begun for phase in self._phases)

    def run(self) -> Run:
        """The run, as far as there were events."""
        whole = [phase for phase in self._phases if phase.steps or phase.ended]
        return (whole or self._phases)[-1].run()


@define
class _Phase:
    """What the events of a preview or an update said so far."""

    steps: dict[tuple[str, str], Step] = field(factory=dict)
    diagnostics: list[Diagnostic] = field(factory=list)
    violations: list[Violation] = field(factory=list)
    summary: Mapping[str, Any] = field(factory=dict)
    has_begun: bool = False
    ended: bool = False
    planning: bool = False

    def take(self, event: Mapping[str, Any]) -> None:
        match event:
            case {"resourcePreEvent": Mapping() as begun}:
                self.has_begun = True
                self.planning = self.planning or bool(begun.get("planning"))
                step = _step(begun)
                self.steps[step.urn, step.op] = evolve(step, outcome=StepResult.UNFINISHED)
            case {"resOutputsEvent": Mapping() as done}:
                self._finish(_step(done), StepResult.DONE)
            case {"resOpFailedEvent": Mapping() as failed}:
                self._finish(_step(failed), StepResult.FAILED)
            case {"diagnosticEvent": Mapping() as said}:
                self.has_begun = True
                if diagnostic := diagnostic_of(said):
                    self.diagnostics.append(diagnostic)
            case {"policyEvent": Mapping() as violation}:
                self.violations.append(_violation(violation))
            case {"summaryEvent": Mapping() as summary}:
                self.summary, self.ended = summary, True

    def _finish(self, step: Step, outcome: StepResult) -> None:
        """Note how a step ended; of a refresh, the end names what it found in place of itself."""
        begun = self.steps.get((step.urn, _REFRESH))
        if begun is not None and begun.outcome is StepResult.UNFINISHED:
            new = None if step.op in _GONE else step.new
            step = evolve(step, op=_REFRESH, new=new)
        self.steps[step.urn, step.op] = evolve(step, outcome=outcome)

    def run(self) -> Run:
        """Everything so far, as a run."""
        planned = bool(self.summary.get("isPreview", self.planning))
        steps = [self._as_planned(step) if planned else step for step in self.steps.values()]
        refreshed = any(step.op == _REFRESH for step in steps)
        root = [step.op for step in steps if step.type == ROOT_TYPE]
        project, stack = stack_of(step.urn for step in steps)
        result = self.summary.get("result")
        # asked twice to stop, the engine drops all and gives no error
        stopped = result == "canceled" or any(map(says_stopped, self.diagnostics))
        failed = any(diagnostic.severity == "error" for diagnostic in self.diagnostics)
        seconds = number_of(self.summary.get("durationSeconds"))
        counts = mapping_of(self.summary.get("resourceChanges"))
        return Run(
            kind=kind_of(root, refreshed=refreshed),
            planned=planned,
            refreshed=refreshed,
            ended=self.ended and not stopped,
            failed=failed or result == "failed",
            project=project,
            stack=stack,
            seconds=None if seconds is None else round(seconds),
            steps=tuple(steps),
            diagnostics=tuple(self.diagnostics),
            violations=tuple(dict.fromkeys(self.violations)),
            tallies={str(k): v for k, v in counts.items() if isinstance(v, int)},
        )

    @staticmethod
    def _as_planned(step: Step) -> Step:
        """In a preview nothing is done, and what a failed run had begun is no news of its own."""
        if step.op == _REFRESH or step.outcome is StepResult.FAILED:
            return step
        return evolve(step, outcome=StepResult.PLANNED)


def _step(event: Mapping[str, Any]) -> Step:
    metadata = mapping_of(event.get("metadata"))
    details = mapping_of(metadata.get("detailedDiff")).items()
    provider = metadata.get("provider") or mapping_of(metadata.get("new")).get("provider")
    return Step(
        op=str(metadata.get("op", "")),
        urn=str(metadata.get("urn", "")),
        type=str(metadata.get("type", "")),
        # the name in `urn:pulumi:STACK::PROJECT::pulumi:providers:TYPE::NAME::ID`
        provider="".join(str(provider or "").rsplit("::", 2)[-2:-1]),
        old=state_of(metadata.get("old")),
        new=state_of(metadata.get("new")),
        paths={str(path): str(mapping_of(detail).get("diffKind", "")) for path, detail in details}
        or dict.fromkeys(map(str, list_of(metadata.get("diffs"))), "update"),
    )


def _violation(event: Mapping[str, Any]) -> Violation:
    return Violation(
        policy=str(event.get("policyName", "")),
        pack=str(event.get("policyPackName") or "policies"),
        level=str(event.get("enforcementLevel", "")),
        message=message_of(str(event.get("message", ""))),
        urn=str(event.get("resourceUrn") or ""),
    )
