"""The engine's events as a `Run`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    stack_of,
    state_of,
    tells_stop,
)

_REFRESH: Final = "refresh"
_GONE: Final = ("delete", "discard")


def run_of_events(events: Sequence[Mapping[str, Any]]) -> Run:
    """The run that gave these events: of a preview and an update in one log, the update."""
    phases = [_Phase()]
    for event in events:
        if phases[-1].ended and "cancelEvent" not in event:
            phases.append(_Phase())
        phases[-1].take(event)
    whole = [phase for phase in phases if phase.steps or phase.ended] or phases
    return whole[-1].run()


@define
class _Phase:
    """What was heard of one run so far."""

    steps: dict[tuple[str, str], Step] = field(factory=dict)
    diagnostics: list[Diagnostic] = field(factory=list)
    violations: list[Violation] = field(factory=list)
    summary: Mapping[str, Any] = field(factory=dict)
    ended: bool = False
    planning: bool = False

    def take(self, event: Mapping[str, Any]) -> None:
        for kind, act in (
            ("resourcePreEvent", self._begin),
            ("resOutputsEvent", self._end),
            ("resOpFailedEvent", self._fail),
            ("diagnosticEvent", self._tell),
            ("policyEvent", self._violate),
            ("summaryEvent", self._sum_up),
        ):
            if isinstance(event.get(kind), Mapping):
                act(event[kind])

    def _begin(self, event: Mapping[str, Any]) -> None:
        self.planning = self.planning or bool(event.get("planning"))
        step = _step(mapping_of(event.get("metadata")))
        self.steps[step.urn, step.op] = evolve(step, outcome=StepResult.UNFINISHED)

    def _end(self, event: Mapping[str, Any]) -> None:
        self._finish(event, StepResult.DONE)

    def _fail(self, event: Mapping[str, Any]) -> None:
        self._finish(event, StepResult.FAILED)

    def _finish(self, event: Mapping[str, Any], outcome: StepResult) -> None:
        """Note how a step ended; of a refresh, the end names what it found in place of itself."""
        step = evolve(_step(mapping_of(event.get("metadata"))), outcome=outcome)
        begun = self.steps.get((step.urn, _REFRESH))
        if begun is not None and begun.outcome is StepResult.UNFINISHED:
            new = None if step.op in _GONE else step.new
            step = evolve(step, op=_REFRESH, new=new)
        self.steps[step.urn, step.op] = step

    def _tell(self, event: Mapping[str, Any]) -> None:
        told = diagnostic_of(event)
        if told is not None:
            self.diagnostics.append(told)

    def _violate(self, event: Mapping[str, Any]) -> None:
        pack = event.get("policyPackName") or "policies"
        self.violations.append(
            Violation(
                policy=str(event.get("policyName", "")),
                pack=str(pack),
                level=str(event.get("enforcementLevel", "")),
                message=message_of(str(event.get("message", ""))),
                urn=str(event.get("resourceUrn") or ""),
            )
        )

    def _sum_up(self, event: Mapping[str, Any]) -> None:
        self.summary, self.ended = event, True

    def run(self) -> Run:
        """Everything that was heard, as a run."""
        planned = bool(self.summary.get("isPreview", self.planning))
        steps = [self._as_planned(step, planned=planned) for step in self.steps.values()]
        refreshed = any(step.op == _REFRESH for step in steps)
        root = [step.op for step in steps if step.type == ROOT_TYPE]
        project, stack = stack_of(step.urn for step in steps)
        failed = any(one.severity == "error" for one in self.diagnostics)
        counts = mapping_of(self.summary.get("resourceChanges"))
        seconds = self.summary.get("durationSeconds")
        return Run(
            kind=kind_of(root, refreshed=refreshed),
            planned=planned,
            refreshed=refreshed,
            ended=self.ended and not self._stopped,
            failed=failed or self.summary.get("result") == "failed",
            project=project,
            stack=stack,
            seconds=seconds if isinstance(seconds, int) else None,
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
