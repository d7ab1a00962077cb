"""One case through all its phases: ours, and right after it the floor of the same phase."""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Final

from attrs import define, field, frozen

from benchmarks import rival
from benchmarks.bare import BareClient
from benchmarks.cases import LATENCY, PHASES, Case, Phase, in_flight
from benchmarks.processes import Part, Used, used_by
from benchmarks.project import Project, configuration, slugs_of
from benchmarks.rival import Terraform
from benchmarks.serving import Served, served
from bitbucket_hooks.sandbox.admin import Sandbox

OURS: Final = "ours"
FLOOR: Final = "floor"

_UP: Final = ("up", "--yes", "--skip-preview")
_PREVIEW: Final = ("preview", "--refresh")
_COMMANDS: Final[dict[Phase, tuple[str, ...]]] = {
    "create": _UP,
    "no-op": _UP,
    "refresh": _PREVIEW,
    "drift": _PREVIEW,
    "update": _UP,
    "destroy": ("destroy", "--yes", "--skip-preview"),
}
_DESCRIPTIONS: Final[dict[Phase, str]] = {"create": "CI", "update": "Build"}
"""What the hooks' descriptions begin with from a phase on."""


class NotAsExpected(Exception):
    """A run did something else than what its time would be compared for."""


@frozen
class Measured:
    """What one phase took."""

    wall: float
    """Seconds."""
    parts: dict[Part, Used]
    requests: dict[str, int]
    """By verb."""
    refused: int
    """How many of them were one too many."""
    connections: int
    sandbox_cpu: float | None
    """CPU seconds of the sandbox, which runs on the same machine; None: unknown."""


@frozen
class Measurement:
    """A phase of a case."""

    phase: Phase
    ours: Measured
    floor: Measured
    bare: float | None
    """Seconds that a bare client takes for the requests that can't be avoided; None: no need."""


@frozen
class Outcome:
    """A case."""

    case: Case
    phases: list[Measurement]
    state: dict[str, int]
    """Bytes, ours and the floor's."""
    rival: dict[Phase, Measured] | None = None
    """The same with the rival, where it was measured."""


@define
class _Estate:
    """The repositories of a case in a served sandbox."""

    sandbox: Sandbox
    server: Served
    case: Case
    slugs: list[str] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.slugs = slugs_of(self.case)
        self.sandbox.add_repositories(self.names)
        burst_limit = self.case.burst_limit or 0
        self.sandbox.configure(latency_ms=LATENCY * 1000, burst_limit=burst_limit)

    @property
    def names(self) -> list[str]:
        """The repositories with their workspace."""
        return [f"acme/{slug}" for slug in self.slugs]

    def measure(self, project: Project | Terraform, command: Sequence[str]) -> Measured:
        """Run the engine and count what is asked meanwhile."""
        self.sandbox.clear_requests()
        connections, cpu = self.server.connections, _cpu(self.server.pid)
        run = project.run(*command)
        spent = _cpu(self.server.pid)
        requests = self.sandbox.requests()
        return Measured(
            run.wall,
            run.parts,
            dict(Counter(request.method for request in requests)),
            sum(request.status == HTTPStatus.TOO_MANY_REQUESTS for request in requests),
            self.server.connections - connections,
            None if cpu is None or spent is None else spent - cpu,
        )

    def drift(self) -> None:
        """Change some hooks by hand."""
        for hook in self.sandbox.hooks()[: self.case.drifts]:
            self.sandbox.change_hook(hook.uuid, active=False)

    def ensure(self, description: str) -> None:
        """Raise NotAsExpected unless the live hooks are as declared: all, or none."""
        hooks = self.sandbox.hooks()
        right = [h for h in hooks if h.active and (h.description or "").startswith(description)]
        wanted = self.case.total if description else 0
        if (len(hooks), len(right)) != (wanted, wanted):
            raise NotAsExpected(
                f"{self.case.name}: of {len(hooks)} hooks {len(right)} are right, not {wanted}"
            )


def _cpu(pid: int) -> float | None:
    try:
        return used_by(pid).cpu
    except OSError:
        return None


@contextmanager
def _estate(database: Path, case: Case, certificate: Path | None = None) -> Iterator[_Estate]:
    with Sandbox(database) as sandbox, served(database, certificate) as server:
        yield _Estate(sandbox, server, case)


def measure(case: Case, notify: Callable[[str], None], *, checkpoints: bool = False) -> Outcome:
    """Take a case through its phases. Raises RunFailed, NotAsExpected."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        with _estate(folder / "ours.db", case) as estate, _estate(folder / "bare.db", case) as own:
            projects = {by: Project(folder / by, checkpoints) for by in (OURS, FLOOR)}
            width = in_flight(case, os.cpu_count() or 1)
            bare = BareClient(own.server.origin, own.names, case.hooks, width)
            return _phases(estate, projects, bare, notify)


def measure_rival(case: Case, notify: Callable[[str], None]) -> dict[Phase, Measured]:
    """Take the rival through the same phases, on an estate of its own.

    Raises RunFailed, NotAsExpected.
    """
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        certificate = rival.certificate(folder)
        with _estate(folder / "sandbox.db", case, certificate) as estate:
            terraform = Terraform(folder / "rival", estate.server.proxy or "", certificate)
            took: dict[Phase, Measured] = {}
            for phase in PHASES:
                if phase == "drift":
                    estate.drift()
                if phase in _DESCRIPTIONS:
                    terraform.configure(case, _DESCRIPTIONS[phase])
                took[phase] = estate.measure(terraform, rival.command(phase, case))
                _verify(estate, phase)
                notify(f"{case.name} {phase}: rival {took[phase].wall:.1f} s")
            return took


def _phases(
    estate: _Estate, projects: dict[str, Project], bare: BareClient, notify: Callable[[str], None]
) -> Outcome:
    done, state = [], {}
    for phase in estate.case.phases:
        _prepare(estate, projects, phase)
        command = _COMMANDS[phase]
        took = {by: estate.measure(projects[by], command) for by in (OURS, FLOOR)}
        _verify(estate, phase)
        if phase == "create":
            state = {by: project.state_bytes() for by, project in projects.items()}
        notify(
            f"{estate.case.name} {phase}: {took[OURS].wall:.1f} s, floor {took[FLOOR].wall:.1f} s"
        )
        limited = estate.case.burst_limit is not None  # the bare client isn't, and would mislead
        alone = None if limited else bare.seconds(phase)
        done.append(Measurement(phase, took[OURS], took[FLOOR], alone))
    return Outcome(estate.case, done, state)


def _prepare(estate: _Estate, projects: dict[str, Project], phase: Phase) -> None:
    if phase == "drift":
        estate.drift()
    if phase in _DESCRIPTIONS:
        case, description, api = estate.case, _DESCRIPTIONS[phase], estate.server.api
        for by, project in projects.items():
            if by == OURS and case.kind == "yaml":
                project.declare_in_yaml(case, description, api)
            else:
                project.configure(configuration(case, by, description, api))


def _verify(estate: _Estate, phase: Phase) -> None:
    if phase in _DESCRIPTIONS:
        estate.ensure(_DESCRIPTIONS[phase])
    if phase == "destroy":
        estate.ensure("")
