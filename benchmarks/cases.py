"""What is measured, and what each phase can't do without. Pure arithmetic."""

from __future__ import annotations

import re
from typing import Final, Literal, get_args

from attrs import frozen

from bitbucket_hooks.model.settings import MOST_PARALLEL

Kind = Literal["fleet", "hook", "yaml"]
"""Fleets, single hooks, and single hooks of a YAML program, by the plugin."""
Phase = Literal["create", "no-op", "refresh", "drift", "update", "destroy"]

PHASES: Final[tuple[Phase, ...]] = get_args(Phase)
DRIFTS: Final = 10
LATENCY: Final = 0.05
"""Seconds that the sandbox waits before it answers a request."""
_ENGINE_PER_CORE: Final = 4  # resources at once: the default of the engine's `--parallel`
_PAGE: Final = 100  # hooks in one page of a listing
_NAME: Final = re.compile(
    r"(fleet|hook|yaml)-([1-9]\d*)x([1-9]\d*)(?:@([1-9]\d*))?(?:/([1-9]\d*))?"
)


@frozen
class Case:
    """So many repositories with so many hooks each."""

    kind: Kind
    repositories: int
    hooks: int
    """Hooks of each repository: for fleets, the number of fleets over all repositories."""
    parallel: int | None = None
    """Requests in flight that are asked for; None: nothing is said, and the defaults hold."""
    burst_limit: int | None = None
    """Requests that the service answers in a second, and no more; None: all."""

    @property
    def name(self) -> str:
        """As `parse` reads it."""
        asked = "" if self.parallel is None else f"@{self.parallel}"
        limited = "" if self.burst_limit is None else f"/{self.burst_limit}"
        return f"{self.kind}-{self.repositories}x{self.hooks}{asked}{limited}"

    @property
    def total(self) -> int:
        """All hooks."""
        return self.repositories * self.hooks

    @property
    def resources(self) -> int:
        """What the engine keeps of them."""
        return self.hooks if self.kind == "fleet" else self.total

    @property
    def phases(self) -> tuple[Phase, ...]:
        """What is measured of it."""
        return PHASES if self.burst_limit is None else ("create",)

    @property
    def drifts(self) -> int:
        """How many hooks are changed by hand before the second refresh."""
        return min(DRIFTS, self.total)


def parse(name: str) -> Case:
    """Read a name such as `fleet-1000x1`. Raises ValueError."""
    found = _NAME.fullmatch(name)
    if found is None:
        raise ValueError(
            f'"{name}" is no case; write it as fleet-1000x1, hook-100x10@32 or fleet-1000x1/20'
        )
    (kind,) = (kind for kind in get_args(Kind) if kind == found[1])
    repositories, hooks, parallel, burst_limit = (int(n) if n else None for n in found.groups()[1:])
    return Case(kind, repositories or 0, hooks or 0, parallel, burst_limit)


DEFAULT: Final = tuple(
    parse(name)
    for name in (
        "fleet-100x1",
        "fleet-1000x1",
        "fleet-100x10",
        "fleet-5000x1",
        "fleet-1000x1/20",
        "hook-100x1",
        "yaml-100x1",
        "hook-1000x1",
        "hook-100x10",
    )
)
FULL: Final = (*DEFAULT, parse("hook-5000x1"))


def unavoidable(case: Case, phase: Phase) -> dict[str, int]:
    """The requests by verb that a phase can't do without."""
    pages = -(-case.hooks // _PAGE)
    needed: dict[Phase, dict[str, int]] = {
        "create": {"GET": case.repositories, "POST": case.total},
        "no-op": {},
        "refresh": {"GET": case.repositories * pages},
        "drift": {"GET": case.repositories * pages},
        "update": {"PUT": case.total},
        "destroy": {"DELETE": case.total},
    }
    return needed[phase]


def in_flight(case: Case, cores: int) -> int:
    """How many requests there can be at once: of single hooks, as many as the engine works on."""
    width = case.parallel or MOST_PARALLEL
    return width if case.kind == "fleet" else min(width, _ENGINE_PER_CORE * cores)


def network_seconds(case: Case, phase: Phase, cores: int) -> float:
    """How long these requests take side by side, if nothing else took any time."""
    a_second = in_flight(case, cores) / LATENCY
    return sum(unavoidable(case, phase).values()) / min(a_second, case.burst_limit or a_second)
