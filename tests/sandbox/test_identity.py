"""Credentials of every kind, scopes and roles."""

from __future__ import annotations

from typing import Any

import pytest

from bitbucket_hooks.sandbox.admin import Sandbox
from bitbucket_hooks.sandbox.identity import API_TOKEN_SCOPES, CLASSIC_SCOPES
from bitbucket_hooks.sandbox.seed import (
    MEMBER_EMAIL,
    MEMBER_TOKEN,
    OUTSIDER_EMAIL,
    OUTSIDER_TOKEN,
    OWNER_EMAIL,
    OWNER_TOKEN,
)
from sandbox.conftest import HOOK, Api

PLACE = "/repositories/acme/web/hooks"
MEMBER = (MEMBER_EMAIL, MEMBER_TOKEN)
OUTSIDER = (OUTSIDER_EMAIL, OUTSIDER_TOKEN)


@pytest.mark.parametrize(
    "more",
    [
        {"auth": None},
        {"auth": (OWNER_EMAIL, "wrong")},
        {"auth": (MEMBER_EMAIL, OWNER_TOKEN)},
        {"auth": ("nobody@acme.example", OWNER_TOKEN)},
        {"auth": ("owner", OWNER_TOKEN)},
        {"bearer": "wrong"},
        {"bearer": OWNER_TOKEN},
        {"auth": None, "headers": {"Authorization": "Basic ???"}},
        {"auth": None, "headers": {"Authorization": "Digest x"}},
    ],
)
def test_unauthenticated(api: Api, more: dict[str, Any]) -> None:
    """401 is plain text with a challenge; a username that is no email is an app password."""
    answer = api.get(PLACE, **more)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="Bitbucket.org HTTP"'
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert api.get("/hook_events", **more).status_code == (401 if more != {"auth": None} else 200)


@pytest.mark.parametrize("verb", ["read", "write", "delete"])
def test_scopes_of_api_tokens_are_separate(api: Api, sandbox: Sandbox, verb: str) -> None:
    """Each verb needs its own scope, and none implies another."""
    hook = sandbox.plant_hook("acme/web", "https://ci.example.com")
    missing = f"{verb}:webhook:bitbucket"
    scopes = [scope for scope in API_TOKEN_SCOPES if scope != missing]
    auth = (OWNER_EMAIL, sandbox.issue_api_token(OWNER_EMAIL, scopes))
    url = f"{PLACE}/{hook.uuid}"

    answers = {
        "read": [api.get(PLACE, auth=auth), api.get(url, auth=auth)],
        "write": [api.post(PLACE, auth=auth), api.put(url, HOOK, auth=auth)],
        "delete": [api.delete(url, auth=auth)],
    }

    for name, several in answers.items():
        for answer in several:
            assert answer.status_code == 403 if name == verb else answer.ok
    detail = answers[verb][0].json()["error"]["detail"]
    assert detail == {"required": [missing], "granted": sorted(scopes)}


def test_scope_of_access_tokens(api: Api, sandbox: Sandbox) -> None:
    """One scope for all verbs; the others don't help."""
    token = sandbox.issue_access_token("acme/web", ["repository", "pullrequest"])
    answer = api.get(PLACE, bearer=token)
    assert answer.status_code == 403
    assert answer.json()["error"]["detail"]["required"] == ["webhook"]


@pytest.mark.parametrize(
    ("event", "api_scope", "classic"),
    [
        ("repo:push", "read:repository:bitbucket", "repository"),
        ("pullrequest:created", "read:pullrequest:bitbucket", "pullrequest"),
        ("issue:created", "read:issue:bitbucket", "issue"),
        ("project:updated", "read:project:bitbucket", "project"),
        ("pipeline:span_created", "read:pipeline:bitbucket", "pipeline"),
    ],
)
def test_scopes_of_events(
    api: Api, sandbox: Sandbox, event: str, api_scope: str, classic: str
) -> None:
    """Who subscribes needs the scopes of what the events tell."""
    body = {**HOOK, "events": [event]}
    for scope in (api_scope, None):
        scopes = ["write:webhook:bitbucket", *([scope] if scope else [])]
        auth = (OWNER_EMAIL, sandbox.issue_api_token(OWNER_EMAIL, scopes))
        answer = api.post(PLACE, body, auth=auth)
        assert answer.status_code == (201 if scope else 403)
    assert answer.json()["error"]["detail"]["required"] == [api_scope]
    token = sandbox.issue_access_token("acme/web", ["webhook"])
    answer = api.post(PLACE, body, bearer=token)
    assert answer.json()["error"]["detail"]["required"] == [classic]
    token = sandbox.issue_access_token("acme/web", ["webhook", classic])
    assert api.post(PLACE, body, bearer=token).ok
    hook = sandbox.hooks("acme/web")[0]
    token = sandbox.issue_access_token("acme/web", ["webhook"])
    assert api.put(f"{PLACE}/{hook.uuid}", body, bearer=token).status_code == 403


def test_classic_scopes_include_others(api: Api, sandbox: Sandbox) -> None:
    """Writing includes reading, and pull requests include the repository."""
    token = sandbox.issue_access_token("acme/web", ["webhook", "pullrequest:write"])
    assert api.post(PLACE, {**HOOK, "events": ["repo:push"]}, bearer=token).ok


def test_members_are_no_admins(api: Api, sandbox: Sandbox) -> None:
    """A member reads the repository, but its hooks only as its admin."""
    assert api.get("/repositories/acme/web", auth=MEMBER).ok
    answer = api.get(PLACE, auth=MEMBER)
    assert answer.status_code == 403
    assert "admin access to the repository acme/web" in answer.json()["error"]["message"]
    assert api.get("/workspaces/acme/hooks", auth=MEMBER).status_code == 403
    sandbox.grant(MEMBER_EMAIL, "acme/web", "write")
    assert api.post(PLACE, auth=MEMBER).status_code == 403
    sandbox.grant(MEMBER_EMAIL, "acme/web", "admin")
    assert api.post(PLACE, auth=MEMBER).status_code == 201


def test_what_may_not_be_seen_is_missing(api: Api, sandbox: Sandbox) -> None:
    """A stranger finds no private repository and no workspace, and may not touch public ones."""
    for path in (PLACE, "/repositories/acme/web", "/workspaces/acme", "/workspaces/acme/hooks"):
        answer = api.get(path, auth=OUTSIDER)
        assert answer.status_code == 404
        assert answer.json() == api.get("/repositories/acme/nothing").json()
    assert api.get("/repositories/acme/docs", auth=OUTSIDER).ok
    assert api.get("/repositories/acme/docs/hooks", auth=OUTSIDER).status_code == 403
    listed = api.get("/repositories/acme", auth=OUTSIDER).json()["values"]
    assert {each["slug"] for each in listed} == {"docs", "design-system"}
    sandbox.grant(OUTSIDER_EMAIL, "acme/web", "read")
    assert api.get("/repositories/acme", auth=OUTSIDER).json()["size"] == 3
    assert api.get(PLACE, auth=OUTSIDER).status_code == 403
    sandbox.grant(OUTSIDER_EMAIL, "acme", "owner")
    assert api.get(PLACE, auth=OUTSIDER).ok
    sandbox.grant(OUTSIDER_EMAIL, "acme", "none")
    sandbox.grant(OUTSIDER_EMAIL, "acme/web", "none")
    assert api.get(PLACE, auth=OUTSIDER).status_code == 404


@pytest.mark.parametrize(
    ("target", "own", "other", "workspace"),
    [
        ("acme/web", "web", "mobile", False),
        ("acme:WEB", "mobile", "api", False),
        ("acme", "api", None, True),
    ],
)
def test_access_tokens(
    api: Api, sandbox: Sandbox, target: str, own: str, other: str | None, workspace: bool
) -> None:
    """A token reaches what it was made for, and nothing else."""
    token = sandbox.issue_access_token(target)
    assert api.post(f"/repositories/acme/{own}/hooks", bearer=token).ok
    if other:
        path = f"/repositories/acme/{other}/hooks"
        assert api.get(path, bearer=token).status_code == 404
    assert api.get("/repositories/globex/portal/hooks", bearer=token).status_code == 404
    for path in ("/workspaces/acme", "/workspaces/acme/hooks"):
        assert api.get(path, bearer=token).status_code == (200 if workspace else 403)
    sandbox.revoke_token(token)
    assert api.get(f"/repositories/acme/{own}/hooks", bearer=token).status_code == 401


def fetch_token(api: Api, auth: tuple[str, str] | None, grant: str = "client_credentials") -> Any:
    """Ask the token endpoint."""
    url = f"{api.origin}/site/oauth2/access_token"
    return api.call("POST", url, data={"grant_type": grant}, auth=auth)


def test_oauth(api: Api, sandbox: Sandbox) -> None:
    """Client credentials give a token for a while, which acts for the workspace."""
    consumer = sandbox.add_oauth_consumer("acme")
    answer = fetch_token(api, consumer)
    body = answer.json()
    assert body["token_type"] == "bearer"
    assert body["expires_in"] == 7200
    assert body["scope"].split() == list(CLASSIC_SCOPES)
    assert body.keys() == {"access_token", "token_type", "expires_in", "scope"}
    token = body["access_token"]
    assert api.get("/workspaces/acme/hooks", bearer=token).ok
    assert api.get("/repositories/acme/api/hooks", bearer=token).ok
    assert api.get("/repositories/globex/portal/hooks", bearer=token).status_code == 404
    sandbox.revoke_oauth_tokens()
    assert api.get("/workspaces/acme/hooks", bearer=token).status_code == 401


def test_oauth_tokens_expire(api: Api, sandbox: Sandbox) -> None:
    """After its time a token is worth nothing."""
    sandbox.configure(oauth_seconds=0)
    token = fetch_token(api, sandbox.add_oauth_consumer("acme")).json()["access_token"]
    assert api.get("/workspaces/acme/hooks", bearer=token).status_code == 401


def test_oauth_refuses(api: Api, sandbox: Sandbox) -> None:
    """Wrong credentials, none, and other grants."""
    client_id, secret = sandbox.add_oauth_consumer("acme")
    for auth in (None, (client_id, "wrong"), ("wrong", secret)):
        answer = fetch_token(api, auth)
        assert answer.status_code == 400
        assert answer.json()["error"] == "unauthorized_client"
    answer = fetch_token(api, (client_id, secret), grant="password")
    assert answer.json()["error"] == "unsupported_grant_type"


def test_scopes_are_told_when_asked_to(api: Api, sandbox: Sandbox) -> None:
    """In a header of every answer to known credentials; by default not."""
    token = sandbox.issue_access_token("acme/web", ["webhook", "issue"])
    path = "/repositories/acme/web/hooks"
    assert "X-OAuth-Scopes" not in api.get(path, bearer=token).headers
    sandbox.configure(scope_headers=True)
    assert api.get(path, bearer=token).headers["X-OAuth-Scopes"] == "issue, webhook"
    assert "X-OAuth-Scopes" not in api.get(path, bearer="nonsense").headers
