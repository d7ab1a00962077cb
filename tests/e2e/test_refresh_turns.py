"""`bitbucket:refreshTurns` through the real engine: a part of the repositories in each run."""

from __future__ import annotations

import json

import pytest

from bitbucket_hooks.model.refresh_turn import RefreshTurn
from support.engine import STACK, Project

pytestmark = pytest.mark.engine

URL = "https://ci.example.com/hook"
SLUGS = [f"r{i:02}" for i in range(24)]
PROGRAM = f"""
labs = pulumi.ResourceOptions(provider=bitbucket.Provider("labs"))
for name, slugs in {{"one": {SLUGS[:8]}, "two": {SLUGS[8:16]}}}.items():
    bitbucket.HookFleet(name, repositories=slugs, url="{URL}")
for slug in {SLUGS[16:20]}:
    bitbucket.Hook(slug, repository=slug, url="{URL}", secret="canary")
for slug in {SLUGS[20:]}:
    bitbucket.Hook(slug, labs, owner="acme", repository=slug, url="{URL}")
"""
ON_STACK = ("--stack", STACK)
TURNS = 3


def _due(turn: int, slugs: list[str]) -> set[str]:
    includes = RefreshTurn(number=turn, turns=TURNS).includes
    return {slug for slug in slugs if includes(f"acme/{slug}")}


def test_three_nights(project: Project) -> None:
    """Each night lists its part, all of them everything, and each drift is found on its night."""
    project.estate.add_repositories([f"acme/{slug}" for slug in SLUGS])
    project.program(PROGRAM).config({"bitbucket:refreshTurns": TURNS}).up().succeeded()
    by_hand = {slug: project.only_hook(f"acme/{slug}").uuid for slug in ("r07", "r17", "r22")}
    for uuid in by_hand.values():
        project.estate.change_hook(uuid, active=False)
    project.calls()
    for night in range(1, TURNS + 1):
        project.env["BITBUCKET_HOOKS_REFRESH_TURN"] = str(night)
        run = project.run("refresh", "--preview-only", "--diff").succeeded()
        assert run.flat.count(f"refresh in turns: turn {night} of {TURNS};") == 1
        calls = project.calls()
        listed = {call.split("/")[1] for call in calls}
        assert listed == _due(night, SLUGS)
        assert calls.total() == len(listed)
        assert run.text.count("active") == len(listed & by_hand.keys())

    night = next(turn for turn in range(1, TURNS + 1) if "r22" in _due(turn, SLUGS))
    due = _due(night, SLUGS)
    project.env["BITBUCKET_HOOKS_REFRESH_TURN"] = str(night)
    run = project.preview_and_up("--refresh").succeeded()
    for phase in run.flat.split("Updating (test)"):
        assert f"turn {night} of {TURNS}" in phase
        assert "2 messages" not in phase
    assert project.estate.hook(by_hand["r22"]).active
    assert project.calls().total() == 2 * len(due) + len(due & by_hand.keys())
    project.env["BITBUCKET_HOOKS_REFRESH_TURN"] = "all"
    project.up("--refresh").succeeded()
    assert all(project.estate.hook(uuid).active for uuid in by_hand.values())
    assert "canary" not in project.state_files()


def test_what_a_reviewer_sees(stacks: Project) -> None:
    """How much was checked, and a review that is applied checks the same again."""
    slugs = SLUGS[:12]
    stacks.estate.add_repositories([f"acme/{slug}" for slug in slugs])
    hook = {"name": "ci", "url": URL, "repositories": ["r*"]}
    stacks.config({"bitbucket-hooks:hooks": [hook], "bitbucket-hooks:unmanaged": "report"})
    stacks.config({"bitbucket:refreshTurns": TURNS}).up().succeeded()
    drifted = stacks.only_hook("acme/r05")
    stacks.estate.change_hook(drifted.uuid, active=False)
    codes = []
    for turn in range(1, TURNS + 1):
        run = stacks.command(
            "drift", *ON_STACK, "--json-file", "drift.json", BITBUCKET_HOOKS_REFRESH_TURN=str(turn)
        )
        codes.append(run.code)
        checked = len(_due(turn, slugs))
        assert f"Checked: {checked} of 12 repositories, turn {turn} of {TURNS}." in run.flat
        assert json.loads((stacks.folder / "drift.json").read_text())["run"]["turn"] == {
            "checked": checked,
            "total": 12,
            "what": "repositories",
            "number": turn,
            "turns": TURNS,
        }
        if run.code == 3:
            assert (
                f"`BITBUCKET_HOOKS_REFRESH_TURN={turn} pulumi up --refresh` repairs it." in run.flat
            )
        else:
            assert "Nothing changes by what was checked." in run.flat
    assert sorted(codes) == [0, 0, 3]
    due, other = codes.index(3) + 1, codes.index(0) + 1
    run = stacks.command(
        "preview",
        "--refresh",
        "--save",
        "seen.json",
        *ON_STACK,
        BITBUCKET_HOOKS_REFRESH_TURN=str(due),
    )
    assert run.code == 3
    variable = {"BITBUCKET_HOOKS_REFRESH_TURN": str(other)}
    run = stacks.command("up", "--reviewed", "seen.json", *ON_STACK, **variable)
    assert run.code == 0, run.text
    assert stacks.estate.hook(drifted.uuid).active
    run = stacks.command("drift", *ON_STACK, BITBUCKET_HOOKS_REFRESH_TURN="all")
    assert (run.code, "Checked:" in run.flat) == (0, False)

    stacks.command("preview", "--save", "plain.json", *ON_STACK)  # which checked nothing
    stacks.calls()
    run = stacks.command("up", "--reviewed", "plain.json", "--refresh", *ON_STACK, **variable)
    assert run.code == 0, run.text
    assert sum(call.endswith("/hooks") for call in stacks.calls()) == len(_due(other, slugs))
