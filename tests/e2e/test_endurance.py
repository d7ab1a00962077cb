"""Many hooks under faults and limits: one run each, nothing lost and nothing doubled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from bitbucket_hooks.sandbox.seed import OWNER_EMAIL, OWNER_TOKEN
from support.engine import Project
from support.sandbox import serve
from support.scale import scaled

pytestmark = [pytest.mark.engine, pytest.mark.plain_python]  # whose deaths are real

REPOSITORIES = scaled(10, 30)
HOOKS = scaled(8, 10)  # on each of them
TOTAL = REPOSITORIES * HOOKS


@pytest.fixture
def fleet(project: Project) -> Iterator[Project]:
    """Give a project over HTTP with repositories for many hooks."""
    project.estate.add_repositories([f"acme/r{i}" for i in range(REPOSITORIES)])
    with serve(project.database) as base:
        yield project.config(
            {
                "bitbucket:apiUrl": base,
                "bitbucket:username": OWNER_EMAIL,
                "bitbucket:password": OWNER_TOKEN,
            }
        )


def declare(project: Project, description: str) -> Project:
    """Declare the same hooks on every repository."""
    return project.program(
        f"""
for r in range({REPOSITORIES}):
    for i in range({HOOKS}):
        bitbucket.Hook(
            f"h{{r}}-{{i}}",
            repository=f"r{{r}}",
            url=f"https://ci.example.com/{{i}}",
            description="{description}",
            secret="signs",
        )
"""
    )


def assert_exactly(project: Project, count: int, description: str) -> None:
    """The declared hooks are there, each once and as declared."""
    live = project.hooks()
    assert len(live) == count
    assert set(Counter((hook.subject, hook.url) for hook in live).values()) <= {1}
    assert {hook.description for hook in live} <= {description}


@pytest.mark.parametrize("seed", scaled([1], [1, 2, 3]))
def test_faults_of_all_kinds(fleet: Project, seed: int) -> None:
    """Create, update, refresh and destroy pass in one go each, though 8 % of requests fail."""
    fleet.estate.configure(fault_rate=0.08, fault_seed=seed)
    declare(fleet, "one").up().succeeded()
    assert_exactly(fleet, TOTAL, "one")
    declare(fleet, "two").up().succeeded()
    assert_exactly(fleet, TOTAL, "two")
    fleet.refresh("--expect-no-changes").succeeded()
    fleet.destroy().succeeded()
    assert_exactly(fleet, 0, "")
    assert any(request.fault for request in fleet.estate.requests())


@pytest.mark.parametrize("retry_after", [False, True])
def test_a_tight_limit(fleet: Project, retry_after: bool) -> None:
    """Creates under a limit of half their number pass in one run, few of the requests refused."""
    fleet.estate.configure(
        rate_limit=TOTAL // 2, window_seconds=scaled(8, 15), retry_after=retry_after
    )
    # fast enough to meet the limit on a machine of any size, however busy
    fleet.env |= {"BITBUCKET_PARALLEL": "8", "PULUMI_SKIP_CHECKPOINTS": "true"}
    declare(fleet, "one").up().succeeded()
    assert_exactly(fleet, TOTAL, "one")
    requests = fleet.estate.requests()
    refused = sum(request.status == 429 for request in requests)
    assert 0 < refused <= len(requests) * 0.2
