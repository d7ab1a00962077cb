"""`bitbucket:refreshBudget` through the real engine: a few repositories a run, all in turn."""

from __future__ import annotations

import json

import pytest

from support.engine import STACK, Project

pytestmark = pytest.mark.engine

URL = "https://ci.example.com/hook"
SLUGS = [f"r{i:02}" for i in range(60)]
PROGRAM = f"""
labs = pulumi.ResourceOptions(provider=bitbucket.Provider("labs"))
for name, slugs in {{"one": {SLUGS[:20]}, "two": {SLUGS[20:40]}}}.items():
    bitbucket.HookFleet(name, repositories=slugs, url="{URL}")
for slug in {SLUGS[40:50]}:
    bitbucket.Hook(slug, repository=slug, url="{URL}", secret="canary")
for slug in {SLUGS[50:]}:
    bitbucket.Hook(slug, labs, owner="acme", repository=slug, url="{URL}")
"""
ON_STACK = ("--stack", STACK)


def test_ten_nights(project: Project) -> None:
    """No night lists more than the budget, all of them everything, and each drift on its night."""
    project.estate.add_repositories([f"acme/{slug}" for slug in SLUGS])
    project.program(PROGRAM).config({"bitbucket:refreshBudget": 6}).up().succeeded()
    by_hand = {slug: project.only_hook(f"acme/{slug}").uuid for slug in ("r07", "r44", "r55")}
    for uuid in by_hand.values():
        project.estate.change_hook(uuid, active=False)
    project.calls()
    nights: list[set[str]] = []
    for night in range(1, 11):
        project.env["BITBUCKET_REFRESH_TURN"] = str(night)
        run = project.run("refresh", "--preview-only", "--diff").succeeded()
        line = f"refresh budget: checking 6 of 60 repositories, turn {night} of 10;"
        assert run.flat.count(line) == 1
        calls = project.calls()
        assert calls.total() == 6
        nights.append({call.split("/")[1] for call in calls})
        assert run.text.count("active") == len(nights[-1] & by_hand.keys())
    assert set().union(*nights) == set(SLUGS)

    due = nights.index(next(night for night in nights if "r55" in night)) + 1
    other = next(i for i, night in enumerate(nights, 1) if not night & by_hand.keys())
    project.env["BITBUCKET_REFRESH_TURN"] = str(other)
    project.preview_and_up("--refresh", "--expect-no-changes").succeeded()
    project.env["BITBUCKET_REFRESH_TURN"] = str(due)
    project.calls()
    run = project.preview_and_up("--refresh").succeeded()
    for phase in run.flat.split("Updating (test)"):
        assert f"checking 6 of 60 repositories, turn {due} of 10" in phase
        assert "2 messages" not in phase
    assert project.estate.hook(by_hand["r55"]).active
    assert project.calls().total() == 2 * 6 + len(nights[due - 1] & by_hand.keys())
    project.env["BITBUCKET_REFRESH_TURN"] = "all"
    project.up("--refresh").succeeded()
    assert all(project.estate.hook(uuid).active for uuid in by_hand.values())
    assert "canary" not in project.state_files()


def test_what_a_reviewer_is_told(stacks: Project) -> None:
    """How much was looked at, and a review that is applied looks at the same again."""
    stacks.estate.add_repositories([f"acme/{slug}" for slug in SLUGS[:12]])
    hook = {"name": "ci", "url": URL, "repositories": ["r*"]}
    stacks.config({"bitbucket-hooks:hooks": [hook], "bitbucket-hooks:unmanaged": "report"})
    stacks.config({"bitbucket:refreshBudget": 4}).up().succeeded()
    drifted = stacks.only_hook("acme/r05")
    stacks.estate.change_hook(drifted.uuid, active=False)
    codes = []
    for turn in ("1", "2", "3"):
        run = stacks.command(
            "drift", *ON_STACK, "--json-file", f"{turn}.json", BITBUCKET_REFRESH_TURN=turn
        )
        codes.append(run.code)
        assert f"Checked: 4 of 12 repositories, turn {turn} of 3." in run.flat
        told = json.loads((stacks.folder / f"{turn}.json").read_text())["run"]["turn"]
        assert told == {
            "checked": 4,
            "total": 12,
            "what": "repositories",
            "number": int(turn),
            "turns": 3,
        }
        if run.code == 3:
            assert f"`BITBUCKET_REFRESH_TURN={turn} pulumi up --refresh` repairs it." in run.flat
        else:
            assert "Nothing changes by what was looked at." in run.flat
    assert sorted(codes) == [0, 0, 3]
    due, other = (str(codes.index(code) + 1) for code in (3, 0))
    run = stacks.command(
        "preview", "--refresh", "--save", "seen.json", *ON_STACK, BITBUCKET_REFRESH_TURN=due
    )
    assert run.code == 3
    run = stacks.command("up", "--reviewed", "seen.json", *ON_STACK, BITBUCKET_REFRESH_TURN=other)
    assert run.code == 0, run.text
    assert stacks.estate.hook(drifted.uuid).active
    run = stacks.command("drift", *ON_STACK, BITBUCKET_REFRESH_TURN="all")
    assert (run.code, "Checked:" in run.flat) == (0, False)

    stacks.command("preview", "--save", "plain.json", *ON_STACK)  # which looked at nothing
    stacks.calls()
    run = stacks.command(
        "up", "--reviewed", "plain.json", "--refresh", *ON_STACK, BITBUCKET_REFRESH_TURN=other
    )
    assert run.code == 0, run.text
    assert sum(call.endswith("/hooks") for call in stacks.calls()) == 4
