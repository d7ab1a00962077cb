"""The five verbs on the hooks of repositories and workspaces."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from bitbucket_hooks.model.events import CATALOGUE
from sandbox.conftest import HOOK, Api
from support.sandbox import Sandbox

PLACES = ["/repositories/acme/web/hooks", "/workspaces/acme/hooks"]
MISSING = {"type": "error", "error": {"message": "Resource not found"}}


@pytest.mark.parametrize("place", PLACES)
def test_create_answers_the_whole_hook(api: Api, place: str) -> None:
    """A hook has every documented field, and of its secret only that there is one."""
    answer = api.post(place, {**HOOK, "secret": "canary", "active": False})

    assert answer.status_code == 201
    assert "canary" not in answer.text
    hook = answer.json()
    uuid = hook["uuid"]
    assert uuid.startswith("{")
    assert uuid.endswith("}")
    assert answer.headers["Location"] == hook["links"]["self"]["href"]
    assert hook["links"]["self"]["href"] == f"{api.base}{place}/{quote(uuid)}"
    kind = "workspace" if "workspaces" in place else "repository"
    assert hook["subject"]["type"] == hook["subject_type"] == kind
    for key in ("links", "uuid", "subject", "subject_type", "created_at"):
        assert hook.pop(key)
    assert hook == {
        **HOOK,
        "type": "webhook_subscription",
        "active": False,
        "secret_set": True,
        "skip_cert_verification": False,
        "history_enabled": False,
        "read_only": False,
        "source": None,
    }


@pytest.mark.parametrize("place", PLACES)
def test_a_life(api: Api, place: str) -> None:
    """Create, list, read, replace, delete; then it is gone like one that never was."""
    made = api.post(place).json()
    url = f"{place}/{quote(made['uuid'])}"

    assert api.get(place).json() == {"values": [made], "pagelen": 10, "size": 1, "page": 1}
    assert api.get(url).json() == made
    changed = api.put(url, {**HOOK, "url": "https://new.example.com/"}).json()
    assert changed == {**made, "url": "https://new.example.com/"}
    deleted = api.delete(url)
    assert deleted.status_code == 204
    assert deleted.headers["Content-Type"] == "text/html; charset=utf-8"
    assert deleted.content == b""
    for answer in (api.get(url), api.put(url, HOOK), api.delete(url)):
        assert answer.status_code == 404
        assert answer.json() == MISSING


def test_put_replaces(api: Api, sandbox: Sandbox) -> None:
    """What is left out is reset, but for the secret and the undocumented properties."""
    hook = sandbox.plant_hook(
        "acme/web",
        "https://ci.example.com",
        description="CI",
        active=False,
        secret="s",
        skip_cert_verification=True,
        history_enabled=True,
    )
    url = f"/repositories/acme/web/hooks/{hook.uuid}"

    answer = api.put(url, {"url": "https://x.example.com", "events": ["repo:fork"]}).json()

    assert (answer["description"], answer["active"], answer["events"]) == ("", True, ["repo:fork"])
    assert answer["skip_cert_verification"]
    assert answer["history_enabled"]
    assert sandbox.secret_of(hook.uuid) == "s"
    api.put(url, {**HOOK, "secret": "t", "description": None})
    assert sandbox.secret_of(hook.uuid) == "t"


@pytest.mark.parametrize("nothing", [None, ""])
def test_secret_is_removed(api: Api, sandbox: Sandbox, nothing: str | None) -> None:
    """Null and the empty text take a secret away, or leave a new hook without one."""
    made = api.post("/repositories/acme/web/hooks", {**HOOK, "secret": nothing}).json()
    assert not made["secret_set"]
    sandbox.change_hook(made["uuid"], secret="s")
    url = f"/repositories/acme/web/hooks/{made['uuid']}"
    assert api.get(url).json()["secret_set"]
    assert not api.put(url, {**HOOK, "secret": nothing}).json()["secret_set"]
    assert sandbox.secret_of(made["uuid"]) is None


def test_uid_needs_braces(api: Api, sandbox: Sandbox) -> None:
    """Raw and encoded braces work, none don't; unless a setting says so, as of content types."""
    hook = sandbox.plant_hook("acme/web", "https://ci.example.com")
    place = "/repositories/acme/web/hooks"
    assert api.get(f"{place}/{hook.uuid}").ok
    assert api.get(f"{place}/{quote(hook.uuid.upper())}/").ok
    bare = f"{place}/{hook.uuid.strip('{}')}"
    assert api.get(bare).status_code == 404
    sandbox.configure(bare_uid=True, delete_content_type=False)
    assert api.get(bare).ok
    assert "Content-Type" not in api.delete(bare).headers


def test_places_are_named_by_slug_or_uuid(api: Api, sandbox: Sandbox) -> None:
    """A slug in any case, a uuid in braces, a last slash: all the same."""
    sandbox.plant_hook("acme/web", "https://ci.example.com")
    repository = next(found for found in sandbox.repositories() if found.full_name == "acme/web")
    for name in (
        "ACME/Web",
        f"acme/{repository.uuid}",
        f"{quote(repository.workspace)}/{quote(repository.uuid)}",
        "acme/web/hooks/../",
    ):
        place = f"/repositories/{name}/hooks/".replace("/hooks/..//hooks", "/hooks")
        assert api.get(place).json()["size"] == 1, name


@pytest.mark.parametrize(
    "where",
    [
        "/repositories/acme/nothing/hooks",
        "/repositories/nobody/web/hooks",
        "/workspaces/nobody/hooks",
        "/repositories/globex/web/hooks",
        "/nothing",
    ],
)
def test_missing(api: Api, where: str) -> None:
    """What does not exist looks the same everywhere."""
    answer = api.get(where)
    assert answer.status_code == 404
    assert answer.json() == MISSING


def test_hooks_belong_to_their_subject(api: Api, sandbox: Sandbox) -> None:
    """A hook is not found under another repository, nor those of a workspace in its lists."""
    hook = sandbox.plant_hook("acme", "https://ci.example.com")
    for place in ("/repositories/acme/web/hooks", "/workspaces/globex/hooks"):
        assert api.get(f"{place}/{hook.uuid}").status_code == 404
        assert api.delete(f"{place}/{hook.uuid}").status_code == 404
        assert api.get(place).json()["values"] == []
    assert sandbox.hooks("acme") == [hook]


def test_hooks_of_apps_can_not_be_written(api: Api, sandbox: Sandbox) -> None:
    """A read-only hook is seen, and that is all."""
    hook = sandbox.plant_hook("acme/web", "https://ci.example.com", read_only=True)
    url = f"/repositories/acme/web/hooks/{hook.uuid}"
    assert api.get(url).json()["read_only"]
    assert api.put(url, HOOK).status_code == api.delete(url).status_code == 403


def test_events_come_in_the_order_of_the_catalogue(api: Api) -> None:
    """In the service's own; and a hook may be there twice."""
    sent = ["issue:created", "pullrequest:created", "repo:push"]
    made = api.post(PLACES[0], {**HOOK, "events": sent}).json()
    assert made["events"] == sent[::-1]
    again = api.post(PLACES[0], {**HOOK, "events": sent}).json()
    assert (again["uuid"] != made["uuid"], again["url"]) == (True, made["url"])


def test_pages(api: Api, sandbox: Sandbox) -> None:
    """Ten by default, a hundred at most; `next` is a whole url on the host that was asked."""
    place = PLACES[0]
    for number in range(12):
        sandbox.plant_hook("acme/web", f"https://ci.example.com/{number}")
    first = api.get(place).json()
    assert (len(first["values"]), first["size"], first["pagelen"]) == (10, 12, 10)
    assert first["next"].startswith(f"{api.base}{place}?")
    second = api.get(first["next"]).json()
    assert [hook["url"][-2:] for hook in second["values"]] == ["10", "11"]
    assert second["page"] == 2
    assert "next" not in second
    assert len(api.get(f"{place}?pagelen=100").json()["values"]) == 12
    assert api.get(f"{place}?page=9").json()["values"] == []
    for query in ("pagelen=101", "pagelen=0", "page=0", "page=x", "pagelen=-1"):
        assert api.get(f"{place}?{query}").status_code == 400


def test_hook_events(api: Api, sandbox: Sandbox) -> None:
    """The live catalogue needs no credentials, comes in pages and may change."""
    kinds = api.get("/hook_events", auth=None).json()
    assert kinds == {
        kind: {"links": {"events": {"href": f"{api.base}/hook_events/{kind}"}}}
        for kind in ("repository", "workspace")
    }
    found = []
    url = kinds["repository"]["links"]["events"]["href"]
    while url:
        page = api.get(url, auth=None).json()
        found += page["values"]
        url = page.get("next")
    assert [event["event"] for event in found] == [event.event for event in CATALOGUE]
    assert found[0].keys() == {"event", "category", "label", "description"}
    assert api.get("/hook_events/team", auth=None).status_code == 404
    sandbox.add_event("repo:starred", "workspace")
    sandbox.remove_event("repo:push")
    assert sandbox.events("workspace")[-1] == "repo:starred"
    assert "repo:starred" not in sandbox.events("repository")
    assert api.get("/hook_events/workspace", auth=None).json()["size"] == 29
    assert api.post("/workspaces/acme/hooks", {**HOOK, "events": ["repo:starred"]}).ok
    assert api.post("/workspaces/acme/hooks").status_code == 400


def test_methods(api: Api) -> None:
    """There is no PATCH; HEAD is a GET without its body."""
    assert api.call("PATCH", "/repositories/acme/web/hooks").status_code == 405
    head = api.call("HEAD", "/repositories/acme/web/hooks")
    assert head.status_code == 200
    assert head.content == b""
