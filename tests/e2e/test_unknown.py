"""Values that are known only once something else was made."""

import pytest

from support.engine import Project

pytestmark = pytest.mark.engine

PROGRAM = """
import pulumi.dynamic

class Maker(pulumi.dynamic.ResourceProvider):
    def create(self, props):
        made = {{"host": "made.example.com", "event": "repo:fork"}}
        return pulumi.dynamic.CreateResult("made", made)

class Made(pulumi.dynamic.Resource):
    host: pulumi.Output[str]
    event: pulumi.Output[str]
    def __init__(self, name):
        super().__init__(Maker(), name, {{"host": None, "event": None}})

made = Made("{name}")
first = bitbucket.Hook("first", repository="api", url=made.host.apply(lambda h: f"https://{{h}}/"))
second = bitbucket.Hook(
    "second",
    repository=first.repository.apply(lambda _: "web"),
    url=first.uuid.apply(lambda uuid: "https://ci.example.com/" + uuid.strip("{{}}")),
    description=first.created_at,
    events=["repo:push", made.event],
    secret=pulumi.Output.secret(first.uuid),
    active=first.secret_set.apply(lambda s: not s),
)
pulumi.export("second", second.url)
"""


def test_preview_and_apply(project: Project) -> None:
    """A preview shows them as unknown, a deployment fills them in, and then nothing changes."""
    project.program(PROGRAM.format(name="made"))
    shown = project.preview("--diff").succeeded()
    assert not project.calls()
    assert "second" in shown.text
    project.up().succeeded()
    first, second = project.only_hook("acme/api"), project.only_hook("acme/web")
    assert first.url == "https://made.example.com/"
    assert second.url == f"https://ci.example.com/{first.uuid.strip('{}')}"
    assert second.description == first.created_at
    assert set(second.events) == {"repo:push", "repo:fork"}
    assert project.estate.secret_of(second.uuid) == first.uuid
    project.calls()
    project.preview("--expect-no-changes").succeeded()
    assert not project.calls()


def test_unknown_in_an_update(project: Project) -> None:
    """When the source is made anew, its users' values are unknown again; no hook is replaced."""
    project.program(PROGRAM.format(name="made")).up().succeeded()
    before = project.hooks()
    project.program(PROGRAM.format(name="remade")).preview_and_up().succeeded()
    assert project.hooks() == before


def test_bad_value_known_late(project: Project) -> None:
    """A bad value that no preview could see is refused before the write, without being shown."""
    project.program(
        """
first = bitbucket.Hook("first", repository="api", url="https://ci.example.com/")
second = bitbucket.Hook("second", repository="web", url=first.uuid)
"""
    )
    project.preview().succeeded()
    text = project.up().failed().text
    assert "second" in text
    assert "must start with https://" in text
    assert not project.hooks("acme/web")


def test_a_slug_that_is_not_known_yet(project: Project) -> None:
    """Stands in a fleet's list among others, and the fleet among the hooks of an exclusive."""
    project.program("""
first = bitbucket.Hook("first", repository="infra", url="https://ci.example.com/1")
late = first.uuid.apply(lambda _: "web")
URL = "https://ci.example.com/2"
fleet = bitbucket.HookFleet("fleet", repositories=["api", late], url=URL, events={"repo:push"})
bitbucket.RepositoryHooksExclusive("only", repositories={"infra"}, hooks=[first, fleet])
pulumi.export("repositories", fleet.repositories)
""")
    project.preview_and_up().succeeded()
    assert project.outputs() == {"repositories": {"api": "as declared", "web": "as declared"}}
    project.preview("--expect-no-changes").succeeded()
