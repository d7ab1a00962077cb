"""Comments on pull requests."""

from __future__ import annotations

from typing import Any

import pytest

from bitbucket_hooks.sandbox.comments import MAX_COMMENT
from bitbucket_hooks.sandbox.errors import SandboxError
from bitbucket_hooks.sandbox.identity import API_TOKEN_SCOPES
from bitbucket_hooks.sandbox.seed import (
    MEMBER_EMAIL,
    MEMBER_TOKEN,
    OUTSIDER_EMAIL,
    OUTSIDER_TOKEN,
    OWNER_EMAIL,
)
from sandbox.conftest import Api
from support.sandbox import Sandbox

PLACE = "/repositories/acme/web/pullrequests/1/comments"
MEMBER = (MEMBER_EMAIL, MEMBER_TOKEN)
TEXT = {"content": {"raw": "a <text>"}}


@pytest.fixture(autouse=True)
def _pull_request(sandbox: Sandbox) -> None:
    assert sandbox.plant_pull_request("acme/web") == 1


def test_a_life(api: Api, sandbox: Sandbox) -> None:
    """Create, list, read, replace, delete; a deleted one stays in the list, marked."""
    answer = api.post(PLACE, TEXT)
    made = answer.json()
    assert (answer.status_code, made["id"], made["deleted"]) == (201, 1, False)
    assert made["content"]["raw"] == "a <text>"
    assert made["content"]["html"] == "<p>a &lt;text&gt;</p>"
    assert made["user"]["uuid"] == api.get("/user").json()["uuid"]
    assert answer.headers["Location"] == made["links"]["self"]["href"] == f"{api.base}{PLACE}/1"
    assert api.get(PLACE).json() == {"values": [made], "pagelen": 10, "size": 1, "page": 1}
    changed = api.put(f"{PLACE}/1", {"content": {"raw": "new"}}).json()
    assert changed["content"]["raw"] == "new"
    assert api.get(f"{PLACE}/1").json() == changed
    assert [comment.raw for comment in sandbox.comments("acme/web", 1)] == ["new"]
    assert api.delete(f"{PLACE}/1").status_code == 204
    assert api.get(PLACE).json()["values"][0]["deleted"]
    assert sandbox.comments("acme/web", 1) == []
    for answer in (api.get(f"{PLACE}/1"), api.delete(f"{PLACE}/1"), api.put(f"{PLACE}/1", TEXT)):
        assert answer.status_code == 404


def test_heads(api: Api, sandbox: Sandbox) -> None:
    """HEAD only reads, here and at commits."""
    sandbox.plant_commit("acme/web", "a" * 40)
    token = sandbox.issue_access_token("acme/web", ["pullrequest"])
    api.post(PLACE, TEXT)
    commit = f"/repositories/acme/web/commit/{'a' * 40}"
    for path in (PLACE, f"{PLACE}/1", f"{commit}/statuses", f"{commit}/reports"):
        assert api.call("HEAD", path, bearer=token).status_code == 200
    assert len(sandbox.comments("acme/web", 1)) == 1


def test_planted_ones(api: Api, sandbox: Sandbox) -> None:
    """On a line, or as an answer."""
    first = sandbox.plant_comment("acme/web", 1, "x", author=MEMBER_EMAIL, inline="a.yaml")
    sandbox.plant_comment("acme/web", 1, "y", author=OWNER_EMAIL, parent=first.id)
    on_a_line, reply = api.get(PLACE).json()["values"]
    assert (on_a_line["inline"]["path"], reply["parent"]["id"]) == ("a.yaml", 1)
    sandbox.delete_comment("acme/web", 1, 2)
    for name, number, comment in [("acme/web", 1, 2), ("acme/web", 2, 1), ("acme/no", 1, 1)]:
        with pytest.raises(SandboxError, match="there is no"):
            sandbox.delete_comment(name, number, comment)


@pytest.mark.parametrize(
    "body", [{}, {"content": "x"}, {"content": {"raw": 1}}, {"content": {"raw": " \n"}}, []]
)
def test_bodies_that_are_refused(api: Api, body: Any) -> None:
    """A comment needs a text."""
    assert api.post(PLACE, body).status_code == 400


def test_lengths(api: Api) -> None:
    """What is too long is refused with a page, as the service does; half a character as well."""
    assert api.post(PLACE, {"content": {"raw": "x" * MAX_COMMENT}}).status_code == 201
    answer = api.post(PLACE, {"content": {"raw": "x" * (MAX_COMMENT + 1)}})
    assert (answer.status_code, answer.text) == (400, "<h1>Bad Request (400)</h1>")
    assert api.post(PLACE, {"content": {"raw": "\ud800"}}).status_code == 400


def test_whose_it_is(api: Api, sandbox: Sandbox) -> None:
    """Members comment; only the author edits, who administers the repository deletes as well."""
    api.post(PLACE, TEXT)
    assert api.post(PLACE, TEXT, auth=MEMBER).status_code == 201
    assert api.put(f"{PLACE}/1", TEXT, auth=MEMBER).status_code == 403
    assert api.delete(f"{PLACE}/1", auth=MEMBER).status_code == 403
    assert api.put(f"{PLACE}/2", TEXT).status_code == 403
    assert api.delete(f"{PLACE}/2").status_code == 204
    assert api.get(PLACE, auth=(OUTSIDER_EMAIL, OUTSIDER_TOKEN)).status_code == 404
    for number in (2, 2**63):
        assert api.get(PLACE.replace("/1/", f"/{number}/")).status_code == 404
        assert api.get(f"{PLACE}/{number}").status_code == 404
    assert len(sandbox.comments("acme/web", 1)) == 1


@pytest.mark.parametrize("verb", ["read", "write"])
def test_scopes_of_api_tokens(api: Api, sandbox: Sandbox, verb: str) -> None:
    """Each for itself."""
    missing = f"{verb}:pullrequest:bitbucket"
    scopes = [scope for scope in API_TOKEN_SCOPES if scope != missing]
    auth = (OWNER_EMAIL, sandbox.issue_api_token(OWNER_EMAIL, scopes))
    answers = {"read": api.get(PLACE, auth=auth), "write": api.post(PLACE, TEXT, auth=auth)}
    refused = answers.pop(verb)
    assert refused.status_code == 403
    assert refused.json()["error"]["detail"]["required"] == [missing]
    assert all(answer.ok for answer in answers.values())


def test_scopes_of_access_tokens(api: Api, sandbox: Sandbox) -> None:
    """The scope to write includes the one to read, also of the repository."""
    reader = sandbox.issue_access_token("acme/web", ["pullrequest"])
    writer = sandbox.issue_access_token("acme/web", ["pullrequest:write"])
    assert api.get(PLACE, bearer=reader).ok
    answer = api.post(PLACE, TEXT, bearer=reader)
    assert answer.json()["error"]["detail"]["required"] == ["pullrequest:write"]
    assert api.post(PLACE, TEXT, bearer=writer).status_code == 201
    assert api.get(PLACE, bearer=writer).ok
    assert api.get("/repositories/acme/web", bearer=writer).ok


def test_a_repository_goes_with_its_comments(api: Api, sandbox: Sandbox) -> None:
    """And one that comes after it has none."""
    api.post(PLACE, TEXT)
    sandbox.delete_repository("acme/web")
    sandbox.add_repository("acme/web")
    assert sandbox.plant_pull_request("acme/web") == 1
    assert sandbox.comments("acme/web", 1) == []
