"""Hooks that are managed elsewhere can be looked up; that never writes."""

import pytest

from support.engine import Project

pytestmark = pytest.mark.engine


def test_look_up(project: Project) -> None:
    """`get` and `id=` give every output of a repository's and of a workspace's hook."""
    repo = project.estate.plant_hook(
        "acme/api", "https://ci.example.com/hook", description="CI", secret="kept", active=False
    )
    space = project.estate.plant_hook("acme", "https://audit.example.com/", events=["repo:fork"])
    project.program(
        f"""
a = bitbucket.Hook.get("a", "acme/api/{repo.uuid}")
b = bitbucket.WorkspaceHook.get("b", "acme/{space.uuid}")
c = bitbucket.Hook("c", pulumi.ResourceOptions(id="acme/api/{repo.uuid.strip("{}")}"))
pulumi.export("a", [a.uuid, a.owner, a.repository, a.url, a.description, a.active, a.secret_set])
pulumi.export("b", [b.uuid, b.workspace, b.url, b.events, b.secret_set, b.created_at])
pulumi.export("c", c.uuid)
"""
    )
    project.preview_and_up().succeeded()
    assert project.outputs() == {
        "a": [repo.uuid, "acme", "api", repo.url, "CI", False, True],
        "b": [space.uuid, "acme", space.url, ["repo:fork"], False, space.created_at],
        "c": repo.uuid,
    }
    project.preview("--expect-no-changes").succeeded()
    project.up("--refresh").succeeded()
    project.destroy().succeeded()
    assert not project.writes()
    assert project.estate.secret_of(repo.uuid) == "kept"


def test_not_there(project: Project) -> None:
    """A look-up that finds nothing, or whose id can't be read, says so."""
    nobody = "{00000000-0000-0000-0000-000000000000}"
    project.program(f'bitbucket.Hook.get("a", "acme/api/{nobody}")\n')
    assert nobody in project.up().failed().text
    project.program('bitbucket.Hook.get("a", "acme/api")\nbitbucket.WorkspaceHook.get("b", "x")\n')
    text = project.up().failed().text
    assert "WORKSPACE/REPOSITORY/{uuid}" in text
