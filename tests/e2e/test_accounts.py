"""Who speaks: four kinds of credentials, from the config, the environment or a `Provider`."""

from collections import Counter
from collections.abc import Mapping

import pytest

from bitbucket_hooks.sandbox.seed import MEMBER_EMAIL, MEMBER_TOKEN, OWNER_EMAIL, OWNER_TOKEN
from support.engine import Project

pytestmark = pytest.mark.engine

PROGRAM = """
bitbucket.Hook("ci", repository="api", url="https://ci.example.com/hook")
bitbucket.Hook("web", repository="web", url="https://ci.example.com/hook")
"""


def _identities(project: Project) -> set[str]:
    """Who asked since the last time."""
    found = {request.identity for request in project.estate.requests()}
    project.estate.clear_requests()
    return found


def _tokens(project: Project) -> int:
    return sum("access_token" in request.path for request in project.estate.requests())


def test_config_before_environment(served: Project) -> None:
    """The stack config wins over the environment, credentials as a whole, the rest key by key."""
    served.env |= {
        "BITBUCKET_OAUTH_TOKEN": "of-somebody-else",
        "BITBUCKET_WORKSPACE": "globex",
        "BITBUCKET_ADOPT": "never",
    }
    served.config({"bitbucket:username": OWNER_EMAIL})
    served.secret("bitbucket:password", OWNER_TOKEN)
    served.estate.plant_hook("acme/api", "https://ci.example.com/hook")
    served.program(PROGRAM).up().succeeded()
    assert len(served.hooks("acme/api")) == 2
    assert len(served.hooks("acme/web")) == 1
    assert OWNER_TOKEN not in served.state_files()


def test_environment(served: Project) -> None:
    """All can come from variables; a later run may have other ones, of an access token too."""
    base = served.config_file.read_text().partition("apiUrl: ")[2].split()[0]
    served.config({"bitbucket:apiUrl": None, "bitbucket:workspace": None})
    served.env |= {
        "BITBUCKET_API_URL": base,
        "BITBUCKET_WORKSPACE": "acme",
        "BITBUCKET_USERNAME": OWNER_EMAIL,
        "BITBUCKET_PASSWORD": served.estate.issue_api_token(OWNER_EMAIL),
    }
    served.program(PROGRAM).up().succeeded()
    assert len(served.hooks()) == 2
    first = served.env.pop("BITBUCKET_PASSWORD")
    served.estate.revoke_token(first)
    del served.env["BITBUCKET_USERNAME"]
    served.env["BITBUCKET_OAUTH_TOKEN"] = served.estate.issue_access_token("acme")
    served.preview("--refresh", "--expect-no-changes").succeeded()
    served.destroy().succeeded()
    assert not served.hooks()
    for token in (first, served.env["BITBUCKET_OAUTH_TOKEN"]):
        assert token not in served.state_files()


def test_oauth_consumer(served: Project) -> None:
    """A consumer's token is asked for once a run, and again when the service takes it no more."""
    consumer, secret = served.estate.add_oauth_consumer("acme")
    served.config({"bitbucket:oauthClientId": consumer})
    served.secret("bitbucket:oauthClientSecret", secret)
    served.program(PROGRAM).up().succeeded()
    assert len(served.hooks()) == 2
    assert _tokens(served) == 1
    assert secret not in served.state_files()

    served.estate.clear_requests()
    served.program(PROGRAM.replace("/hook", "/new"))
    served.estate.configure(oauth_seconds=1, latency_ms=700)
    served.up("--parallel", "1").succeeded()
    assert {hook.url for hook in served.hooks()} == {"https://ci.example.com/new"}
    assert _tokens(served) >= 2


SECOND = """
provider = bitbucket.Provider(
    "other", username="{email}", password="{token}", opts=pulumi.ResourceOptions()
)
opts = pulumi.ResourceOptions(provider=provider)
bitbucket.Hook("ci", repository="api", url="https://ci.example.com/hook")
bitbucket.Hook("second", opts, repository="docs", url="https://ci.example.com/hook")
"""


def test_provider_for_a_second_account(served: Project) -> None:
    """A `Provider` speaks for itself alone, in its own words from creating to destroying."""
    served.config({"bitbucket:username": OWNER_EMAIL})
    served.secret("bitbucket:password", OWNER_TOKEN)
    served.estate.grant(MEMBER_EMAIL, "acme/docs", "admin")
    served.program(SECOND.format(email=MEMBER_EMAIL, token=MEMBER_TOKEN)).up().succeeded()
    asked = {(request.identity, request.path.split("/")[4]) for request in served.estate.requests()}
    by_repository: Mapping[str, set[str]] = {
        repository: {who for who, where in asked if where == repository}
        for repository in ("api", "docs")
    }
    assert all(len(identities) == 1 for identities in by_repository.values()), asked
    assert by_repository["api"] != by_repository["docs"]
    served.estate.clear_requests()
    served.preview("--expect-no-changes").succeeded()
    assert not served.calls()
    assert MEMBER_TOKEN not in served.state_files()
    served.destroy().succeeded()
    assert Counter(hook.url for hook in served.hooks()) == {}


def test_sandbox_needs_nobody(project: Project) -> None:
    """In the embedded sandbox its owner speaks, and no token of the environment is used."""
    project.env |= {"BITBUCKET_USERNAME": "a@b.example", "BITBUCKET_PASSWORD": "a real one"}
    project.program(PROGRAM).up().succeeded()
    assert len(_identities(project)) == 1
    assert len(project.hooks()) == 2
