"""Code Insights reports, annotations and build statuses."""

from __future__ import annotations

from typing import Any

import pytest

from bitbucket_hooks.sandbox.errors import SandboxError
from bitbucket_hooks.sandbox.seed import MEMBER_EMAIL, MEMBER_TOKEN, OWNER_EMAIL
from sandbox.conftest import Api
from support.sandbox import Sandbox

HASH = "0123456789" * 4
COMMIT = f"/repositories/acme/web/commit/{HASH}"
PLACE = f"{COMMIT}/reports/ours-1"
MEMBER = (MEMBER_EMAIL, MEMBER_TOKEN)
REPORT = {"title": "t", "details": "d", "report_type": "TEST", "result": "PASSED"}
FINDING = {"external_id": "a", "annotation_type": "BUG", "summary": "s"}
STATUS = {"key": "k", "state": "SUCCESSFUL", "url": "https://ci.example.com/"}
BUILD = f"{COMMIT}/statuses/build"


@pytest.fixture(autouse=True)
def _commit(sandbox: Sandbox) -> None:
    sandbox.plant_commit("acme/web", HASH)


def test_a_reports_life(api: Api, sandbox: Sandbox) -> None:
    """Put, put again, list, delete: with it go its annotations."""
    made = api.put(PLACE, REPORT).json()
    assert (made["external_id"], made["type"]) == ("ours-1", "report")
    assert api.get(PLACE).json() == made
    again = api.put(PLACE, {**REPORT, "result": "FAILED"}).json()
    assert again == {**made, "result": "FAILED"}
    assert api.get(f"{COMMIT}/reports").json()["values"] == [again]
    assert api.post(f"{PLACE}/annotations", [FINDING]).json() == [FINDING]
    assert api.delete(PLACE).status_code == 204
    assert sandbox.annotations("acme/web", HASH, "ours-1") == []
    for answer in (api.get(PLACE), api.delete(PLACE), api.post(f"{PLACE}/annotations", [FINDING])):
        assert answer.status_code == 404


def test_annotations(api: Api, sandbox: Sandbox) -> None:
    """They overwrite by id; a report written anew keeps them."""
    api.put(PLACE, REPORT)
    api.post(f"{PLACE}/annotations", [FINDING, {**FINDING, "external_id": "b"}])
    api.post(f"{PLACE}/annotations", [{**FINDING, "summary": "new"}])
    api.put(PLACE, REPORT)
    listed = api.get(f"{PLACE}/annotations?pagelen=1").json()
    assert (listed["size"], listed["values"][0]["summary"]) == (2, "new")
    assert len(sandbox.annotations("acme/web", HASH, "ours-1")) == 2


def many(count: int, start: int = 0) -> list[dict[str, Any]]:
    """Make annotations."""
    return [{**FINDING, "external_id": f"{n}"} for n in range(start, start + count)]


def test_the_numbers_of_annotations(api: Api, sandbox: Sandbox) -> None:
    """100 a call, 1,000 a report; a call that goes beyond leaves nothing."""
    api.put(PLACE, REPORT)
    answer = api.post(f"{PLACE}/annotations", many(101))
    message = "Bulk upload supports a maximum of /100 annotations."
    assert (answer.status_code, answer.json()) == (400, {"code": 400, "message": message})
    for start in range(0, 1000, 100):
        assert api.post(f"{PLACE}/annotations", many(100, start)).ok
    assert api.post(f"{PLACE}/annotations", many(100, 901)).status_code == 400
    assert len(sandbox.annotations("acme/web", HASH, "ours-1")) == 1000


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": ""},
        {"title": "x" * 451},
        {"details": "x" * 2001},
        {"details": 1},
        {"report_type": "LINT"},
        {"result": "SUCCESSFUL"},
        {"link": "ours"},
        {"data": {}},
        {"data": [{"title": "t", "type": "NUMBER", "value": 1}] * 11},
        {"data": ["x"]},
        {"data": [{"title": "t", "type": "NUMBER", "value": "1"}]},
        {"data": [{"title": "t", "type": "NUMBER", "value": True}]},
        {"data": [{"title": "", "type": "TEXT", "value": "1"}]},
        {"data": [{"title": "t", "type": "TEXT"}]},
    ],
)
def test_reports_that_are_refused(api: Api, wrong: dict[str, Any]) -> None:
    """400 in the form of this part of the service."""
    answer = api.put(PLACE, {**REPORT, **wrong})
    assert (answer.status_code, answer.json()["code"]) == (400, 400)


@pytest.mark.parametrize(
    "sent",
    [
        FINDING,
        ["x"],
        [FINDING, FINDING],
        *(
            [{**FINDING, "external_id": "fine"}, {**FINDING, **wrong}]
            for wrong in (
                {"external_id": ""},
                {"summary": ""},
                {"summary": "x" * 451},
                {"details": "x" * 2001},
                {"annotation_type": "LINT"},
                {"severity": "GRAVE"},
                {"result": "PENDING"},
                {"line": 1},
                {"line": 0, "path": "a"},
            )
        ),
    ],
)
def test_annotations_that_are_refused(api: Api, sent: Any) -> None:
    """With one of them all of a call."""
    api.put(PLACE, REPORT)
    assert api.post(f"{PLACE}/annotations", sent).status_code == 400
    assert api.get(f"{PLACE}/annotations").json()["size"] == 0


def test_a_status_life(api: Api, sandbox: Sandbox) -> None:
    """POST makes and overwrites, PUT changes what is there and never the key."""
    answer = api.post(BUILD, {**STATUS, "name": "n"})
    assert (answer.status_code, answer.json()["type"]) == (201, "build")
    api.post(BUILD, {**STATUS, "state": "FAILED"})
    assert sandbox.statuses("acme/web", HASH)["k"]["state"] == "FAILED"
    changed = api.put(f"{BUILD}/k", {"state": "STOPPED", "key": "other"}).json()
    assert (changed["state"], changed["key"], changed["url"]) == ("STOPPED", "k", STATUS["url"])
    assert api.get(f"{BUILD}/k").json() == changed
    assert api.get(f"{COMMIT}/statuses").json()["values"] == [changed]
    assert api.put(f"{BUILD}/none", STATUS).status_code == 404


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("key", "x" * 41),
        ("key", ""),
        ("key", 7),
        ("state", "GREEN"),
        ("url", None),
        ("url", "ours"),
        ("name", "x" * 256),
        ("description", "x" * 256),
    ],
)
def test_statuses_that_are_refused(api: Api, field: str, value: Any) -> None:
    """400 that names the field."""
    answer = api.post(BUILD, {**STATUS, field: value})
    assert answer.status_code == 400
    assert list(answer.json()["error"]["fields"]) == [field]


def test_who_may(api: Api, sandbox: Sandbox) -> None:
    """Writing asks for the scope and the role to write; an unknown commit is not found."""
    reader = sandbox.issue_access_token("acme/web", ["repository"])
    writer = sandbox.issue_access_token("acme/web", ["repository:write"])
    only = (OWNER_EMAIL, sandbox.issue_api_token(OWNER_EMAIL, ["write:repository:bitbucket"]))
    for url in (PLACE, f"{BUILD}/k"):
        body = REPORT if url == PLACE else STATUS
        assert api.put(url, body, auth=MEMBER).status_code == 403
        required = api.put(url, body, bearer=reader).json()["error"]["detail"]["required"]
        assert required == ["repository:write"]
    assert api.put(PLACE, REPORT, bearer=writer).ok
    assert api.get(PLACE, bearer=reader).ok
    assert api.get(PLACE, auth=only).status_code == 403
    sandbox.grant(MEMBER_EMAIL, "acme/web", "write")
    assert api.post(BUILD, STATUS, auth=MEMBER).status_code == 201
    assert api.put(PLACE.replace(HASH, "f" * 40), REPORT).status_code == 404
    assert api.put(PLACE.replace("web", "none"), REPORT).status_code == 404
    with pytest.raises(SandboxError, match="there is no commit"):
        sandbox.reports("acme/web", "f" * 40)
