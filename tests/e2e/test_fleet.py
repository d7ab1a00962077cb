"""One hook on many repositories, through the real engine."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence

import pytest

from support.engine import Project, finish, settled_writes, wait_until

pytestmark = pytest.mark.engine

URL = "https://ci.example.com/hook"
SLUGS = ("api", "billing", "infra", "web", "worker")
URN = "urn:pulumi:test::e2e::pulumi-python:dynamic/bitbucket:HookFleet::ci"


def _fleet(slugs: Sequence[str] = SLUGS, more: str = "", name: str = "ci", url: str = URL) -> str:
    return (
        f'ci = bitbucket.HookFleet("{name}", repositories={list(slugs)}, url="{url}"{more})\n'
        'pulumi.export("hooks", ci.hooks)\n'
    )


def _hook(slug: str) -> str:
    return f'bitbucket.Hook("{slug}", repository="{slug}", url="{URL}")\n'


def _uuids(project: Project) -> dict[str, str]:
    """The live hooks by repository; each has at most one."""
    found = {slug: project.hooks(f"acme/{slug}") for slug in SLUGS}
    assert all(len(hooks) <= 1 for hooks in found.values())
    return {slug: hooks[0].uuid for slug, hooks in found.items() if hooks}


def _spaced(text: str) -> str:
    """Without the padding by which the engine aligns names."""
    return " ".join(text.replace(":", " : ").split())


def test_life(project: Project) -> None:
    """Create, no-op, drift, repair, another event, one more, one less, destroy."""
    project.program(_fleet()).up().succeeded()
    made = _uuids(project)
    assert project.outputs()["hooks"] == made
    assert sorted(made) == sorted(SLUGS)
    calls = project.calls()
    assert {calls[f"{verb} acme/{slug}/hooks"] for verb in ("GET", "POST") for slug in SLUGS} == {1}
    project.preview("--expect-no-changes").succeeded()
    assert not project.calls()
    project.preview("--refresh", "--expect-no-changes").succeeded()
    assert project.calls() == {f"GET acme/{slug}/hooks": 1 for slug in SLUGS}

    project.estate.change_hook(made["web"], active=False, url="https://x.example.com/y?token=z")
    project.estate.delete_hook(made["api"])
    project.calls()
    shown = _spaced(project.preview("--refresh", "--diff").succeeded().text)
    assert '~ web : "url \\"https : //x.example.com/y?…\\"; active false" => "as declared"' in shown
    assert '~ api : "gone" => "as declared"' in shown
    assert "~ billing" not in shown
    assert "token" not in shown
    project.up("--refresh").succeeded()
    calls = project.calls()
    assert {call: n for call, n in calls.items() if not call.startswith("GET")} == {
        "PUT acme/web/hooks": 1,
        "POST acme/api/hooks": 1,
    }
    made = {**made, "api": _uuids(project)["api"]}
    project.preview("--refresh", "--expect-no-changes").succeeded()

    more = ', events=["repo:fork"]'
    project.program(_fleet(more=more)).up().succeeded()
    assert {hook.events for hook in project.hooks()} == {("repo:fork",)}
    project.calls()
    project.program(_fleet((*SLUGS[1:], "docs"), more))
    shown = project.preview("--diff").succeeded().text.partition("Outputs:")[0]
    assert '+ docs: "as declared"' in shown.replace("  ", "")
    assert '- api : "as declared"' in _spaced(shown)
    assert "web" not in shown
    project.up().succeeded()
    assert project.calls() == {
        "GET acme/docs/hooks": 1,
        "POST acme/docs/hooks": 1,
        "DELETE acme/api/hooks": 1,
    }
    project.destroy().succeeded()
    assert not project.hooks()


@pytest.mark.parametrize("how", ["up", "up --refresh"])
def test_failure_of_some(project: Project, how: str) -> None:
    """What was made is kept, the others are named, and the next run does just these."""
    project.program(_fleet(more=', secret="canary"').replace("'web'", "'nowhere'"))
    run = project.up().failed()
    assert "1 of 5 repositories failed, 4 are done" in run.flat
    assert "acme/nowhere: listing the hooks: not found" in run.flat
    state = project.state()["ci"]
    assert state["id"].startswith("fleet-")
    assert sorted(state["outputs"]["hooks"]) == ["api", "billing", "infra", "worker"]
    assert "canary" not in project.state_files()
    before = _uuids(project)

    project.up(*how.split()[1:]).failed()
    assert _uuids(project) == before
    project.estate.add_repository("acme/nowhere")
    project.calls()
    project.preview_and_up(*how.split()[1:]).succeeded()
    writes = {call: n for call, n in project.calls().items() if not call.startswith("GET")}
    assert writes == {"POST acme/nowhere/hooks": 1}
    project.preview("--refresh", "--expect-no-changes").succeeded()
    assert _uuids(project) == before


def test_failure_of_an_update(project: Project) -> None:
    """Those that were written are recorded as such; the next run writes the other one alone."""
    project.program(_fleet()).up().succeeded()
    gone = _uuids(project)["web"]
    project.estate.delete_hook(gone)
    project.program(_fleet(more=', events=["repo:fork"]'))
    run = project.up().failed()
    assert f"the hook {gone} can't be updated" in run.flat
    project.calls()
    project.up("--refresh").succeeded()
    writes = {call: n for call, n in project.calls().items() if not call.startswith("GET")}
    assert writes == {"POST acme/web/hooks": 1}
    assert {hook.events for hook in project.hooks()} == {("repo:fork",)}
    project.preview("--refresh", "--expect-no-changes").succeeded()


def test_secrets_that_came_with_a_failed_update(project: Project) -> None:
    """A refresh gives back inputs that the state never had: they are encrypted all the same."""
    project.program(_fleet()).up().succeeded()
    url = 'url=pulumi.Output.secret("https://ci.example.com/canary-1")'
    declared = _fleet((*SLUGS, "nowhere"), ', secret="canary-2"').replace(f'url="{URL}"', url)
    project.program(declared).up().failed()
    project.estate.change_hook(_uuids(project)["web"], url="https://ci.example.com/canary-3")
    runs = [
        project.preview("--refresh", "--diff"),
        project.refresh(),
        project.preview("--diff"),
        project.up("--refresh").failed(),
    ]
    assert "canary" not in "".join(run.text for run in runs)
    assert "canary" not in project.state_files()
    assert 'web : "url \\"https : //ci.example.com/…\\"" =>' in _spaced(runs[0].text)
    assert project.estate.secret_of(_uuids(project)["web"]) == "canary-2"


def test_too_many_removed(project: Project) -> None:
    """Refused in the preview, with number and remedy; with force it goes through."""
    slugs = [f"r{i}" for i in range(40)]
    project.estate.add_repositories([f"acme/{slug}" for slug in slugs])
    project.program(_fleet(slugs)).up().succeeded()
    project.program(_fleet(slugs[:27]))
    for run in (project.preview("--diff").failed(), project.up().failed()):
        assert "this would take 13 of 40 repositories (32.5%) out of the fleet" in run.flat
        assert "BITBUCKET_HOOKS_FORCE=1" in run.flat
    assert len(project.hooks()) == 40
    project.env["BITBUCKET_HOOKS_FORCE"] = "1"
    project.preview_and_up().succeeded()
    assert len(project.hooks()) == 27


def test_moved_and_renamed(project: Project) -> None:
    """From single hooks into a fleet, to another name, and back: the live hooks stay."""
    singles = "".join(map(_hook, SLUGS))
    project.program(singles).up().succeeded()
    before = _uuids(project)
    for program in (_fleet(), _fleet(name="renamed"), singles):
        project.program(program).preview_and_up().succeeded()
        assert _uuids(project) == before
    project.preview("--refresh", "--expect-no-changes").succeeded()
    project.program(_fleet()).up().succeeded()
    project.up("--replace", URN).succeeded()
    assert _uuids(project) == before


def test_one_leaves_for_a_hook_of_its_own(project: Project) -> None:
    """An update lets go what another resource declares, whichever comes first."""
    project.program(_fleet()).up().succeeded()
    before = _uuids(project)
    project.program(_fleet(SLUGS[1:]) + _hook("api")).preview_and_up().succeeded()
    assert _uuids(project) == before
    project.preview("--refresh", "--expect-no-changes").succeeded()
    project.program(_fleet()).up().succeeded()
    assert _uuids(project) == before
    project.program(_hook("api") + _fleet(SLUGS[1:])).up().succeeded()
    assert _uuids(project) == before


@pytest.mark.plain_python
def test_killed(project: Project) -> None:
    """What a killed run made is found and adopted."""
    slugs = [f"r{i}" for i in range(40)]
    project.estate.add_repositories([f"acme/{slug}" for slug in slugs])
    project.estate.configure(latency_ms=300)
    project.config({"bitbucket:parallel": "4"}).program(_fleet(slugs))
    process = project.start("up", "--yes", "--skip-preview")
    wait_until(lambda: len(project.writes()) >= 8, process)
    process.kill()
    process.wait()
    assert settled_writes(project) < 40
    finish(process)
    project.estate.configure(latency_ms=0)
    project.free()
    project.up().succeeded()
    assert len(project.hooks()) == 40
    assert len(project.outputs()["hooks"]) == 40


@pytest.mark.plain_python
def test_interrupted(project: Project) -> None:
    """One Ctrl-C keeps what was done in the state, and the next run does the rest."""
    slugs = [f"r{i}" for i in range(40)]
    project.estate.add_repositories([f"acme/{slug}" for slug in slugs])
    project.estate.configure(latency_ms=300)
    project.config({"bitbucket:parallel": "4"}).program(_fleet(slugs))
    process = project.start("up", "--yes", "--skip-preview")
    wait_until(lambda: len(project.writes()) >= 8, process)
    os.killpg(process.pid, signal.SIGINT)
    run = finish(process)
    assert run.code != 0
    assert "Traceback" not in run.text
    live = {hook.uuid for hook in project.hooks()}
    assert 0 < len(live) < 40
    assert set(project.state()["ci"]["outputs"]["hooks"].values()) == live
    project.estate.configure(latency_ms=0)
    project.up().succeeded()
    assert len(project.hooks()) == 40
    assert live < {hook.uuid for hook in project.hooks()}
