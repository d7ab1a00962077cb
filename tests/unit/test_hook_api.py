"""The endpoints of webhooks: what is sent, and what is understood."""

from __future__ import annotations

import json
from typing import Any

import pytest
from attrs import evolve

from bitbucket_hooks.api.errors import AnswerLost, ApiError, AuthenticationFailed, UnexpectedAnswer
from bitbucket_hooks.api.hooks import HookApi
from bitbucket_hooks.model.credentials import Anonymous
from bitbucket_hooks.model.subject import Subject
from bitbucket_hooks.model.webhook import Desired, SecretChange
from support.rooms import BASE, Canned, CannedAdapter, canned_client

UUID = "{00000000-0000-4000-8000-00000000000a}"
URL = "https://ci.example.com/"
WEB = Subject("acme", "web")
DESIRED = Desired(WEB, URL, events=("repo:push", "issue:created"))
ANSWER: dict[str, Any] = {
    "type": "webhook_subscription",
    "uuid": UUID,
    "url": URL,
    "description": "CI",
    "active": True,
    "events": ["repo:push", "issue:created"],
    "secret_set": False,
    "created_at": "2026-08-01T00:00:00+00:00",
    "read_only": None,
    "source": None,
}
LEAST = {
    "url": URL,
    "active": True,
    "events": ["issue:created", "repo:push"],
    "skip_cert_verification": False,
}


def _api(answer: Canned) -> tuple[HookApi, list[Any]]:
    sent: list[Any] = []

    def answers(request: Any) -> Canned:
        sent.append((request.method, request.url.removeprefix(BASE), request.body))
        return answer

    client, _ = canned_client(answers)
    return HookApi(lambda: client), sent


@pytest.mark.parametrize(
    ("subject", "path"),
    [
        (WEB, "/repositories/acme/web/hooks"),
        (Subject("acme"), "/workspaces/acme/hooks"),
        (Subject("acme", UUID), f"/repositories/acme/%7B{UUID[1:-1]}%7D/hooks"),
    ],
)
def test_paths(subject: Subject, path: str) -> None:
    """Of the list and of one hook; braces are encoded."""
    api, sent = _api(Canned(body={"values": []}))
    api.listing(subject)
    api.delete(subject, UUID)
    assert [url for _, url, _ in sent] == [f"{path}?pagelen=100", f"{path}/%7B{UUID[1:-1]}%7D"]


@pytest.mark.parametrize(
    ("desired", "change", "more"),
    [
        ({}, None, {}),
        ({"description": ""}, None, {"description": ""}),
        ({"history_enabled": False}, None, {"history_enabled": False}),
        ({"secret": "x"}, None, {"secret": "x"}),
        ({"secret": ""}, None, {}),
        # a PUT leaves a secret out when it is unchanged, and removes it by null
        ({"secret": "x"}, SecretChange.KEEP, {}),
        ({"secret": "x"}, SecretChange.SET, {"secret": "x"}),
        ({"secret": "x"}, SecretChange.REMOVE, {"secret": None}),
    ],
)
def test_what_is_sent(
    desired: dict[str, Any], change: SecretChange | None, more: dict[str, Any]
) -> None:
    """All whose server default is unknown, always; what isn't managed, never."""
    api, sent = _api(Canned(201, ANSWER))
    wanted = evolve(DESIRED, **desired)
    api.create(wanted) if change is None else api.update(UUID, wanted, change)
    assert json.loads(sent[0][2]) == {**LEAST, **more}


def _in_pages(readings: list[str], size: int | None) -> tuple[HookApi, CannedAdapter]:
    """Answer one reading after the other, each in pages of two."""
    pages = []
    for reading in readings:
        uuids = [f"{{00000000-0000-4000-8000-00000000000{hook}}}" for hook in reading]
        values = [{**ANSWER, "uuid": uuid} for uuid in uuids]
        whole = {} if size is None else {"size": size}
        pages.append(Canned(body={"values": values[:2], "next": f"{BASE}/second", **whole}))
        pages.append(Canned(body={"values": values[2:], **whole}))
    client, adapter = canned_client(pages)
    return HookApi(lambda: client), adapter


@pytest.mark.parametrize(
    ("readings", "size", "found"),
    [
        (["abc"], 3, "abc"),
        (["ab", "abc"], 3, "abc"),  # one slipped through
        (["abc", "abc"], 4, "abc"),  # whatever counts there
        (["ab", "ac", "ab"], 3, "ab"),  # it moves and moves
        (["ab"], None, "ab"),
        (["abb"], 2, "ab"),
    ],
)
def test_hooks_that_move_between_pages(readings: list[str], size: int | None, found: str) -> None:
    """Are all seen: a listing that lacks some is read again, a few times."""
    api, adapter = _in_pages(readings, size)
    assert "".join(hook.uuid[-2] for hook in api.listing(WEB).hooks) == found
    assert len(adapter.asked) == 2 * len(readings)


def test_a_hook_as_the_description_has_it() -> None:
    """Without the two properties that it lacks; null counts as missing."""
    api, _ = _api(Canned(body={"values": [ANSWER]}))
    (hook,) = api.listing(WEB).hooks
    assert (hook.uuid, hook.description, hook.created_at) == (UUID, "CI", ANSWER["created_at"])
    assert hook.events == ("issue:created", "repo:push")
    assert (hook.skip_cert_verification, hook.history_enabled) == (None, None)
    assert (hook.secret_set, hook.read_only) == (False, False)


def test_what_a_write_answers_is_completed() -> None:
    """With what was sent."""
    api, _ = _api(Canned(201, ANSWER))
    made = api.create(evolve(DESIRED, history_enabled=True))
    assert (made.skip_cert_verification, made.history_enabled) == (False, True)


@pytest.mark.parametrize("uuid", [None, "x" * 5000, 7])
def test_a_hook_without_a_uuid(uuid: Any) -> None:
    """Spoils a listing, as it may be any; a POST may have been done."""
    api, _ = _api(Canned(200, {**ANSWER, "uuid": uuid}))
    with pytest.raises(UnexpectedAnswer, match="a hook that isn't one") as refused:
        api.update(UUID, DESIRED, SecretChange.KEEP)
    assert len(str(refused.value)) < 1000
    with pytest.raises(AnswerLost):
        api.create(DESIRED)
    api, _ = _api(Canned(200, {"values": [{**ANSWER, "uuid": uuid}]}))
    with pytest.raises(UnexpectedAnswer):
        api.listing(WEB)


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": None},
        {"active": "true"},
        {"active": None},
        {"events": "repo:push"},
        {"events": ["repo:push", 7]},
        {"description": []},
        {"secret_set": "yes"},
        {"skip_cert_verification": 0},
        {"created_at": 7},
    ],
)
def test_a_hook_that_can_not_be_read(wrong: dict[str, Any]) -> None:
    """Spoils an update, and is set apart in a listing; a POST that answers so was done."""
    api, _ = _api(Canned(200, {**ANSWER, **wrong}))
    with pytest.raises(UnexpectedAnswer, match="a hook that isn't one"):
        api.update(UUID, DESIRED, SecretChange.KEEP)
    made = api.create(evolve(DESIRED, secret="x"))
    assert (made.uuid, made.url, made.secret_set) == (UUID, URL, True)
    other = {**ANSWER, "uuid": UUID.replace("a}", "b}")}
    api, _ = _api(Canned(200, {"values": [{**ANSWER, **wrong}, other]}))
    listing = api.listing(WEB)
    assert [hook.uuid for hook in listing.hooks] == [other["uuid"]]
    (found,) = listing.unreadable.items()
    assert found[0] == UUID
    assert next(iter(wrong)) in found[1]


def test_half_characters_are_replaced() -> None:
    """JSON can spell them, and nobody else can write them."""
    api, _ = _api(Canned(200, json.dumps({**ANSWER, "description": "\ud800!"})))
    assert api.update(UUID, DESIRED, SecretChange.KEEP).description == "?!"


def test_events() -> None:
    """Key and texts; texts may be missing."""
    event = {"event": "repo:push", "category": "Repository", "label": "Push", "description": None}
    api, _ = _api(Canned(200, {"values": [event]}))
    (found,) = api.events("repository")
    assert (found.event, found.category, found.description) == ("repo:push", "Repository", "")
    api, _ = _api(Canned(200, {"values": [{"event": 7}]}))
    with pytest.raises(UnexpectedAnswer, match="an event that isn't one"):
        api.events("repository")


@pytest.mark.parametrize(("status", "can"), [(200, True), (404, False)])
def test_whether_a_workspace_can_be_read(status: int, can: bool) -> None:
    """Any other failure says nothing."""
    api, _ = _api(Canned(status, {"slug": "acme"}))
    assert api.can_read_workspace("acme") is can
    api, _ = _api(Canned(403, {}))
    with pytest.raises(ApiError):
        api.can_read_workspace("acme")


def test_without_credentials() -> None:
    """The message says what is needed."""
    client, _ = canned_client(Canned(401, "No"), credentials=Anonymous())
    with pytest.raises(AuthenticationFailed, match="none are configured"):
        HookApi(lambda: client).listing(WEB)
