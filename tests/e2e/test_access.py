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


def _error(run: Run, token: str, name: str = "ci") -> str:
    """The one error about a hook, on one line; it shows neither token nor secret."""
    assert token not in run.text
    assert "canary" not in run.text
    error = run.text.rpartition(f"Hook ({name}):")[2].split("\n\n")[0]
    assert 1 <= len(error.strip().splitlines()) <= 4, run.text
    assert error.count("error:") == 1
    return " ".join(error.split())


HOOK = """
def declare(name, repository, host="ci.example.com", **account):
    options = None
    if account:
        options = pulumi.ResourceOptions(provider=bitbucket.Provider(f"{{name}}s", **account))
    url = f"https://{{host}}/{{name}}"
    bitbucket.Hook(name, options, owner="acme", repository=repository, url=url, secret="canary")

declare("none", "api")
declare("wrong", "api", username="{owner}", password="wrong-canary-token")
declare("scope", "api", username="{owner}", password="{scoped}")
declare("member", "api", username="{member}", password="{member_token}")
declare("outsider", "api", username="{outsider}", password="{outsider_token}")
declare("missing", "apy", username="{owner}", password="{token}")
declare("html", "web", username="{owner}", password="{token}")
declare("refused", "docs", "10.1.2.3", username="{owner}", password="{token}")
"""


def test_each_refusal(served: Project) -> None:
    """One run in which each hook is refused for a reason of its own, and says which."""
    token = served.estate.issue_api_token(OWNER_EMAIL)
    scoped = served.estate.issue_api_token(OWNER_EMAIL, ["read:webhook:bitbucket"])
    served.estate.plan_fault("html", path="*acme/web/hooks", times=50)
    served.estate.configure(allow_private_urls=False)
    accounts = {"owner": OWNER_EMAIL, "member": MEMBER_EMAIL, "outsider": OUTSIDER_EMAIL}
    tokens = {"member_token": MEMBER_TOKEN, "outsider_token": OUTSIDER_TOKEN}
    served.program(HOOK.format(**accounts, **tokens, token=token, scoped=scoped))
    run = served.up("--continue-on-error").failed()
    assert not served.hooks()
    names = ("none", "wrong", "scope", "member", "outsider", "missing", "html", "refused")
    errors = {name: _error(run, token, name) for name in names}
    for secret in (scoped, MEMBER_TOKEN, OUTSIDER_TOKEN):
        assert secret not in run.text
    for name, *sentences in REASONS:
        for sentence in sentences:
            assert sentence in errors[name], errors[name]


REASONS = (
    (
        "none",
        "credentials are needed, and none are configured",
        "bitbucket:oauthToken",
        "BITBUCKET_USERNAME",
    ),
    (
        "wrong",
        "acme/api",
        f"the API token of {OWNER_EMAIL} was not accepted",
        "has not expired",
    ),
    (
        "scope",
        "acme/api: creating the hook",
        "lacks the scope write:webhook:bitbucket (it has: read:webhook:bitbucket)",
        "Add write:webhook:bitbucket",
    ),
    (
        "member",
        f"acme/api: listing the hooks: the API token of {MEMBER_EMAIL} is not allowed",
        "administrator of the repository",
    ),
    (
        "outsider",
        "acme/api",
        "not found",
        "Check the spelling of workspace and repository",
        f"and that the API token of {OUTSIDER_EMAIL}",
    ),
    ("missing", "acme/apy", "not found"),
    ("html", "acme/web: listing the hooks: the answer is an HTML page", "bitbucket:apiUrl"),
    ("refused", "acme/docs: creating the hook: refused with 400"),
)


def test_refresh_and_destroy_without_access(served: Project) -> None:
    """No access is an error, never "gone": the state keeps the hook."""
    good = served.estate.issue_api_token(OWNER_EMAIL)
    _account(served, OWNER_EMAIL, good).up().succeeded()
    _account(served, MEMBER_EMAIL, MEMBER_TOKEN)
    _error(served.refresh().failed(), MEMBER_TOKEN)
    _error(served.destroy().failed(), MEMBER_TOKEN)
    _account(served, OUTSIDER_EMAIL, OUTSIDER_TOKEN)
    error = _error(served.refresh().failed(), OUTSIDER_TOKEN)
    assert "bitbucket:missingRepository" in error
    assert "ci" in served.state()
    assert len(served.hooks()) == 1
