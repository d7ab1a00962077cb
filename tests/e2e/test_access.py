"""What Bitbucket refuses is one short message: resource, repository, reason and remedy."""

import pytest

from bitbucket_hooks.sandbox.seed import (
    MEMBER_EMAIL,
    MEMBER_TOKEN,
    OUTSIDER_EMAIL,
    OUTSIDER_TOKEN,
    OWNER_EMAIL,
)
from support.engine import Project, Run

pytestmark = pytest.mark.engine

PROGRAM = """
bitbucket.Hook("ci", repository="api", url="https://ci.example.com/hook", secret="canary-secret")
"""


def _account(project: Project, email: str, token: str) -> Project:
    project.env |= {"BITBUCKET_USERNAME": email, "BITBUCKET_PASSWORD": token}
    return project.program(PROGRAM)


def _told(run: Run, token: str) -> str:
    """The one error about the hook, on one line; it shows neither token nor secret."""
    assert token not in run.text
    assert "canary" not in run.text
    told = run.text.rpartition("Hook (ci):")[2].split("\n\n")[0]
    assert 1 <= len(told.strip().splitlines()) <= 4, run.text
    assert told.count("error:") == 1
    return " ".join(told.split())


def test_wrong_token(served: Project) -> None:
    """A token that isn't accepted: whose it is, and what it should be."""
    token = "wrong-canary-token"
    told = _told(_account(served, OWNER_EMAIL, token).up().failed(), token)
    assert "acme/api" in told
    assert f"the API token of {OWNER_EMAIL} was not accepted" in told
    assert "has not expired" in told
    assert not served.writes()


def test_no_credentials(served: Project) -> None:
    """None at all: where they go."""
    told = _told(served.program(PROGRAM).up().failed(), "token-canary")
    assert "credentials are needed, and none are configured" in told
    assert "bitbucket:oauthToken" in told
    assert "BITBUCKET_USERNAME" in told


def test_missing_scope(served: Project) -> None:
    """A scope that the token lacks is named, with those that it has."""
    token = served.estate.issue_api_token(OWNER_EMAIL, ["read:webhook:bitbucket"])
    told = _told(_account(served, OWNER_EMAIL, token).up().failed(), token)
    assert "acme/api: creating the hook" in told
    assert "lacks the scope write:webhook:bitbucket (it has: read:webhook:bitbucket)" in told
    assert "Add write:webhook:bitbucket" in told
    assert not served.hooks()


def test_not_an_admin(served: Project) -> None:
    """Someone who may read but not administer is told which role it takes."""
    told = _told(_account(served, MEMBER_EMAIL, MEMBER_TOKEN).up().failed(), MEMBER_TOKEN)
    assert f"acme/api: listing the hooks: the API token of {MEMBER_EMAIL} is not allowed" in told
    assert "administrator of the repository" in told


@pytest.mark.parametrize("email", [OUTSIDER_EMAIL, OWNER_EMAIL])
def test_missing_repository(served: Project, email: str) -> None:
    """A repository that is missing, or hidden from this identity."""
    token = OUTSIDER_TOKEN if email == OUTSIDER_EMAIL else served.estate.issue_api_token(email)
    _account(served, email, token)
    if email == OWNER_EMAIL:
        served.program(PROGRAM.replace('"api"', '"apy"'))
    told = _told(served.up().failed(), token)
    assert ("acme/apy" if email == OWNER_EMAIL else "acme/api") in told
    assert "not found" in told
    assert (
        f"Check the spelling of workspace and repository, and that the API token of {email}" in told
    )


def test_html_instead_of_an_answer(served: Project) -> None:
    """A login page or a proxy's answer is named as what it is."""
    token = served.estate.issue_api_token(OWNER_EMAIL)
    served.estate.plan_fault("html", path="*/hooks", times=50)
    told = _told(_account(served, OWNER_EMAIL, token).up().failed(), token)
    assert "acme/api: listing the hooks: the answer is an HTML page" in told
    assert "bitbucket:apiUrl" in told
    assert not served.writes()


def test_refused_by_the_service(served: Project) -> None:
    """What the service itself refuses is told in its own words."""
    served.estate.configure(allow_private_urls=False)
    token = served.estate.issue_api_token(OWNER_EMAIL)
    _account(served, OWNER_EMAIL, token)
    served.program(PROGRAM.replace("ci.example.com", "10.1.2.3"))
    told = _told(served.up().failed(), token)
    assert "acme/api: creating the hook: refused with 400" in told


def test_refresh_and_destroy_without_access(served: Project) -> None:
    """No access is an error, never "gone": the state keeps the hook."""
    good = served.estate.issue_api_token(OWNER_EMAIL)
    _account(served, OWNER_EMAIL, good).up().succeeded()
    _account(served, MEMBER_EMAIL, MEMBER_TOKEN)
    _told(served.refresh().failed(), MEMBER_TOKEN)
    _told(served.destroy().failed(), MEMBER_TOKEN)
    _account(served, OUTSIDER_EMAIL, OUTSIDER_TOKEN)
    told = _told(served.refresh().failed(), OUTSIDER_TOKEN)
    assert "bitbucket:missingRepository" in told
    assert "ci" in served.state()
    assert len(served.hooks()) == 1
