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


def test_equal_hook_costs_no_write(project: Project) -> None:
    """A hook that is as declared needs no PUT, unless a secret is declared: then one."""
    planted = project.estate.plant_hook("acme/api", URL, description="CI")
    project.program(PROGRAM.format("")).up().succeeded()
    assert project.calls() == {"GET acme/api/hooks": 1}
    assert project.only_hook() == planted
    project.program("").run("state", "delete", "--all", "--yes", "--force")
    project.program(PROGRAM.format(', secret="s3cret"')).up().succeeded()
    assert project.calls() == {"GET acme/api/hooks": 1, "PUT acme/api/hooks": 1}
    assert project.estate.secret_of(planted.uuid) == "s3cret"


def test_several_matches(project: Project) -> None:
    """Several that fit are refused with their uuids; naming one settles it."""
    first, second = (project.estate.plant_hook("acme/api", URL, description="CI") for _ in "12")
    text = project.program(PROGRAM.format("")).up().failed().flat
    assert first.uuid in text
    assert second.uuid in text
    assert "acme/api" in text
    assert not project.writes()
    project.program(PROGRAM.format(f', adopt="{second.uuid}"')).up().succeeded()
    assert project.state()["ci"]["id"] == second.uuid
    assert len(project.hooks()) == 2


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


def test_never_and_unknown_uuid(project: Project) -> None:
    """With `never` there is always a new hook; a uuid that isn't there is an error."""
    planted = project.estate.plant_hook("acme/api", URL, description="CI")
    nobody = "{00000000-0000-0000-0000-000000000000}"
    text = project.program(PROGRAM.format(f', adopt="{nobody}"')).up().failed().flat
    assert f"there is no hook {nobody}" in text
    assert planted.uuid in text
    project.config({"bitbucket:adopt": "never"}).program(PROGRAM.format("")).up().succeeded()
    assert len(project.hooks()) == 2
    assert project.state()["ci"]["id"] != planted.uuid


def test_two_equal_declarations(project: Project) -> None:
    """The same hook declared twice is refused, with both names, before anything is written."""
    program = PROGRAM.format("") + PROGRAM.replace('"ci"', '"again"').format("")
    text = project.program(program).preview().failed().flat
    assert "Hook 'ci'" in text
    assert "Hook 'again'" in text
    assert "declare the same hook" in text
    assert "acme/api" in text
    assert not project.writes()
