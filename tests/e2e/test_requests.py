"""Requests are what an hour has few of: one listing serves all hooks of a repository."""

import pytest

from support.engine import STACK, Project

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


def test_a_preview_reads_what_the_change_touches(stacks: Project) -> None:
    """On a pull request: the list of repositories, and where hooks are new; not all of 200."""
    stacks.estate.add_repositories([f"acme/svc-{i:03}" for i in range(200)])
    ci = {"name": "ci", "url": "https://ci.example.com/", "repositories": ["svc-*"]}
    lint = {"name": "lint", "url": "https://lint.example.com/", "repositories": ["svc-00*"]}
    stacks.config({"bitbucket-hooks:hooks": [ci, lint]}).up().succeeded()
    stacks.calls()
    listing = {"GET acme": 3}  # 208 repositories, a hundred a page
    stacks.config({"bitbucket-hooks:hooks": [{**ci, "events": ["repo:fork"]}, lint]})
    run = stacks.command("preview", "--stack", STACK)
    assert (run.code, "200 to change" in run.flat.replace("hooks ", "")) == (3, True), run.text
    assert stacks.calls() == listing
    more = {**lint, "repositories": ["svc-00*", "svc-100"]}
    stacks.config({"bitbucket-hooks:hooks": [ci, more]})
    assert stacks.command("preview", "--stack", STACK).code == 3
    assert stacks.calls() == {**listing, "GET acme/svc-100/hooks": 1}
