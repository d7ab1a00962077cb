"""A repository that was renamed keeps its hook; another one gets another."""

import pytest

from support.engine import Project

pytestmark = pytest.mark.engine

PROGRAM = """
bitbucket.Hook("ci", repository="{}", url="https://ci.example.com/hook", secret="s3cret")
"""


def test_renamed(project: Project) -> None:
    """Renamed there and here: the same hook, without a write."""
    project.program(PROGRAM.format("api")).up().succeeded()
    hook = project.only_hook()
    project.estate.rename_repository("acme/api", "backend")
    project.estate.clear_requests()
    project.program(PROGRAM.format("backend"))
    project.preview_and_up().succeeded()
    assert not project.writes()
    assert project.hooks() == [hook]
    project.preview("--refresh", "--expect-no-changes").succeeded()
    project.destroy().succeeded()
    assert not project.hooks()


def test_another(project: Project) -> None:
    """Another repository: a new hook there, and the old one goes."""
    project.program(PROGRAM.format("api")).up().succeeded()
    old = project.only_hook()
    project.program(PROGRAM.format("web"))
    assert "1 to replace" in project.preview_and_up().succeeded().flat
    assert not project.hooks("acme/api")
    new = project.only_hook("acme/web")
    assert new.uuid != old.uuid
    assert project.estate.secret_of(new.uuid) == "s3cret"


def test_another_workspace(project: Project) -> None:
    """Another workspace is another place too, for both kinds of hooks."""
    program = """
bitbucket.Hook("ci", owner="{0}", repository="{1}", url="https://ci.example.com/hook")
bitbucket.WorkspaceHook("audit", workspace="{0}", url="https://audit.example.com/")
"""
    project.program(program.format("acme", "api")).up().succeeded()
    project.program(program.format("globex", "portal")).up().succeeded()
    assert {hook.url for hook in project.hooks("globex")} == {"https://audit.example.com/"}
    assert {hook.url for hook in project.hooks("globex/portal")} == {"https://ci.example.com/hook"}
    assert len(project.hooks()) == 2


def test_one_place_under_two_names(project: Project) -> None:
    """Two equal declarations, one by the slug and one by the uuid, are refused in the preview."""
    (api,) = (known.uuid for known in project.estate.repositories() if known.slug == "api")
    by_uuid = PROGRAM.format(api)
    project.program(by_uuid).up().succeeded()
    hook = project.only_hook()
    project.preview("--refresh", "--expect-no-changes").succeeded()
    project.program(by_uuid + PROGRAM.format("api").replace('"ci"', '"second"'))
    for run in (project.preview(), project.up()):
        assert "declare the same hook" in run.failed().flat
    assert project.hooks() == [hook]
    project.program(PROGRAM.format("api")).up().succeeded()
    assert project.hooks() == [hook]
