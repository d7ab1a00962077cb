"""One comment per pull request and stack, whatever happens on the way."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import attrs
import pytest
from requests import PreparedRequest

from bitbucket_hooks.api.comments import CommentApi, PullRequest
from bitbucket_hooks.api.errors import AnswerLost, PermissionRefused, ScopeMissing
from bitbucket_hooks.connect import open_client
from bitbucket_hooks.model.credentials import AccessToken, ApiToken, Credentials
from bitbucket_hooks.model.settings import Settings
from bitbucket_hooks.model.subject import Subject
from bitbucket_hooks.publish.comment import MAX_COMMENT, Marker, StackComments
from bitbucket_hooks.publish.report import Render
from bitbucket_hooks.sandbox.admin import Sandbox
from bitbucket_hooks.sandbox.comments import StoredComment
from bitbucket_hooks.sandbox.seed import (
    MEMBER_EMAIL,
    MEMBER_TOKEN,
    OWNER_EMAIL,
    OWNER_TOKEN,
)
from support.clocks import FakeClock
from support.rooms import Canned, canned_client

CHANGES = ("PUT", "DELETE")
PROD, STAGING = Marker("infra", "prod"), Marker("infra", "staging")
OWNER = ApiToken(OWNER_EMAIL, OWNER_TOKEN)


def always(text: str) -> Render:
    """Render the same, however much room there is."""
    return lambda _: text


@attrs.define
class Desk:
    """A pull request, and whoever comments on it."""

    sandbox: Sandbox
    clock: FakeClock
    where: PullRequest
    told: list[str]
    _open: list[CommentApi] = attrs.Factory(list)

    def run(self, credentials: Credentials = OWNER) -> StackComments:
        """Give what one run has, each with connections of its own."""
        settings = Settings(api_url=f"sandbox:{self.sandbox.path}", credentials=credentials)
        api = CommentApi(open_client(settings, self.told.append, clock=self.clock))
        self._open.append(api)
        return StackComments(api, self.clock, self.told.append)

    def put(self, text: str, marker: Marker = PROD, credentials: Credentials = OWNER) -> str:
        """Publish in a run of its own."""
        return self.run(credentials).put(self.where, marker, always(text))

    def there(self) -> list[StoredComment]:
        """Give what is on the pull request."""
        return self.sandbox.comments("acme/web", self.where.number)

    def bodies(self) -> list[str]:
        """Give the texts, without the first line and the one below it."""
        return [one.raw.split("\n", 2)[2] for one in self.there()]

    def plant(self, raw: str, author: str = OWNER_EMAIL, **more: Any) -> StoredComment:
        """Comment by hand."""
        return self.sandbox.plant_comment("acme/web", self.where.number, raw, author=author, **more)

    def asked(self) -> list[str]:
        """Give the verbs since the last time."""
        verbs = [one.method for one in self.sandbox.requests()]
        self.sandbox.clear_requests()
        return verbs

    def close(self) -> None:
        """Close all connections."""
        for api in self._open:
            api.client.close()


@pytest.fixture
def desk(sandbox: Sandbox, clock: FakeClock) -> Iterator[Desk]:
    """Give an empty pull request."""
    number = sandbox.plant_pull_request("acme/web")
    opened = Desk(sandbox, clock, PullRequest(Subject("acme", "web"), number), [])
    yield opened
    opened.close()


def test_ten_pushes_leave_one_comment(desk: Desk) -> None:
    """Edited in place; the text is the last one, the number the first."""
    for number in range(10):
        desk.put(f"# Preview {number}\n\nfine\n")
    (left,) = desk.there()
    assert left.id == 1
    assert desk.bodies() == ["# Preview 9\n\nfine\n"]
    assert left.raw.startswith("[//]: # (bitbucket-hooks infra/prod ")


def test_a_slow_run_overwrites_no_later_one(desk: Desk) -> None:
    """Of two pushes the later one's report stays, whichever ends first; doubles too are its own."""
    for number, text in ((8, "eighth"), (7, "seventh")):
        said = desk.run().put(desk.where, PROD, always(text), number)
    assert said == "left as it is: a later run has told already"
    assert desk.bodies() == ["eighth"]
    desk.run().put(desk.where, PROD, always("ninth"), 9)
    desk.put("at a desk, where runs have no number")
    desk.run().put(desk.where, PROD, always("first of another count"), 1)
    assert desk.bodies() == ["first of another count"]


def test_nobody_else_can_say_that_a_later_run_has_told(desk: Desk) -> None:
    """With a token that can't tell who it is, a comment that may not be edited isn't ours."""
    desk.plant(f"{PROD.line('n', 999)}\n\nall is well", author=MEMBER_EMAIL)
    token = AccessToken(desk.sandbox.issue_access_token("acme/web", ["pullrequest:write"]))
    said = desk.run(token).put(desk.where, PROD, always("40 hooks to delete"), 7)
    assert said == "comment 2 stands as it is"
    assert desk.bodies() == ["all is well", "40 hooks to delete"]


def test_an_unchanged_text_is_not_written(desk: Desk) -> None:
    """Blanks at the ends don't count: the service may keep them or not."""
    desk.put("same\n\ntext\n")
    desk.asked()
    assert desk.put("same  \n\ntext\n\n") == "comment 1 stands as it is"
    assert desk.asked() == ["GET", "GET"]


def test_each_stack_has_its_own(desk: Desk) -> None:
    """Also where the name of one begins with that of another, or holds what a marker can't."""
    markers = [PROD, STAGING, Marker("infra", "pro"), Marker("infra", "a b)"), Marker("in", "x/y")]
    for turn in ("first", "second"):
        for marker in markers:
            desk.put(f"{turn} {marker.stack}", marker)
    assert desk.bodies() == [f"second {marker.stack}" for marker in markers]


def test_doubles_are_cleaned_up(desk: Desk) -> None:
    """The oldest stays, so that links to it stay valid."""
    for number in range(3):
        desk.plant(f"{PROD.line(f'n{number}')}\n\nold {number}")
    desk.plant(f"{STAGING.line('n')}\n\nother")
    desk.sandbox.plan_fault("502-after", "DELETE")  # asked again, it is gone already
    desk.put("new")
    assert [one.id for one in desk.there()] == [1, 4]
    assert desk.bodies() == ["new", "other"]


def test_who_we_are_is_asked_once(desk: Desk) -> None:
    """In a run, and only when there is a comment of whom it matters."""
    comments = desk.run()
    for number in range(4):
        comments.put(desk.where, PROD, always(f"text {number}"))
    asked = [one.path for one in desk.sandbox.requests()]
    assert asked.count("/2.0/user") == 1
    assert asked.index("/2.0/user") == 3


def test_what_others_wrote_is_left_alone(desk: Desk) -> None:
    """Comments of others with our marker, quotes, answers, and comments on a line."""
    line = PROD.line("abc")
    parent = desk.plant("A question")
    kept = [
        parent,
        desk.plant(f"{line}\n\ncopied", MEMBER_EMAIL),
        desk.plant(f"> {line}\n\nquoted"),
        desk.plant(f"See:\n{line}"),
        desk.plant(f"{line}\n\nanswer", parent=parent.id),
        desk.plant(f"{line}\n\non a line", inline="stacks/Pulumi.prod.yaml"),
    ]
    desk.put("ours")
    desk.put("ours again")
    assert desk.there()[:-1] == kept
    assert desk.there()[-1].raw.endswith("\n\nours again")


def test_a_deleted_comment_is_made_anew(desk: Desk) -> None:
    """Its mark counts, though the service still lists it."""
    desk.put("first")
    desk.sandbox.delete_comment("acme/web", desk.where.number, 1)
    assert desk.put("second") == "wrote comment 2"
    assert desk.bodies() == ["second"]


def test_one_that_is_deleted_meanwhile(desk: Desk) -> None:
    """Between the listing and the PUT: the next one takes its place, else a new one."""
    desk.put("first")
    desk.sandbox.plan_fault("502", "PUT")
    desk.clock.after(0.1, lambda: desk.sandbox.delete_comment("acme/web", desk.where.number, 1))
    assert desk.put("second") == "wrote comment 2"
    assert desk.bodies() == ["second"]


def test_pages_are_followed(desk: Desk) -> None:
    """Ours is found among hundreds."""
    for number in range(130):
        desk.plant(f"chatter {number}", MEMBER_EMAIL)
    desk.put("first")
    for number in range(130):
        desk.plant(f"more chatter {number}", MEMBER_EMAIL)
    desk.put("second")
    assert len(desk.there()) == 261
    assert [one.id for one in desk.there() if "second" in one.raw] == [131]


@pytest.mark.parametrize("fault", ["drop-after", "502-after", "truncated"])
def test_a_lost_answer_leaves_one(desk: Desk, fault: Any) -> None:
    """The comment was made: it is found, not made twice."""
    desk.sandbox.plan_fault(fault, "POST")
    desk.put("text")
    assert desk.bodies() == ["text"]
    assert desk.asked().count("POST") == 1


def test_two_runs_at_the_same_moment(clock: FakeClock) -> None:
    """Neither saw the other's: both keep the older one."""
    there: dict[int, dict[str, Any]] = {}

    def answers(request: PreparedRequest) -> Canned:
        number = int(str(request.url).rpartition("/")[2]) if request.method in CHANGES else 0
        if request.method == "DELETE":
            return Canned(204 if there.pop(number, None) else 404)
        if request.method in ("POST", "PUT"):
            body = json.loads(request.body or "")
            if request.method == "POST":
                there[1] = {"id": 1, "content": {"raw": f"{PROD.line('theirs')}\n\ntheirs"}}
            there[number or 2] = {"id": number or 2, **body}
            return Canned(200, there[number or 2])
        return Canned(body={"values": list(there.values())})

    client, _ = canned_client(answers, clock)
    where = PullRequest(Subject("acme", "web"), 1)
    comments = StackComments(CommentApi(client), clock, print)
    assert comments.put(where, PROD, always("ours")) == "comment 1 updated"
    assert list(there) == [1]
    assert there[1]["content"]["raw"].endswith("\n\nours")


def test_an_answer_that_is_no_comment(clock: FakeClock) -> None:
    """Is a lost one: the comment is looked for."""
    made: list[dict[str, Any]] = []

    def answers(request: PreparedRequest) -> Canned:
        if request.method == "POST":
            made.append({"id": 1, **json.loads(request.body or "")})
            return Canned(201, {"id": "one"})
        return Canned(body={"values": made})

    client, _ = canned_client(answers, clock)
    where = PullRequest(Subject("acme", "web"), 1)
    done = StackComments(CommentApi(client), clock, print).put(where, PROD, lambda _: "text")
    assert (done, len(made)) == ("comment 1 stands as it is", 1)


@pytest.mark.parametrize("fault", ["drop-before", "html", "503"])
def test_what_was_not_made_is_made(desk: Desk, fault: Any) -> None:
    """After looking for it for ten seconds."""
    desk.sandbox.plan_fault(fault, "POST")
    desk.put("text")
    assert desk.bodies() == ["text"]
    assert desk.clock.time == pytest.approx(10)


def test_one_that_shows_late(clock: FakeClock) -> None:
    """Reads lag behind writes: it is looked for by what is its own alone."""
    made: list[dict[str, Any]] = []

    def answers(request: PreparedRequest) -> Canned:
        if request.method == "POST":
            made.append({"id": 1, **json.loads(request.body or "")})
            return Canned(502, "<html>")
        return Canned(body={"values": made if clock.time >= 6 else []})

    client, adapter = canned_client(answers, clock)
    where = PullRequest(Subject("acme", "web"), 1)
    StackComments(CommentApi(client), clock, print).put(where, PROD, lambda _: "text")
    assert [one.method for one in adapter.asked].count("POST") == 1
    assert "PUT" not in [one.method for one in adapter.asked]
    assert 6 <= clock.time < 10


def test_another_run_was_first(desk: Desk) -> None:
    """While the lost one is looked for: its comment is edited, and no second one made."""
    desk.sandbox.plan_fault("drop-before", "POST")
    desk.clock.after(6, lambda: desk.plant(f"{PROD.line('theirs')}\n\nby another run"))
    assert desk.put("text") == "comment 1 updated"
    assert desk.bodies() == ["text"]
    assert desk.asked().count("POST") == 1


def test_answers_that_are_lost_for_ever(desk: Desk) -> None:
    """Are an error in the end."""
    desk.sandbox.plan_fault("drop-before", "POST", times=100)
    with pytest.raises(AnswerLost, match="may or may not have been done"):
        desk.put("text")
    assert desk.there() == []


def test_a_token_that_is_nobody(desk: Desk) -> None:
    """An access token may not ask who it is: the marker alone decides."""
    scopes = ["pullrequest:write"]
    token = AccessToken(desk.sandbox.issue_access_token("acme/web", scopes))
    for number in range(3):
        desk.put(f"text {number}", credentials=token)
    assert desk.bodies() == ["text 2"]


def test_a_token_after_another(desk: Desk) -> None:
    """What the old identity wrote can't be edited: a new one is made, and then edited."""
    desk.put("by the owner")
    token = ApiToken(MEMBER_EMAIL, MEMBER_TOKEN)
    bot = AccessToken(desk.sandbox.issue_access_token("acme:WEB", ["pullrequest:write"]))
    for credentials in (token, bot):
        desk.put(f"first by {credentials.identity}", credentials=credentials)
        desk.put(f"second by {credentials.identity}", credentials=credentials)
    expected = ["by the owner", f"second by {token.identity}", "second by the access token"]
    assert desk.bodies() == expected


def test_an_access_token_that_tells_a_name(desk: Desk) -> None:
    """What `/user` says of one that is no person isn't believed."""
    token = AccessToken(
        desk.sandbox.issue_access_token("acme/web", ["pullrequest:write", "account"])
    )
    for number in range(2):
        desk.put(f"text {number}", credentials=token)
    assert desk.bodies() == ["text 1"]


def test_a_double_that_can_not_be_deleted(desk: Desk) -> None:
    """Is told, and doesn't keep the first one from being edited."""
    scopes = ["read:pullrequest:bitbucket", "write:pullrequest:bitbucket"]
    nobody = ApiToken(MEMBER_EMAIL, desk.sandbox.issue_api_token(MEMBER_EMAIL, scopes))
    desk.put("first", credentials=nobody)
    desk.plant(f"{PROD.line('x')}\n\ncopy")
    desk.put("second", credentials=nobody)
    assert desk.bodies() == ["second", "copy"]
    (told,) = desk.told
    assert "pull request 1: comment 2 stays" in told


def test_own_comments_that_may_not_be_edited(clock: FakeClock) -> None:
    """An identity that is refused its own comment hears of it, and leaves no second one."""
    comment = {"id": 7, "content": {"raw": f"{PROD.line('n')}\n\nold"}, "user": {"uuid": "{me}"}}

    def answers(request: PreparedRequest) -> Canned:
        if request.method == "PUT":
            return Canned(403, "no")
        if str(request.url).endswith("/user"):
            return Canned(body={"type": "user", "uuid": "{me}"})
        return Canned(body={"values": [comment]})

    client, adapter = canned_client(answers, clock)
    comments = StackComments(CommentApi(client), clock, print)
    with pytest.raises(PermissionRefused):
        comments.put(PullRequest(Subject("acme", "web"), 1), PROD, lambda _: "new")
    assert [one.method for one in adapter.asked] == ["GET", "GET", "PUT"]


def test_a_token_without_the_scope(desk: Desk) -> None:
    """Names it."""
    scopes = ["webhook", "pullrequest"]
    token = AccessToken(desk.sandbox.issue_access_token("acme/web", scopes))
    with pytest.raises(ScopeMissing, match="lacks the scope pullrequest:write"):
        desk.put("text", credentials=token)
    assert desk.there() == []


def test_nothing_to_tell_any_more(desk: Desk) -> None:
    """All of this stack's comments go; those of others stay."""
    desk.put("text")
    desk.plant(f"{PROD.line('x')}\n\ndouble")
    desk.put("other", STAGING)
    assert desk.run().remove(desk.where, PROD) == "removed 2 of 2 comments"
    assert desk.bodies() == ["other"]
    assert desk.run().remove(desk.where, PROD) == "nothing to tell"


def test_the_limit(desk: Desk) -> None:
    """The renderer hears of it; what is longer all the same is cut at a line, with a note."""
    limits: list[int] = []

    def render(limit: int) -> str:
        limits.append(limit)
        return "a line of text\n" * 10_000

    desk.run().put(desk.where, PROD, render)
    (made,) = desk.there()
    assert MAX_COMMENT - 200 < limits[0] < MAX_COMMENT
    assert MAX_COMMENT - 200 < len(made.raw) <= MAX_COMMENT
    assert made.raw.endswith(
        "a line of text\n\n*The rest is left out: it is longer than fits here.*\n"
    )


@pytest.mark.parametrize(
    "answer", [{"values": [{"content": {"raw": "x"}}]}, {"values": [{"id": "7"}]}]
)
def test_what_is_no_comment(clock: FakeClock, answer: dict[str, Any]) -> None:
    """Is told as what it is."""
    client, _ = canned_client(Canned(body=answer), clock)
    with pytest.raises(Exception, match="a comment that isn't one"):
        CommentApi(client).comments(PullRequest(Subject("acme", "web"), 1))
