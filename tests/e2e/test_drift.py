"""What somebody changed by hand is named by a preview and repaired in place."""

import pytest

from support.engine import Project

pytestmark = pytest.mark.engine

DECLARED = """
bitbucket.Hook(
    "ci",
    repository="api",
    url="https://ci.example.com/hook",
    description="CI",
    events=["repo:push", "issue:created"],
    history_enabled=True,
)
bitbucket.Hook("neighbour", repository="api", url="https://neighbour.example.com/")
bitbucket.WorkspaceHook("audit", url="https://audit.example.com/", description="Audit")
"""
URL = "https://ci.example.com/hook"
BY_HAND = {
    "url": "https://evil.example.com/hook",
    "description": "Mine",
    "active": False,
    "events": ["repo:push", "repo:fork"],
    "skip_cert_verification": True,
    "history_enabled": False,
}
LINES = (
    '~ url : "https://evil.example.com/hook" => "https://ci.example.com/hook"',
    '~ description : "Mine" => "CI"',
    "~ active : false => true",
    "~ skipCertVerification: true => false",
    "~ historyEnabled : false => true",
    '"repo:fork" => "issue:created"',
)


def _spaced(text: str) -> str:
    """Without the padding by which the engine aligns names."""
    return " ".join(text.replace(":", " : ").split())


def test_every_property(project: Project) -> None:
    """Each drifted property is named with both values; the repair keeps the uuid."""
    project.program(DECLARED).up().succeeded()
    before = {hook.uuid: hook for hook in project.hooks()}
    (ours,) = [hook for hook in before.values() if hook.url == URL]
    project.preview("--refresh", "--expect-no-changes").succeeded()

    project.estate.change_hook(ours.uuid, **BY_HAND)
    project.calls()
    shown = project.preview("--refresh", "--diff", "--expect-no-changes").failed()
    for line in LINES:
        assert _spaced(line) in _spaced(shown.text)
    assert "neighbour" not in shown.text
    assert "secret" not in shown.text
    assert project.calls() == {"GET acme/api/hooks": 1, "GET workspaces/acme/hooks": 1}

    project.up("--refresh").succeeded()
    assert project.calls()["PUT acme/api/hooks"] == 1
    assert {hook.uuid: hook for hook in project.hooks()} == before
    project.preview("--refresh", "--expect-no-changes").succeeded()

    # after a plain refresh the next preview, which asks nothing, still names the difference
    project.estate.change_hook(ours.uuid, active=False)
    project.refresh().succeeded()
    assert project.state()["ci"]["outputs"]["active"] is False
    project.calls()
    step = project.preview("--json").succeeded().steps()["ci"]
    assert (step["op"], step["diffReasons"]) == ("update", ["active"])
    assert not project.calls()


def test_deleted_by_hand(project: Project) -> None:
    """A hook that is gone is made again, and nothing else is touched."""
    project.program(DECLARED).up().succeeded()
    ours = next(hook for hook in project.hooks() if hook.url == URL)
    others = {hook.uuid for hook in project.hooks()} - {ours.uuid}
    project.estate.delete_hook(ours.uuid)
    project.estate.delete_hook(project.only_hook("acme").uuid)
    others -= {project.state()["audit"]["id"]}
    project.calls()
    steps = project.preview("--refresh", "--json").succeeded().operations()
    assert steps == {"ci": "create", "audit": "create"}
    project.up("--refresh").succeeded()
    assert {hook.url for hook in project.hooks()} == {
        URL,
        "https://neighbour.example.com/",
        "https://audit.example.com/",
    }
    assert others < {hook.uuid for hook in project.hooks()}
    calls = project.calls()
    assert (calls["POST acme/api/hooks"], calls["POST workspaces/acme/hooks"]) == (1, 1)
    assert not any(call.startswith(("PUT", "DELETE")) for call in calls)
