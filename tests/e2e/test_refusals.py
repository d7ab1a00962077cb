"""Bad input is refused by the preview: all of it at once, before any request that writes."""

import pytest

from tests.support.engine import Project, Run

pytestmark = pytest.mark.engine


def _refused(project: Project, program: str) -> Run:
    """Preview a program that must be refused with nothing written."""
    run = project.program(program).preview().failed()
    assert not project.hooks()
    assert not project.writes()
    return run


def test_everything_at_once(project: Project) -> None:
    """One resource with many mistakes: each is named, with its remedy."""
    project.config({"bitbucket:workspace": None})
    run = _refused(
        project,
        """
bitbucket.Hook(
    "ci",
    owner="",
    repository="team/api",
    url="ci.example.com/hook",
    description="x" * 256,
    events=["repo:push", "pullrequest:merge", "repo:pushed"],
    active="yes",
    secret="canary-" + "s" * 122,
    skip_cert_verification=1,
    history_enabled="no",
    adopt="always",
)
bitbucket.WorkspaceHook("audit", url=5, events="repo:push", description=["a"])
bitbucket.WorkspaceHook("none", workspace=" ", url="https://", events=[], secret=7)
bitbucket.Hook("bare")
""",
    )
    for sentence in (
        "owner: must not be empty",
        'repository: is "team/api", which is no slug',
        "url: must start with https://",
        "description: has 256 characters",
        'events[1]: unknown event "pullrequest:merge"; did you mean',
        '"pullrequest:fulfilled" (merged)',
        'events[2]: unknown event "repo:pushed"; did you mean "repo:push"',
        "active: must be true or false, not text",
        "secret: has 129 characters; the API takes at most 128",
        "skipCertVerification: must be true or false, not a number",
        "historyEnabled: must be true or false, not text",
        'adopt: must be "match", "never" or the uuid of a hook',
        "workspace: is required; give it, or set bitbucket:workspace",
        "url: must be text, not a number",
        "events: must be a list of event keys, not text",
        "description: must be text, not a list",
        "workspace: must not be empty",
        "url: has no host; write https://HOST/PATH",
        "events: must not be empty",
        "secret: must be text, not a number",
        "repository: is required",
    ):
        assert sentence in run.flat, run.text
    assert "canary-" not in run.text


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


URLS = """
urls = {
    "none": "",
    "scheme": "ci.example.com/canary",
    "ftp": "ftp://ci.example.com/canary",
    "host": "https:///canary",
    "port": "https://ci.example.com:99999/canary",
    "control": "https://ci.example.com/canary" + chr(10) + "x",
    "space": "https://ci.example.com/canary x",
    "credentials": "https://canary:canary@ci.example.com/canary",
    "long": "https://ci.example.com/canary" + "x" * 2048,
    "private": "https://10.0.0.1/canary",
    "local": "http://localhost/canary",
    "inner": "http://jenkins.internal/canary",
    "bare": "http://jenkins/canary",
    "metadata": "http://169.254.169.254/canary",
    "six": "http://[::1]/canary",
}
for name, url in urls.items():
    bitbucket.Hook(name, repository="api", url=url)
"""
PRIVATE = ("private", "local", "inner", "bare", "metadata", "six")
ANYWHERE = {
    "none": "url: must not be empty",
    "scheme": "url: must start with https://",
    "ftp": "url: must start with https://",
    "host": "url: has no host",
    "port": "url: can't be read as an address",
    "control": "url: contains a space or a control character",
    "space": "url: contains a space or a control character",
    "credentials": "url: contains credentials",
    "long": "url: has 2077 characters",
}


def _told(run: Run, name: str) -> str:
    """The paragraph of the diagnostics about one resource."""
    start = f"bitbucket:Hook ({name}):"
    assert start in run.text, run.text
    return " ".join(run.text.rpartition(start)[2].split("\n\n")[0].split())


def test_urls(project: Project) -> None:
    """A url that can't work is refused without being shown, and a private one for the real API."""
    run = _refused(project.config({"bitbucket:apiUrl": None}), URLS)
    for name, sentence in ANYWHERE.items():
        assert sentence in _told(run, name)
    for name in PRIVATE:
        assert "url: points to a private host" in _told(run, name)
    assert "canary" not in run.text


def test_private_urls_in_the_sandbox(project: Project) -> None:
    """The sandbox takes private hosts, as trials need them, and refuses the rest as ever."""
    run = _refused(project, URLS)
    for name, sentence in ANYWHERE.items():
        assert sentence in _told(run, name)
    for name in PRIVATE:
        assert f"({name}):" not in run.text


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
        pytest.param({"bitbucket:rateLimit": "many"}, {}, ("rateLimit", "whole number"), id="number"),
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
