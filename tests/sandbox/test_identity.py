"""Credentials of every kind, scopes and roles."""

from __future__ import annotations

from typing import Any

import pytest

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
from support.sandbox import Sandbox

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


@pytest.mark.parametrize("kind", ["repository", "pullrequest", "issue", "project", "pipeline"])
def test_scopes_of_events(api: Api, sandbox: Sandbox, kind: str) -> None:
    """Who subscribes needs the scopes to read what the events are about."""
    events = {"repository": "repo:push", "pipeline": "pipeline:span_created"}
    body = {**HOOK, "events": [events.get(kind, f"{kind}:updated")]}
    required = f"read:{kind}:bitbucket"
    write = "write:webhook:bitbucket"
    lacking = (OWNER_EMAIL, sandbox.issue_api_token(OWNER_EMAIL, [write]))
    answer = api.post(PLACE, body, auth=lacking)
    assert answer.json()["error"]["detail"]["required"] == [required]
    auth = (OWNER_EMAIL, sandbox.issue_api_token(OWNER_EMAIL, [write, required]))
    assert api.post(PLACE, body, auth=auth).status_code == 201
    (hook,) = sandbox.hooks("acme/web")
    token = sandbox.issue_access_token("acme/web", ["webhook"])
    for refused in (
        api.post(PLACE, body, bearer=token),
        api.put(f"{PLACE}/{hook.uuid}", body, bearer=token),
    ):
        assert refused.status_code == 403
        assert refused.json()["error"]["detail"]["required"] == [kind]
    token = sandbox.issue_access_token("acme/web", ["webhook", kind])
    assert api.post(PLACE, body, bearer=token).ok


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
    assert {repository["slug"] for repository in listed} == {"docs", "design-system"}
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
    body = fetch_token(api, consumer).json()
    token = body.pop("access_token")
    scope = " ".join(CLASSIC_SCOPES)
    assert body == {"token_type": "bearer", "expires_in": 7200, "scope": scope}
    assert api.get("/workspaces/acme/hooks", bearer=token).ok
    assert api.get("/repositories/acme/api/hooks", bearer=token).ok
    assert api.get("/repositories/globex/portal/hooks", bearer=token).status_code == 404
    sandbox.revoke_oauth_tokens()
    assert api.get("/workspaces/acme/hooks", bearer=token).status_code == 401
    sandbox.configure(oauth_seconds=0)
    token = fetch_token(api, consumer).json()["access_token"]
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


def test_scopes_in_a_header(api: Api, sandbox: Sandbox) -> None:
    """Of every answer to known credentials, when a setting says so; a scope too few is named."""
    token = sandbox.issue_access_token("acme/web", ["repository", "issue"])
    assert "X-OAuth-Scopes" not in api.get(PLACE, bearer=token).headers
    sandbox.configure(scope_headers=True)
    answer = api.get(PLACE, bearer=token)
    assert answer.headers["X-OAuth-Scopes"] == "issue, repository"
    assert answer.json()["error"]["detail"]["required"] == ["webhook"]
    assert "X-OAuth-Scopes" not in api.get(PLACE, bearer="nonsense").headers
