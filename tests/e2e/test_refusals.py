"""Bad input is refused by the preview: all of it at once, before any request that writes."""

import pytest

from support.engine import Project, Run

pytestmark = pytest.mark.engine


def _refused(project: Project, program: str) -> Run:
    """Preview a program that must be refused with nothing written."""
    run = project.program(program).preview().failed()
    assert not project.hooks()
    assert not project.writes()
    return run


HOOK = """
bitbucket.Hook(
    "ci",
    owner="",
    repository="team/api",
    url="ci.example.com/hook",
    events=["repo:push", "pullrequest:merge", "repo:pushed"],
    active="yes",
    secret="canary-" + "s" * 122,
    skip_cert_verification=1,
    history_enabled="no",
    adopt="always",
)
"""
HOOK_TOLD = (
    "owner: must not be empty",
    'repository: is "team/api", which is no slug',
    "url: must start with https://",
    'events[1]: unknown event "pullrequest:merge"; did you mean',
    '"pullrequest:fulfilled" (merged)',
    'events[2]: unknown event "repo:pushed"; did you mean "repo:push"',
    "active: must be true or false, not text",
    "secret: has 129 characters; shorten it, as the API takes at most 128",
    "skipCertVerification: must be true or false, not a number",
    "historyEnabled: must be true or false, not text",
    'adopt: must be "match", "never" or the uuid of a hook',
)
TYPES = """
bitbucket.WorkspaceHook(
    "ci", url=5, events="repo:push", description=["a"], secret=7, secret_from="CANARY"
)
"""
TYPES_TOLD = (
    "workspace: is required; give it, or set bitbucket:workspace",
    "url: must be text, not a number",
    "events: must be a list of event keys, not text",
    "description: must be text, not a list",
    "secret: must be text, not a number",
    "secret: is given together with secretFrom; keep one of the two",
    "secretFrom: must be env:NAME or file:PATH",
)
EMPTY = 'bitbucket.Hook("ci", owner=" ", repository="", url="", events=[])\n'
EMPTY_TOLD = (
    "owner: must not be empty",
    "repository: must not be empty",
    "url: must not be empty",
    "events: must not be empty",
)


@pytest.mark.parametrize(
    ("program", "told"),
    [
        pytest.param(HOOK, HOOK_TOLD, id="hook"),
        pytest.param(TYPES, TYPES_TOLD, id="types"),
        pytest.param(EMPTY, EMPTY_TOLD, id="empty"),
        pytest.param(
            'bitbucket.WorkspaceHook("ci", workspace="", url="https://a.example")',
            ("workspace: must not be empty",),
            id="workspace",
        ),
        pytest.param(
            'bitbucket.Hook("ci")', ("repository: is required", "url: is required"), id="bare"
        ),
    ],
)
def test_everything_at_once(project: Project, program: str, told: tuple[str, ...]) -> None:
    """One resource with many mistakes: each is named with its remedy, in one run."""
    project.config({"bitbucket:workspace": None})
    run = _refused(project, program)
    for sentence in told:
        assert sentence in run.flat, run.text
    assert "canary" not in run.text.lower()


@pytest.mark.parametrize("program", ["Hook", "WorkspaceHook"])
def test_only_the_live_list_refuses(project: Project, program: str) -> None:
    """An event that only the live list has is taken, one that it lacks as well is refused."""
    where = 'repository="api", ' if program == "Hook" else ""
    declared = f'bitbucket.{program}("ci", {where}url="https://ci.example.com/", events=["{{}}"])\n'
    project.estate.add_event("repo:starred")
    run = _refused(project, declared.format("repo:stared"))
    assert 'unknown event "repo:stared"; did you mean "repo:starred"' in run.flat
    project.program(declared.format("repo:starred")).up().succeeded()
    assert project.only_hook().events == ("repo:starred",)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("ftp://ci.example.com/canary", "url: must start with https://"),
        ("https:///canary", "url: has no host"),
        ("https://ci.example.com/canary\n", "url: contains a space or a control character"),
        ("https://canary:canary@ci.example.com/canary", "url: contains credentials"),
        ("https://10.0.0.1/canary", "url: points to a private host"),
    ],
)
def test_urls(project: Project, url: str, told: str) -> None:
    """A url that the real service can't take is refused without being shown."""
    project.config({"bitbucket:apiUrl": None})
    run = _refused(project, f'bitbucket.Hook("ci", repository="api", url={url!r})\n')
    assert told in run.flat
    assert "canary" not in run.text


def test_private_urls_in_the_sandbox(project: Project) -> None:
    """The sandbox takes private hosts, as trials need them."""
    urls = ("https://10.0.0.1/a", "http://localhost:8080/", "http://jenkins/", "http://[::1]/")
    project.program(
        f"""
for i, url in enumerate({urls!r}):
    bitbucket.Hook(f"ci-{{i}}", repository="api", url=url)
"""
    ).up().succeeded()
    assert {hook.url for hook in project.hooks()} == set(urls)


@pytest.mark.parametrize(
    ("config", "env", "told"),
    [
        pytest.param(
            {"bitbucket:username": "a@b.example", "bitbucket:oauthToken": "canary"},
            {},
            ("two kinds of credentials", "username", "oauthToken", "Keep one kind"),
            id="two-kinds",
        ),
        pytest.param(
            {"bitbucket:apiUrl": "https://api.example.com"},
            {"BITBUCKET_OAUTH_CLIENT_ID": "id"},
            ("the environment holds oauthClientId but not oauthClientSecret",),
            id="half",
        ),
        pytest.param(
            {"bitbucket:rateLimit": "many"}, {}, ("rateLimit", "whole number"), id="number"
        ),
        pytest.param({}, {"BITBUCKET_ADOPT": "yes"}, ("adopt", '"match"'), id="adopt"),
        pytest.param({"bitbucket:apiUrl": "http://api.example.com"}, {}, ("https://",), id="url"),
    ],
)
def test_configuration(
    project: Project, config: dict[str, str], env: dict[str, str], told: tuple[str, ...]
) -> None:
    """A configuration that can't be used is one message with its remedy."""
    project.env |= env
    run = _refused(
        project.config(config),
        'bitbucket.Hook("ci", repository="api", url="https://ci.example.com/")\n',
    )
    for words in told:
        assert words in run.flat, run.text
    assert "canary" not in run.text
