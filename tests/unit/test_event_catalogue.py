"""Which events a hook can listen to: the bundled list first, and only the live one may refuse."""

from __future__ import annotations

from bitbucket_hooks.api.event_catalogue import Catalogue
from bitbucket_hooks.api.hooks import HookApi
from support.hooks import asked
from support.rooms import Canned, Rooms, canned_client
from support.sandbox import Sandbox


def test_known_events_cost_no_request(rooms: Rooms, sandbox: Sandbox) -> None:
    """Offline."""
    assert rooms.catalogue.unknown("repository", ["repo:push", "issue:created"]) == {}
    assert asked(sandbox) == []


def test_an_event_that_the_live_list_lacks_too(rooms: Rooms, sandbox: Sandbox) -> None:
    """Is refused with what may have been meant; the list is asked for once."""
    found = rooms.catalogue.unknown("repository", ["repo:push", "pullrequest:merge", "x\x1b"])
    assert found.keys() == {"pullrequest:merge", "x\x1b"}
    assert found["pullrequest:merge"].startswith(
        'unknown event "pullrequest:merge"; did you mean "pullrequest:fulfilled" (merged)'
    )
    assert found["x\x1b"] == 'unknown event "x\\x1b"; `bitbucket-hooks events` lists them'
    rooms.catalogue.unknown("repository", ["y"])
    assert len(asked(sandbox)) == 1
    rooms.catalogue.unknown("workspace", ["y"])
    assert len(asked(sandbox)) == 2


def test_a_new_event_is_allowed(rooms: Rooms, sandbox: Sandbox) -> None:
    """Where the live list has it."""
    sandbox.add_event("repo:new", "repository")
    assert rooms.catalogue.unknown("repository", ["repo:new"]) == {}
    assert rooms.catalogue.unknown("workspace", ["repo:new"]).keys() == {"repo:new"}


def test_without_the_live_list_the_api_decides() -> None:
    """With a warning, once."""
    client, _ = canned_client(Canned(404, {"error": {"message": "no"}}))
    warnings: list[str] = []
    catalogue = Catalogue(HookApi(lambda: client), warnings.append)
    for _ in range(2):
        assert catalogue.unknown("repository", ["repo:new\n"]) == {}
    (warning,) = warnings
    assert warning.startswith("repo:new\\n: not in the bundled list of events, and the live list")
    assert warning.endswith("the API decides")
