"""`pulumi import` takes live hooks into the state as they are, and writes their declarations."""

from __future__ import annotations

import pytest
import yaml

from support.engine import Project, Run
from support.plugged import plugged

ROOM = "https://chat.example.com/services/T0/B0/canary-of-room-0123456789"
HEAD = "name: e2e\nruntime: yaml\n"

pytestmark = pytest.mark.engine


def imported(project: Project, kind: str, name: str, id_: str) -> Run:
    """Import a resource without a preview; its declaration lands in a file of its name."""
    declaration = ("--out", str(project.folder / f"{name}.yaml"))
    type_ = f"bitbucket-hooks:index:{kind}"
    return project.run("import", "--yes", "--skip-preview", *declaration, type_, name, id_)


def test_import(project: Project) -> None:
    """Of a hook of each kind; the next preview of what was written has nothing to do."""
    plugged(project)
    (project.folder / "Pulumi.yaml").write_text(HEAD)
    plant = project.estate.plant_hook
    ci = plant("acme/web", "https://ci.example.com/", active=False, secret="kept")
    audit = plant("acme", "https://audit.example.com/", description="Audit", events=["repo:fork"])
    for slug in ("web", "api"):
        plant(f"acme/{slug}", ROOM, description="Chat room")
    live = project.hooks()

    imported(project, "Hook", "ci", f"acme/web/{ci.uuid}").succeeded()
    imported(project, "WorkspaceHook", "audit", f"acme/{audit.uuid}").succeeded()
    imported(project, "HookFleet", "chat", "acme/web,api#Chat room").succeeded()
    assert "canary" not in project.state_files()
    written = {
        name: yaml.safe_load((project.folder / f"{name}.yaml").read_text())["resources"][name]
        for name in ("ci", "audit", "chat")
    }
    same = {"historyEnabled": False, "skipCertVerification": False}
    assert {name: resource["properties"] for name, resource in written.items()} == {
        "ci": {
            "owner": "acme",
            "repository": "web",
            "url": ci.url,
            "description": "",
            "events": ["repo:push"],
            "active": False,
            **same,
        },
        "audit": {
            "workspace": "acme",
            "url": audit.url,
            "description": "Audit",
            "events": ["repo:fork"],
            "active": True,
            **same,
        },
        "chat": {
            "owner": "acme",
            "repositories": ["web", "api"],
            "url": ROOM,
            "description": "Chat room",
            "events": ["repo:push"],
            "active": True,
            **same,
        },
    }

    written["chat"]["properties"]["url"] = {"fn::secret": ROOM}
    (project.folder / "Pulumi.yaml").write_text(HEAD + yaml.safe_dump({"resources": written}))
    project.up("--expect-no-changes").succeeded()
    project.preview("--refresh", "--expect-no-changes").succeeded()
    assert "canary" not in project.state_files()
    assert project.hooks() == live
    assert not project.writes()

    wrong = imported(project, "Hook", "wrong", "acme/web").failed().text
    assert '"acme/web" is no id of a Hook\n    Write it as WORKSPACE/REPOSITORY/{uuid}.' in wrong
    elsewhere = imported(project, "Hook", "wrong", f"nowhere/web/{ci.uuid}").failed().text
    assert "nowhere/web: listing the hooks: not found" in elsewhere
    assert "Check the spelling of workspace and repository" in elsewhere
    assert set(project.state()) == {"ci", "audit", "chat"}
