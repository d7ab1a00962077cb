"""The routes around the hooks."""

from __future__ import annotations

import ipaddress
from typing import Any

import pytest

from bitbucket_hooks.sandbox.calls import select_fields
from bitbucket_hooks.sandbox.seed import OUTSIDER_EMAIL, OUTSIDER_TOKEN, OWNER_EMAIL
from sandbox.conftest import Api
from support.sandbox import Sandbox


def test_user(api: Api, sandbox: Sandbox) -> None:
    """A person, or what stands for a token; each with its scope."""
    user = api.get("/user").json()
    assert (user["type"], user["display_name"]) == ("user", "Olivia Owner")
    token = sandbox.issue_access_token("acme/web")
    assert api.get("/user", bearer=token).json()["type"] == "app_user"
    auth = (OWNER_EMAIL, sandbox.issue_api_token(OWNER_EMAIL, ["read:repository:bitbucket"]))
    answer = api.get("/user", auth=auth)
    assert answer.json()["error"]["detail"]["required"] == ["read:user:bitbucket"]


def test_workspace(api: Api) -> None:
    """A workspace, by slug or uuid."""
    found = api.get("/workspaces/ACME").json()
    assert (found["type"], found["slug"], found["name"]) == ("workspace", "acme", "Acme")
    assert found["links"]["self"]["href"] == f"{api.base}/workspaces/acme"
    assert api.get(f"/workspaces/{found['uuid']}").json() == found


def test_repository(api: Api) -> None:
    """A repository with what it belongs to."""
    found = api.get("/repositories/acme/web/").json()
    assert found["full_name"] == "acme/web"
    assert found["project"]["key"] == "WEB"
    assert found["is_private"]
    assert found["links"]["hooks"]["href"] == f"{api.base}/repositories/acme/web/hooks"


def slugs(api: Api, query: str) -> list[str]:
    """List the slugs of `acme`."""
    answer = api.get(f"/repositories/acme?{query}")
    assert answer.status_code == 200, answer.text
    return [repository["slug"] for repository in answer.json()["values"]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("sort=-slug&pagelen=2", ["worker", "web"]),
        ('q=project.key="WEB"&sort=name', ["design-system", "docs", "mobile", "web"]),
        ('q=project.key = "WEB" AND slug ~ "O"', ["mobile", "docs"]),
        ('q=project.key != "WEB" AND name != "api"', ["worker", "billing", "infra"]),
        ('q=full_name="acme/web"', ["web"]),
        ('q=slug="a\\"b"', []),
    ],
)
def test_queries(api: Api, query: str, expected: list[str]) -> None:
    """`q=` and `sort=` in their simple forms."""
    assert slugs(api, query) == expected


@pytest.mark.parametrize("query", ["q=nonsense", 'q=owner="x"', "q=slug=web", "sort=size"])
def test_wrong_queries(api: Api, query: str) -> None:
    """What is not understood is refused; of a missing workspace, the message names it."""
    assert api.get(f"/repositories/acme?{query}").status_code == 400
    answer = api.get(f"/repositories/nobody?{query}")
    assert answer.status_code == 404
    assert "nobody" in answer.json()["error"]["message"]


def test_pages_keep_the_query(api: Api) -> None:
    """Following `next` gives the rest of the same question."""
    url: str | None = '/repositories/acme?q=project.key="PLAT"&pagelen=3&sort=slug'
    found = []
    while url:
        page = api.get(url).json()
        assert page["size"] == 4
        found += [repository["slug"] for repository in page["values"]]
        url = page.get("next")
    assert found == ["api", "billing", "infra", "worker"]


def test_fields(api: Api) -> None:
    """Only what was asked for comes, and then no `next` either, unless it is asked for."""
    assert api.get("/repositories/acme?pagelen=1&fields=values.slug").json() == {
        "values": [{"slug": "api"}]
    }
    assert api.get("/repositories/acme/web?fields=project.key,slug").json() == {
        "slug": "web",
        "project": {"key": "WEB"},
    }


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("a", {"a": 1}),
        ("b.c", {"b": [{"c": 2}]}),
        ("b.*", {"b": [{"c": 2, "d": 3}]}),
        ("a.x", {"a": 1}),
        ("-b.c", {"a": 1, "b": [{"d": 3}]}),
        ("-a,+b", {"b": [{"c": 2, "d": 3}]}),
        ("-a.x", {"a": 1, "b": [{"c": 2, "d": 3}]}),
        ("", {"a": 1, "b": [{"c": 2, "d": 3}]}),
    ],
)
def test_select_fields(fields: str, expected: Any) -> None:
    """Paths keep, with a minus they take away."""
    assert select_fields({"a": 1, "b": [{"c": 2, "d": 3}]}, fields) == expected


def test_workspaces(api: Api, sandbox: Sandbox) -> None:
    """Those of a member, in the old listing and the new one, with links that clients follow."""
    listed = api.get("/workspaces").json()["values"]
    assert [workspace["slug"] for workspace in listed] == ["acme", "globex"]
    accesses = api.get("/user/workspaces").json()["values"]
    assert [(access["workspace"], access["administrator"]) for access in accesses] == [
        (workspace, True) for workspace in listed
    ]
    links = api.get("/workspaces/acme").json()["links"]
    repositories = api.get(links["repositories"]["href"]).json()
    assert repositories["values"][0]["full_name"] == "acme/api"
    assert api.get(links["hooks"]["href"]).json()["values"] == []
    token = sandbox.issue_access_token("globex")
    only = api.get("/workspaces", bearer=token).json()["values"]
    assert [workspace["slug"] for workspace in only] == ["globex"]


def test_repositories_of_all_workspaces(api: Api) -> None:
    """Those that the identity may see, page by page."""
    page = api.get("/repositories?pagelen=9").json()
    assert (page["size"], len(page["values"])) == (10, 9)
    assert api.get(page["next"]).json()["values"][0]["full_name"] == "globex/website"
    seen = api.get("/repositories", auth=(OUTSIDER_EMAIL, OUTSIDER_TOKEN)).json()["values"]
    assert {repository["is_private"] for repository in seen} == {False}


def test_address_ranges(api: Api, sandbox: Sandbox) -> None:
    """Are built as the vendor's. They need no credentials; wrong ones are noticed all the same."""
    url = f"{api.origin}/ip-ranges"
    answer = api.get(url, auth=None)
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    document = answer.json()
    assert document.keys() == {"creationDate", "syncToken", "items"}
    items: list[dict[str, Any]] = document["items"]
    for item in items:
        network = ipaddress.ip_network(f"{item['network']}/{item['mask_len']}")
        assert (str(network), str(network.netmask)) == (item["cidr"], item["mask"])
        assert item.keys() >= {"region", "product", "direction", "perimeter"}
    assert {ipaddress.ip_network(item["cidr"]).version for item in items} == {4, 6}
    assert {name for item in items for name in item["direction"]} == {"egress", "ingress"}
    assert len({name for item in items for name in item["product"]}) > 3
    assert api.get(url, auth=("nobody", "wrong")).status_code == 401
    assert api.post(url).status_code == 405
    assert [request.status for request in sandbox.requests()] == [200, 401, 405]
    assert api.get("/ip-ranges").status_code == 404
