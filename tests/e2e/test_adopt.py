"""A hook that exists already is adopted, never doubled, and never guessed."""

import pytest

from support.engine import Project

pytestmark = pytest.mark.engine

URL = "https://ci.example.com/hook"
PROGRAM = f"""
bitbucket.Hook("ci", repository="api", url="{URL}", description="CI"{{}})
"""


def test_match(project: Project) -> None:
    """The one hook that fits is adopted; what that changes on it is printed, and no more done."""
    planted = project.estate.plant_hook(
        "acme/api", URL, description="CI", events=["repo:fork"], active=False, secret="kept"
    )
    project.estate.plant_hook("acme/api", URL, description="not this one")
    run = project.program(PROGRAM.format("")).preview_and_up().succeeded()
    adopted = f"acme/api: adopted the existing hook {planted.uuid}: "
    assert adopted + "events repo:fork => repo:push; active false => true" in run.flat
    hook = project.estate.hook(planted.uuid)
    assert hook.events == ("repo:push",)
    assert project.estate.secret_of(hook.uuid) == "kept"
    assert len(project.hooks()) == 2
    assert project.calls() == {"GET acme/api/hooks": 1, "PUT acme/api/hooks": 1}


def test_belongs_to_another(project: Project) -> None:
    """A hook that another declared resource has is not to be had, not even by its uuid."""
    project.program(PROGRAM.format("")).up().succeeded()
    hook = project.only_hook()
    other = PROGRAM.replace('"ci"', '"other"').replace('"CI"', '"Other"')
    greedy = PROGRAM.format("") + other.format(f', adopt="{hook.uuid}"')
    # the preview tells whose it is, so that the order of the update doesn't matter
    assert "belongs to another resource" in project.program(greedy).preview_and_up().failed().flat
    assert project.only_hook() == hook
    assert project.state().keys() == {"ci"}
