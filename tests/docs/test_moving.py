"""`docs/moving.md` does what it says: its files are written and its commands run."""

from __future__ import annotations

import pytest

from support import handbook, old_state
from support.engine import STACK, Project
from support.plugged import plugged

GUIDE = handbook.page("moving.md")
SECRET = "canary-of-ci"

pytestmark = pytest.mark.engine


@pytest.fixture
def both(project: Project) -> Project:
    """Give a project of an engine that has the plugin, with a sandbox for both providers."""
    project.env["PULUMI_STACK"] = STACK
    return plugged(project)


def follow(project: Project, *titles: str) -> None:
    """Do what sections say, as in a project of their name."""
    text = "".join(handbook.section(GUIDE, title) for title in titles)
    handbook.play(text, project.folder, project.env, **{"name: web": "name: e2e"})


def test_from_pulumi_bitbucket(both: Project) -> None:
    """The old state's hooks are the plugin's; nothing was written."""
    plant = both.estate.plant_hook
    theirs = {"skip_cert_verification": True, "secret": SECRET}
    events = ["repo:push", "pullrequest:created"]
    made = {
        "api": plant(
            "acme/api",
            "https://ci.example.com/bitbucket",
            description="CI",
            events=events,
            **theirs,
        ),
        "": plant("acme", "https://audit.example.com/", description="Audit", **theirs),
    }
    old_state.leave_behind(both.secret("ciSecret", SECRET), made.items(), SECRET)
    follow(both, "From `pulumi-bitbucket`")
    assert {record["id"] for record in both.state().values()} == {
        hook.uuid for hook in made.values()
    }
    assert not both.writes()


def test_from_python_and_back(both: Project) -> None:
    """The three hooks are made, and never written again."""
    follow(both, "From Python", "Back to Python")
    assert [request.method for request in both.writes()] == ["POST"] * 3


def test_import_of_a_fleet(both: Project) -> None:
    """The declaration is what the page shows."""
    (both.folder / "Pulumi.yaml").write_text("name: e2e\nruntime: yaml\n")
    for slug in ("web", "api"):
        both.estate.plant_hook(
            f"acme/{slug}", "https://chat.example.com/room", description="Chat room"
        )
    follow(both, "Import a fleet")
    assert not both.writes()
