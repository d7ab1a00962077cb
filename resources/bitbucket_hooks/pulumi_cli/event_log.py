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
    stack_of,
    state_of,
    tells_stop,
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
        for kind, act in (
            ("resourcePreEvent", self._begin),
            ("resOutputsEvent", self._finish),
            ("resOpFailedEvent", self._fail),
            ("diagnosticEvent", self._diagnose),
            ("policyEvent", self._violate),
            ("summaryEvent", self._sum_up),
        ):
            if isinstance(event.get(kind), Mapping):
                act(event[kind])

    def _begin(self, event: Mapping[str, Any]) -> None:
        self.has_begun = True
        self.planning = self.planning or bool(event.get("planning"))
        step = _step(mapping_of(event.get("metadata")))
        self.steps[step.urn, step.op] = evolve(step, outcome=StepResult.UNFINISHED)

    def _fail(self, event: Mapping[str, Any]) -> None:
        self._finish(event, StepResult.FAILED)

    def _finish(self, event: Mapping[str, Any], outcome: StepResult = StepResult.DONE) -> None:
        """Note how a step ended; of a refresh, the end names what it found in place of itself."""
        step = evolve(_step(mapping_of(event.get("metadata"))), outcome=outcome)
        begun = self.steps.get((step.urn, _REFRESH))
        if begun is not None and begun.outcome is StepResult.UNFINISHED:
            new = None if step.op in _GONE else step.new
            step = evolve(step, op=_REFRESH, new=new)
        self.steps[step.urn, step.op] = step

    def _diagnose(self, event: Mapping[str, Any]) -> None:
        self.has_begun = True
        if diagnostic := diagnostic_of(event):
            self.diagnostics.append(diagnostic)

    def _violate(self, event: Mapping[str, Any]) -> None:
        self.violations.append(
            Violation(
                policy=str(event.get("policyName", "")),
                pack=str(event.get("policyPackName") or "policies"),
                level=str(event.get("enforcementLevel", "")),
                message=message_of(str(event.get("message", ""))),
                urn=str(event.get("resourceUrn") or ""),
            )
        )

    def _sum_up(self, event: Mapping[str, Any]) -> None:
        self.summary, self.ended = event, True

    def run(self) -> Run:
        """Everything so far, as a run."""
        planned = bool(self.summary.get("isPreview", self.planning))
        steps = [self._as_planned(step, planned=planned) for step in self.steps.values()]
        refreshed = any(step.op == _REFRESH for step in steps)
        root = [step.op for step in steps if step.type == ROOT_TYPE]
        project, stack = stack_of(step.urn for step in steps)
        failed = any(one.severity == "error" for one in self.diagnostics)
        seconds = number_of(self.summary.get("durationSeconds"))
        counts = mapping_of(self.summary.get("resourceChanges"))
        return Run(
            kind=kind_of(root, refreshed=refreshed),
            planned=planned,
            refreshed=refreshed,
            ended=self.ended and not self._stopped,
            failed=failed or self.summary.get("result") == "failed",
            project=project,
            stack=stack,
            seconds=None if seconds is None else round(seconds),
            steps=tuple(steps),
            diagnostics=tuple(self.diagnostics),
            violations=tuple(dict.fromkeys(self.violations)),
            tallies={str(k): v for k, v in counts.items() if isinstance(v, int)},
        )

    @property
    def _stopped(self) -> bool:
        """Whether somebody stopped it: asked twice, the engine drops all and gives no error."""
        return self.summary.get("result") == "canceled" or any(map(tells_stop, self.diagnostics))

    def _as_planned(self, step: Step, *, planned: bool) -> Step:
        """In a preview nothing is done, and what a failed run had begun is no news of its own."""
        if planned and step.op != _REFRESH and step.outcome is not StepResult.FAILED:
            return evolve(step, outcome=StepResult.PLANNED)
        return step


def _step(metadata: Mapping[str, Any]) -> Step:
    details = mapping_of(metadata.get("detailedDiff")).items()
    return Step(
        op=str(metadata.get("op", "")),
        urn=str(metadata.get("urn", "")),
        type=str(metadata.get("type", "")),
        provider=_name(metadata.get("provider") or mapping_of(metadata.get("new")).get("provider")),
        old=state_of(metadata.get("old")),
        new=state_of(metadata.get("new")),
        paths={str(path): str(mapping_of(one).get("diffKind", "")) for path, one in details}
        or dict.fromkeys(map(str, list_of(metadata.get("diffs"))), "update"),
    )


def _name(reference: Any) -> str:
    """The name in `urn:pulumi:STACK::PROJECT::pulumi:providers:TYPE::NAME::ID`."""
    parts = str(reference or "").rsplit("::", 2)
    return parts[-2] if len(parts) > 1 else ""
