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
from bitbucket_hooks.sandbox.comments import StoredComment
from bitbucket_hooks.sandbox.seed import (
    MEMBER_EMAIL,
    MEMBER_TOKEN,
    OWNER_EMAIL,
    OWNER_TOKEN,
)
from support.clocks import FakeClock
from support.rooms import Canned, canned_client
from support.sandbox import Sandbox

CHANGES = ("PUT", "DELETE")
PROD, STAGING = Marker("infra", "prod"), Marker("infra", "staging")
OWNER = ApiToken(OWNER_EMAIL, OWNER_TOKEN)
WHERE = PullRequest(Subject("acme", "web"), 1)


def always(text: str) -> Render:
    """Render the same, however much room there is."""
    return lambda _: text


@attrs.define
class Review:
    """A pull request, and whoever comments on it."""

    sandbox: Sandbox
    clock: FakeClock
    where: PullRequest
    notes: list[str]
    _open: list[CommentApi] = attrs.Factory(list)

    def run(self, credentials: Credentials = OWNER, marker: Marker = PROD) -> StackComments:
        """Give what a run has, each with connections of its own."""
        settings = Settings(api_url=f"sandbox:{self.sandbox.path}", credentials=credentials)
        api = CommentApi(open_client(settings, self.notes.append, clock=self.clock))
        self._open.append(api)
        return StackComments(api, self.clock, self.notes.append, self.where, marker)

    def put(self, text: str, marker: Marker = PROD, credentials: Credentials = OWNER) -> str:
        """Publish in a run of its own."""
        return self.run(credentials, marker).put(always(text))

    def there(self) -> list[StoredComment]:
        """Give what is on the pull request."""
        return self.sandbox.comments("acme/web", self.where.number)

    def bodies(self) -> list[str]:
        """Give the texts, without the first line and the one below it."""
        return [comment.raw.split("\n", 2)[2] for comment in self.there()]

    def plant(self, raw: str, author: str = OWNER_EMAIL, **more: Any) -> StoredComment:
        """Comment by hand."""
        return self.sandbox.plant_comment("acme/web", self.where.number, raw, author=author, **more)

    def asked(self) -> list[str]:
        """Give the verbs since the last time."""
        verbs = [request.method for request in self.sandbox.requests()]
        self.sandbox.clear_requests()
        return verbs

    def close(self) -> None:
        """Close all connections."""
        for api in self._open:
            api.client.close()


@pytest.fixture
def review(sandbox: Sandbox, clock: FakeClock) -> Iterator[Review]:
    """Give an empty pull request."""
    number = sandbox.plant_pull_request("acme/web")
    opened = Review(sandbox, clock, PullRequest(Subject("acme", "web"), number), [])
    yield opened
    opened.close()


def test_ten_pushes_leave_one_comment(review: Review) -> None:
    """Edited in place; the text is the last one, the number the first."""
    for number in range(10):
        review.put(f"# Preview {number}\n\nfine\n")
    (left,) = review.there()
    assert left.id == 1
    assert review.bodies() == ["# Preview 9\n\nfine\n"]
    assert left.raw.startswith("[//]: # (bitbucket-hooks infra/prod ")


def test_a_slow_run_overwrites_no_later_one(review: Review) -> None:
    """Of two pushes the later one's report stays, whichever ends first; doubles too are its own."""
    for number, text in ((8, "eighth"), (7, "seventh")):
        said = review.run().put(always(text), number)
    assert said == "left as it is: a later run has told already"
    assert review.bodies() == ["eighth"]
    review.run().put(always("ninth"), 9)
    review.put("at a review, where runs have no number")
    review.run().put(always("first of another count"), 1)
    assert review.bodies() == ["first of another count"]


def test_nobody_else_can_say_that_a_later_run_has_told(review: Review) -> None:
    """With a token that can't tell who it is, a comment that may not be edited isn't ours."""
    review.plant(f"{PROD.line('n', 999)}\n\nall is well", author=MEMBER_EMAIL)
    token = AccessToken(review.sandbox.issue_access_token("acme/web", ["pullrequest:write"]))
    said = review.run(token).put(always("40 hooks to delete"), 7)
    assert said == "comment 2 stands as it is"
    assert review.bodies() == ["all is well", "40 hooks to delete"]


def test_an_unchanged_text_is_not_written(review: Review) -> None:
    """Blanks at the ends don't count: the service may keep them or not."""
    review.put("same\n\ntext\n")
    review.asked()
    assert review.put("same  \n\ntext\n\n") == "comment 1 stands as it is"
    assert review.asked() == ["GET", "GET"]


def test_each_stack_has_its_own(review: Review) -> None:
    """Also where the name of one begins with that of another, or holds what a marker can't."""
    markers = [PROD, STAGING, Marker("infra", "pro"), Marker("infra", "a b)"), Marker("in", "x/y")]
    for turn in ("first", "second"):
        for marker in markers:
            review.put(f"{turn} {marker.stack}", marker)
    assert review.bodies() == [f"second {marker.stack}" for marker in markers]


def test_doubles_are_cleaned_up(review: Review) -> None:
    """The oldest stays, so that links to it stay valid."""
    for number in range(3):
        review.plant(f"{PROD.line(f'n{number}')}\n\nold {number}")
    review.plant(f"{STAGING.line('n')}\n\nother")
    review.sandbox.plan_fault("502-after", "DELETE")  # asked again, it is gone already
    review.put("new")
    assert [comment.id for comment in review.there()] == [1, 4]
    assert review.bodies() == ["new", "other"]


def test_who_we_are_is_asked_once(review: Review) -> None:
    """In a run, and only when there is a comment of whom it matters."""
    comments = review.run()
    for number in range(4):
        comments.put(always(f"text {number}"))
    asked = [request.path for request in review.sandbox.requests()]
    assert asked.count("/2.0/user") == 1
    assert asked.index("/2.0/user") == 3


def test_what_others_wrote_is_left_alone(review: Review) -> None:
    """Comments of others with our marker, quotes, answers, and comments on a line."""
    line = PROD.line("abc")
    parent = review.plant("A question")
    kept = [
        parent,
        review.plant(f"{line}\n\ncopied", MEMBER_EMAIL),
        review.plant(f"> {line}\n\nquoted"),
        review.plant(f"See:\n{line}"),
        review.plant(f"{line}\n\nanswer", parent=parent.id),
        review.plant(f"{line}\n\non a line", inline="stacks/Pulumi.prod.yaml"),
    ]
    review.put("ours")
    review.put("ours again")
    assert review.there()[:-1] == kept
    assert review.there()[-1].raw.endswith("\n\nours again")


def test_a_deleted_comment_is_made_anew(review: Review) -> None:
    """Its mark counts, though the service still lists it; also between the listing and the PUT."""
    review.put("first")
    review.sandbox.delete_comment("acme/web", review.where.number, 1)
    assert review.put("second") == "wrote comment 2"
    review.sandbox.plan_fault("502", "PUT")
    review.clock.after(0.1, lambda: review.sandbox.delete_comment("acme/web", 1, 2))
    assert review.put("third") == "wrote comment 3"
    assert review.bodies() == ["third"]


def test_pages_are_followed(review: Review) -> None:
    """Ours is found among hundreds."""
    for number in range(130):
        review.plant(f"chatter {number}", MEMBER_EMAIL)
    review.put("first")
    for number in range(130):
        review.plant(f"more chatter {number}", MEMBER_EMAIL)
    review.put("second")
    assert len(review.there()) == 261
    assert [comment.id for comment in review.there() if "second" in comment.raw] == [131]


@pytest.mark.parametrize(
    ("fault", "posts", "seconds"),
    [
        *((fault, 1, 0.3) for fault in ("drop-after", "502-after", "truncated")),
        *((fault, 2, 10) for fault in ("drop-before", "html", "503")),
    ],
)
def test_a_lost_answer_leaves_one(review: Review, fault: Any, posts: int, seconds: float) -> None:
    """One that was made is found, and not made twice; what was not made is, ten seconds later."""
    review.sandbox.plan_fault(fault, "POST")
    review.put("text")
    assert review.bodies() == ["text"]
    assert review.asked().count("POST") == posts
    assert review.clock.time == pytest.approx(seconds)


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
    comments = StackComments(CommentApi(client), clock, print, WHERE, PROD)
    assert comments.put(always("ours")) == "comment 1 updated"
    assert list(there) == [1]
    assert there[1]["content"]["raw"].endswith("\n\nours")


@pytest.mark.parametrize(
    ("answer", "seconds"), [(Canned(502, "<html>"), 6), (Canned(201, {"id": "one"}), 0)]
)
def test_a_comment_that_shows_later(clock: FakeClock, answer: Canned, seconds: float) -> None:
    """Reads lag behind writes, and an answer that is none is a lost one: it is looked for."""
    made: list[dict[str, Any]] = []

    def answers(request: PreparedRequest) -> Canned:
        if request.method == "POST":
            made.append({"id": 1, **json.loads(request.body or "")})
            return answer
        return Canned(body={"values": made if clock.time >= seconds else []})

    client, adapter = canned_client(answers, clock)
    done = StackComments(CommentApi(client), clock, print, WHERE, PROD).put(always("text"))
    assert (done, len(made)) == ("comment 1 stands as it is", 1)
    assert "PUT" not in [request.method for request in adapter.asked]
    assert seconds <= clock.time < 10


def test_another_run_was_first(review: Review) -> None:
    """While the lost one is looked for: its comment is edited, and no second one made."""
    review.sandbox.plan_fault("drop-before", "POST")
    review.clock.after(6, lambda: review.plant(f"{PROD.line('theirs')}\n\nby another run"))
    assert review.put("text") == "comment 1 updated"
    assert review.bodies() == ["text"]
    assert review.asked().count("POST") == 1


def test_answers_that_are_lost_for_ever(review: Review) -> None:
    """Are an error in the end."""
    review.sandbox.plan_fault("drop-before", "POST", times=100)
    with pytest.raises(AnswerLost, match="may or may not have been done"):
        review.put("text")
    assert review.there() == []


@pytest.mark.parametrize("scopes", [["pullrequest:write"], ["pullrequest:write", "account"]])
def test_an_access_token_is_nobody(review: Review, scopes: list[str]) -> None:
    """It may not ask who it is, or what it hears is no person: the marker alone decides."""
    token = AccessToken(review.sandbox.issue_access_token("acme/web", scopes))
    for number in range(3):
        review.put(f"text {number}", credentials=token)
    assert review.bodies() == ["text 2"]


def test_a_token_after_another(review: Review) -> None:
    """What the old identity wrote can't be edited: a new one is made, and then edited."""
    review.put("by the owner")
    token = ApiToken(MEMBER_EMAIL, MEMBER_TOKEN)
    bot = AccessToken(review.sandbox.issue_access_token("acme:WEB", ["pullrequest:write"]))
    for credentials in (token, bot):
        review.put(f"first by {credentials.identity}", credentials=credentials)
        review.put(f"second by {credentials.identity}", credentials=credentials)
    expected = ["by the owner", f"second by {token.identity}", "second by the access token"]
    assert review.bodies() == expected


def test_a_double_that_can_not_be_deleted(review: Review) -> None:
    """Is told, and doesn't keep the first one from being edited."""
    scopes = ["read:pullrequest:bitbucket", "write:pullrequest:bitbucket"]
    nobody = ApiToken(MEMBER_EMAIL, review.sandbox.issue_api_token(MEMBER_EMAIL, scopes))
    review.put("first", credentials=nobody)
    review.plant(f"{PROD.line('x')}\n\ncopy")
    review.put("second", credentials=nobody)
    assert review.bodies() == ["second", "copy"]
    (note,) = review.notes
    assert "pull request 1: comment 2 stays" in note


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
    comments = StackComments(CommentApi(client), clock, print, WHERE, PROD)
    with pytest.raises(PermissionRefused):
        comments.put(lambda _: "new")
    assert [request.method for request in adapter.asked] == ["GET", "GET", "PUT"]


def test_a_token_without_the_scope(review: Review) -> None:
    """Names it."""
    scopes = ["webhook", "pullrequest"]
    token = AccessToken(review.sandbox.issue_access_token("acme/web", scopes))
    with pytest.raises(ScopeMissing, match="lacks the scope pullrequest:write"):
        review.put("text", credentials=token)
    assert review.there() == []


def test_the_limit(review: Review) -> None:
    """The renderer hears of it, and uses it up."""
    limits: list[int] = []

    def render(limit: int) -> str:
        limits.append(limit)
        return "x" * limit

    review.run().put(render)
    (made,) = review.there()
    assert limits[0] > MAX_COMMENT - 200
    assert len(made.raw) == MAX_COMMENT


@pytest.mark.parametrize(
    "answer", [{"values": [{"content": {"raw": "x"}}]}, {"values": [{"id": "7"}]}]
)
def test_what_is_no_comment(clock: FakeClock, answer: dict[str, Any]) -> None:
    """Is told as what it is."""
    client, _ = canned_client(Canned(body=answer), clock)
    with pytest.raises(Exception, match="a comment that isn't one"):
        CommentApi(client).comments(WHERE)
