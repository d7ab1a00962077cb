"""Hooks that nothing declares, through the real engine."""

from __future__ import annotations

import pytest

from bitbucket_hooks.sandbox.webhook import StoredHook
from support.engine import Project

pytestmark = pytest.mark.engine

SLUGS = [f"r{i:02}" for i in range(40)]
URL = "https://ci.example.com/hook"
FOREIGN = "https://jenkins.example.com/x"


def _fleets(count: int, on_unmanaged: str, hooks: str = "*fleets") -> str:
    """Fleets that give each of the repositories as many hooks, and what may be there."""
    return (
        f"slugs = {SLUGS}\n"
        f'fleets = [bitbucket.HookFleet(f"ci{{i}}", repositories=slugs, url=f"{URL}/{{i}}")'
        f" for i in range({count})]\n"
        f'bitbucket.RepositoryHooksExclusive("only", repositories=slugs, hooks=[{hooks}],'
        f' on_unmanaged="{on_unmanaged}")\n'
    )


def _plant(project: Project, count: int) -> list[StoredHook]:
    return [
        project.estate.plant_hook(
            f"acme/{SLUGS[i % len(SLUGS)]}", f"{FOREIGN}/{i}?token=canary", description=f"Old {i}"
        )
        for i in range(count)
    ]


def _lines(planted: list[StoredHook]) -> list[str]:
    """How each is told: repository, description, url and uuid."""
    return [
        f'acme/{SLUGS[i % len(SLUGS)]} "Old {i}" {FOREIGN}/{i}?… {hook.uuid}'
        for i, hook in enumerate(planted)
    ]


def test_planted_among_many(project: Project) -> None:
    """20 among 100 are reported one by one, then deleted after a preview that names them."""
    project.estate.add_repositories([f"acme/{slug}" for slug in SLUGS])
    planted = _plant(project, 20)
    run = project.program(_fleets(2, "report")).up().succeeded()
    assert all(line in run.text for line in _lines(planted))
    assert len(project.hooks()) == 100
    project.calls()
    run = project.preview("--expect-no-changes").succeeded()
    assert all(line in run.text for line in _lines(planted))
    assert not project.calls()
    run = project.preview("--refresh", "--expect-no-changes").succeeded()
    assert all(line in run.text for line in _lines(planted))
    assert project.calls() == {f"GET acme/{slug}/hooks": 1 for slug in SLUGS}

    shown = project.program(_fleets(2, "delete")).preview("--diff").succeeded()
    assert "20 unmanaged hooks to be deleted" in shown.text
    assert all(line in shown.text for line in _lines(planted))
    assert all(f"- {hook.uuid}: " in shown.text for hook in planted)
    assert len(project.hooks()) == 100
    project.calls()
    run = project.preview_and_up().succeeded()
    assert "20 unmanaged hooks deleted" in run.text
    assert sum(n for call, n in project.calls().items() if call.startswith("DELETE")) == 20
    assert len(project.hooks()) == 80
    assert not {hook.uuid for hook in project.hooks()} & {hook.uuid for hook in planted}
    project.preview("--refresh", "--expect-no-changes").succeeded()
    assert "canary" not in project.state_files()


MIXED = f"""
one = bitbucket.Hook("one", repository="docs", url="{URL}")
audit = bitbucket.WorkspaceHook("audit", url="{URL}")
ci = bitbucket.HookFleet("ci", repositories=["api", "web"], url="{URL}", events=["repo:push"])
everything = [one, audit, ci]
bitbucket.RepositoryHooksExclusive(
    "only", repositories=["api", "docs", "web"], hooks=everything, on_unmanaged="delete")
bitbucket.WorkspaceHooksExclusive("workspace", hooks=everything, on_unmanaged="delete")
"""


def test_all_kinds_of_hooks(project: Project) -> None:
    """What each holds may be there; what came by hand goes when a preview has shown it."""
    app = project.estate.plant_hook("acme/web", FOREIGN, read_only=True)
    project.program(MIXED).up().succeeded()
    made = {hook.uuid for hook in project.hooks()}
    assert len(made) == 5
    project.preview("--refresh", "--expect-no-changes").succeeded()

    planted = project.estate.plant_hook("acme/web", FOREIGN, description="By hand")
    shown = project.preview("--refresh", "--diff").succeeded().text
    assert f'+ {planted.uuid}: "acme/web \\"By hand\\" {FOREIGN}"' in shown
    assert f'- {planted.uuid}: "acme/web \\"By hand\\" {FOREIGN}"' in shown
    run = project.up("--refresh").succeeded()
    assert "1 unmanaged hook left alone: found by this very run" in run.flat
    assert planted in project.hooks()
    run = project.preview_and_up().succeeded()
    assert f'1 unmanaged hook deleted: acme/web "By hand" {FOREIGN} {planted.uuid}' in run.flat

    planted = project.estate.plant_hook("acme", FOREIGN)
    project.program(MIXED.replace("repo:push", "repo:fork"))  # its hooks are unknown in previews
    run = project.preview_and_up("--refresh").succeeded()
    assert f"workspace acme without description {FOREIGN} {planted.uuid}" in run.text
    assert {hook.uuid for hook in project.hooks()} == made
    assert app.uuid in made

    planted = project.estate.plant_hook("acme/web", FOREIGN)
    adopting = f'two = bitbucket.Hook("two", repository="web", url="{FOREIGN}")\n'
    program = adopting + MIXED.replace("[one,", "[one, two,")
    run = project.program(program).preview_and_up("--refresh").succeeded()
    assert "What this run's own changes adopt stays." in run.text
    assert project.state()["two"]["id"] == planted.uuid
    program = program.replace('"api", "web"]', '"web"]')
    project.program(program).up().succeeded()
    assert not project.hooks("acme/api")
    project.preview("--refresh", "--expect-no-changes").succeeded()
    project.destroy().succeeded()
    assert project.hooks() == [app]
