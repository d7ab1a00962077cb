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


def test_everything_at_once(project: Project) -> None:
    """One resource with many mistakes: each is named with its remedy, in one run."""
    project.config({"bitbucket:workspace": None})
    run = _refused(project, HOOK)
    for sentence in HOOK_TOLD:
        assert sentence in run.flat, run.text
    assert "canary" not in run.text.lower()


LISTED = """
bitbucket.Hook("ci", repository="api", url="https://ci.example.com/", events=["{0}"])
bitbucket.WorkspaceHook("audit", url="https://ci.example.com/", events=["{0}"])
"""


def test_only_the_live_list_refuses(project: Project) -> None:
    """An event that only the live list has is taken, one that it lacks as well is refused."""
    project.estate.add_event("repo:starred")
    run = _refused(project, LISTED.format("repo:stared"))
    assert 'unknown event "repo:stared"; did you mean "repo:starred"' in run.flat
    project.program(LISTED.format("repo:starred")).up().succeeded()
    assert [hook.events for hook in project.hooks()] == [("repo:starred",)] * 2


def test_configuration(project: Project) -> None:
    """A configuration that can't be used is one message with its remedy."""
    project.config({"bitbucket:username": "a@b.example", "bitbucket:oauthToken": "canary"})
    run = _refused(
        project, 'bitbucket.Hook("ci", repository="api", url="https://ci.example.com/")\n'
    )
    for words in ("two kinds of credentials", "username", "oauthToken", "Keep one kind"):
        assert words in run.flat, run.text
    assert "canary" not in run.text
