"""A hook that changes hands, from one declaration to another, stays the hook that it is."""

from collections import Counter

import pytest

from support.engine import Project

pytestmark = pytest.mark.engine


def _hook(name: str, url: str = "https://ci.example.com/hook", more: str = "") -> str:
    return f'made = bitbucket.Hook("{name}", repository="api", url="{url}"{more})\n'


FAILING = """
opts = pulumi.ResourceOptions(depends_on=[made])
bitbucket.Hook("failing", opts, repository="nowhere", url="https://x.example.com/")
"""


@pytest.mark.parametrize("phases", ["preview and update", "update alone"])
def test_renamed_resource(project: Project, phases: str) -> None:
    """Another logical name: the new one adopts, the old one lets go, and a later run agrees."""
    project.program(_hook("old", more=', secret="s3cret"')).up().succeeded()
    hook = project.only_hook()
    project.program(_hook("new", more=', secret="s3cret"'))
    up = project.up if phases == "update alone" else project.preview_and_up
    run = up().succeeded()
    assert f"acme/api: kept the hook {hook.uuid}; it belongs to Hook 'new' now" in run.flat
    assert project.only_hook() == hook
    assert project.state().keys() == {"new"}
    project.preview("--refresh", "--expect-no-changes").succeeded()
    assert project.only_hook() == hook


def test_renamed_beside_a_failure(project: Project) -> None:
    """When the run fails before the old one is deleted, the next run still lets it go."""
    project.program(_hook("old")).up().succeeded()
    hook = project.only_hook()
    project.program(_hook("new") + FAILING).up().failed()
    assert project.only_hook() == hook
    assert {"old", "new"} <= project.state().keys()
    project.program(_hook("new")).preview_and_up().succeeded()
    assert project.only_hook() == hook
    assert project.state().keys() == {"new"}
    project.destroy().succeeded()
    assert not project.hooks()


def test_renamed_then_refreshed(project: Project) -> None:
    """A refresh between the failed run and the next one claims nothing for the old name."""
    project.program(_hook("old")).up().succeeded()
    hook = project.only_hook()
    project.program(_hook("new") + FAILING).up().failed()
    assert {"old", "new"} <= project.state().keys()
    project.program(_hook("new")).preview_and_up("--refresh").succeeded()
    assert project.only_hook() == hook
    assert project.state().keys() == {"new"}


def test_swapped_names(project: Project) -> None:
    """Two resources that swap their urls: both hooks live on, as declared, and stay two."""
    first, second = "https://one.example.com/", "https://two.example.com/"
    project.program(_hook("a", first) + _hook("b", second)).up().succeeded()
    before = {hook.uuid for hook in project.hooks()}
    project.program(_hook("a", second) + _hook("b", first)).preview_and_up().succeeded()
    after = {hook.url: hook.uuid for hook in project.hooks()}
    assert set(after.values()) == before
    ids = {name: state["id"] for name, state in project.state().items()}
    assert ids == {"a": after[second], "b": after[first]}
    project.preview("--refresh", "--expect-no-changes").succeeded()


AFTER = ", opts=pulumi.ResourceOptions(depends_on=[made])"


@pytest.mark.parametrize("kind", ["hook", "fleet"])
def test_taken_over_without_a_preview(project: Project, kind: str) -> None:
    """A new resource gets another one's url and takes its hook over first: that one gets a new."""
    first, second = "https://one.example.com/", "https://two.example.com/"

    def declared(url: str, more: str = "") -> str:
        if kind == "hook":
            return _hook("z", url, more)
        return f'bitbucket.HookFleet("z", repositories=["api", "web"], url="{url}"{more})\n'

    project.program(declared(first)).up().succeeded()
    taken = project.only_hook("acme/api").uuid
    count = len(project.hooks())
    run = project.program(_hook("a", first) + declared(second, AFTER)).up().succeeded()
    assert f"the hook {taken} belongs to Hook 'a' now" in run.flat
    assert Counter(hook.url for hook in project.hooks()) == {first: 1, second: count}
    assert project.state()["a"]["id"] == taken
    project.preview("--refresh", "--expect-no-changes").succeeded()


def test_name_handed_on(project: Project) -> None:
    """A name that goes to another hook, while its own hook gets a new name: nothing is lost."""
    project.program(_hook("a", "https://one.example.com/")).up().succeeded()
    project.program(
        _hook("a", "https://two.example.com/") + _hook("b", "https://one.example.com/")
    ).up().succeeded()
    urls = sorted(hook.url for hook in project.hooks())
    assert urls == ["https://one.example.com/", "https://two.example.com/"]
    assert len({state["id"] for state in project.state().values()}) == 2
    project.preview("--refresh", "--expect-no-changes").succeeded()


def test_moved_to_another_account(project: Project) -> None:
    """Another `Provider` takes the hook over, across two processes, and back again."""
    provider = f'other = bitbucket.Provider("other", api_url="sandbox:{project.database}")\n'
    moved = provider + _hook("ci", more=", opts=pulumi.ResourceOptions(provider=other)")
    project.program(_hook("ci")).up().succeeded()
    hook = project.only_hook()
    for program in (moved, _hook("ci")):
        project.program(program).preview_and_up().succeeded()
        assert project.only_hook() == hook
    project.preview("--refresh", "--expect-no-changes").succeeded()
    project.destroy().succeeded()
    assert not project.hooks()


def test_renamed_to_another_account(project: Project) -> None:
    """A new name under another `Provider`: create in one process, delete in the other."""
    provider = f'other = bitbucket.Provider("other", api_url="sandbox:{project.database}")\n'
    project.program(_hook("old")).up().succeeded()
    hook = project.only_hook()
    project.program(
        provider + _hook("new", more=", opts=pulumi.ResourceOptions(provider=other)")
    ).preview_and_up().succeeded()
    assert project.only_hook() == hook
    assert project.state().keys() == {"new"}
