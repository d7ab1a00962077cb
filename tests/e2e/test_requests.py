"""Requests are what an hour has few of: one listing serves all hooks of a repository."""

import pytest

from support.engine import Project

pytestmark = pytest.mark.engine

MANY = """
for i in range({count}):
    bitbucket.Hook(f"api-{{i}}", repository="api", url=f"https://ci.example.com/{{i}}")
bitbucket.Hook("web", repository="web", url="https://ci.example.com/")
for i in range(2):
    bitbucket.WorkspaceHook(f"audit-{{i}}", url=f"https://audit.example.com/{{i}}")
"""


def test_one_listing_a_repository(project: Project) -> None:
    """Creating and refreshing list each repository once, however many hooks it has."""
    project.program(MANY.format(count=5)).up().succeeded()
    assert project.calls() == {
        "GET acme/api/hooks": 1,
        "POST acme/api/hooks": 5,
        "GET acme/web/hooks": 1,
        "POST acme/web/hooks": 1,
        "GET workspaces/acme/hooks": 1,
        "POST workspaces/acme/hooks": 2,
    }
    project.refresh().succeeded()
    assert project.calls() == {
        "GET acme/api/hooks": 1,
        "GET acme/web/hooks": 1,
        "GET workspaces/acme/hooks": 1,
    }


def test_pages(project: Project) -> None:
    """Over 100 hooks on a repository come in pages of 100; all of them are seen."""
    project.program(MANY.format(count=3))
    for i in range(210):
        project.estate.plant_hook("acme/api", f"https://other.example.com/{i}")
    project.up().succeeded()
    assert project.calls()["GET acme/api/hooks"] == 3
    last = next(hook for hook in project.hooks("acme/api") if hook.url.endswith("ci.example.com/2"))
    project.estate.change_hook(last.uuid, active=False)
    steps = project.preview("--refresh", "--json").succeeded().operations()
    assert steps == {"api-2": "update"}
    assert project.calls()["GET acme/api/hooks"] == 3
    assert len(project.hooks("acme/api")) == 213
