"""The first deployment creates, the second does nothing, and the last takes everything away."""

import pytest

from support.engine import Project

pytestmark = pytest.mark.engine

CI = """
bitbucket.Hook(
    "ci",
    repository="api",
    url="https://ci.example.com/hook",
    description="CI",
    events=["repo:push", "pullrequest:created"],
)
"""


def test_first_creates_second_sends_nothing(project: Project) -> None:
    """A second deployment changes nothing and asks nothing, however the same is written."""
    project.program(CI + 'bitbucket.WorkspaceHook("audit", url="https://audit.example.com/a")\n')
    project.preview_and_up().succeeded()
    hook = project.only_hook("acme/api")
    assert (hook.url, hook.description, hook.active) == ("https://ci.example.com/hook", "CI", True)
    assert set(hook.events) == {"repo:push", "pullrequest:created"}
    assert not any((hook.skip_cert_verification, hook.history_enabled, hook.secret_set))
    assert project.only_hook("acme").events == ("repo:push",)
    assert project.calls() == {
        "GET acme/api/hooks": 1,
        "POST acme/api/hooks": 1,
        "GET workspaces/acme/hooks": 1,
        "POST workspaces/acme/hooks": 1,
    }
    assert "3 unchanged" in project.preview("--expect-no-changes").succeeded().flat
    project.up("--expect-no-changes").succeeded()
    assert not project.calls()


def test_same_in_other_words_is_no_change(project: Project) -> None:
    """Order, doubles, defaults written out, case and owner given: all the same declaration."""
    project.program(CI).up().succeeded()
    project.calls()
    project.program(
        """
bitbucket.Hook("ci", bitbucket.HookArgs(
    owner="acme",
    repository="API",
    url="HTTPS://CI.example.com:443/hook",
    description="CI",
    events=["pullrequest:created", "repo:push", "pullrequest:created"],
    active=True,
    skip_cert_verification=False,
))
"""
    )
    project.up("--expect-no-changes").succeeded()
    assert not project.calls()


def test_outputs_and_state(project: Project) -> None:
    """Outputs carry what only the service knows; the id is the uuid."""
    project.program(
        """
hook = bitbucket.Hook("ci", repository="api", url="https://ci.example.com/hook")
for name in ("id", "uuid", "secret_set", "created_at", "events", "active", "owner"):
    pulumi.export(name, getattr(hook, name))
for name in ("description", "history_enabled", "skip_cert_verification"):
    pulumi.export(name, getattr(hook, name))
"""
    ).up().succeeded()
    hook = project.only_hook()
    assert project.outputs() == {
        "id": hook.uuid,
        "uuid": hook.uuid,
        "secret_set": False,
        "created_at": hook.created_at,
        "events": ["repo:push"],
        "active": True,
        "owner": "acme",
        "skip_cert_verification": False,
    }
    assert project.state()["ci"]["type"] == "pulumi-python:dynamic/bitbucket:Hook"


def test_update_in_place_and_destroy(project: Project) -> None:
    """A changed declaration is one PUT; taking it out deletes that hook alone."""
    other = 'bitbucket.Hook("other", repository="api", url="https://other.example.com/")\n'
    project.program(CI + other).up().succeeded()
    uuids = {hook.url: hook.uuid for hook in project.hooks()}
    project.calls()
    project.program(CI.replace('"CI"', '"CI 2"') + other).up().succeeded()
    assert project.calls() == {"PUT acme/api/hooks": 1}
    assert project.estate.hook(uuids["https://ci.example.com/hook"]).description == "CI 2"
    project.program(other).up().succeeded()
    assert project.calls() == {"DELETE acme/api/hooks": 1}
    assert [hook.uuid for hook in project.hooks()] == [uuids["https://other.example.com/"]]
    project.destroy().succeeded()
    assert not project.hooks()


def test_destroy_though_gone(project: Project) -> None:
    """What somebody deleted before, a hook or its whole repository, is no obstacle."""
    project.program(
        """
for repository in ("api", "web", "docs"):
    bitbucket.Hook(repository, repository=repository, url="https://ci.example.com/hook")
"""
    ).up().succeeded()
    project.estate.delete_hook(project.only_hook("acme/api").uuid)
    project.estate.delete_repository("acme/web")
    run = project.destroy().succeeded()
    assert "acme/web" in run.text
    assert not project.hooks()
    assert not project.state()
