"""The sandbox's page as a browser's requests meet it: what it shows, changes, and refuses."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest
import requests
from click.testing import CliRunner
from requests import Response
from werkzeug.test import EnvironBuilder

from bitbucket_hooks.cli import main
from bitbucket_hooks.model.events import CATALOGUE
from bitbucket_hooks.model.urls import is_loopback
from bitbucket_hooks.sandbox.seed import OWNER_EMAIL, OWNER_TOKEN
from bitbucket_hooks.sandbox.server import Server, serving
from bitbucket_hooks.sandbox.webhook import StoredHook
from sandbox.conftest import forget_process, prepare
from support.receiver import Receiver
from support.sandbox import Sandbox, serve

HOOKS = "/acme/web/admin/webhooks"
SECRET = "canary-secret"
HOSTILE = "<script>alert(1)</script>\"'&\u202e"
FORM = {"title": "CI", "url": "https://ci.example.com/", "active": "on", "triggers": "push"}


@attrs.frozen
class Visitor:
    """A browser without scripts: it keeps cookies, and fills in forms of pages that it opened."""

    origin: str
    session: requests.Session

    def get(self, path: str, **more: Any) -> Response:
        """Open a page; no secret is ever on one."""
        answer = self.session.get(self.origin + path, timeout=10, **more)
        assert SECRET not in answer.text
        return answer

    def shown(self, path: str) -> str:
        """Open a page that is there, and give its text without tags."""
        answer = self.get(path)
        assert answer.status_code == 200, answer.text
        return plain(answer.text)

    def token(self, path: str = f"{HOOKS}/new") -> str:
        """Give what the forms of a page hold."""
        found = re.search(r'name="token" value="([0-9a-f]{64})"', self.get(path).text)
        assert found
        return found[1]

    def post(self, path: str, fields: dict[str, Any], **headers: str) -> Response:
        """Send a form that stood on the page."""
        sent = {"Origin": self.origin, "Sec-Fetch-Site": "same-origin", **headers}
        answer = self.session.post(
            self.origin + path,
            {"token": self.token(), **fields},
            headers={name: value for name, value in sent.items() if value},
            timeout=10,
        )
        assert SECRET not in answer.text
        return answer


def plain(text: str) -> str:
    """Give a page's text, with a blank for each tag."""
    return html.unescape(" ".join(re.sub(r"<[^>]*>", " ", text).split()))


@pytest.fixture
def visitor(path: Path) -> Iterator[Visitor]:
    """Give a visitor of a served sandbox."""
    with serve(path) as base, requests.Session() as session:
        session.trust_env = False
        yield Visitor(base.removesuffix("/2.0"), session)
        session.close()


def uid(hook: StoredHook) -> str:
    """Give a hook's uuid as it stands in paths."""
    return hook.uuid.strip("{}")


def only(sandbox: Sandbox) -> StoredHook:
    """Give the one hook that is there."""
    (hook,) = sandbox.hooks()
    return hook


def test_a_life(visitor: Visitor, sandbox: Sandbox) -> None:
    """Add, look, edit, delete: the sandbox has it at once, and the page says so."""
    assert "This repository has no webhooks." in visitor.shown(HOOKS)
    answer = visitor.post(f"{HOOKS}/new", {**FORM, "secret": SECRET, "skip": "on"})
    assert [redirect.status_code for redirect in answer.history] == [303]
    assert "The webhook was created." in plain(answer.text)
    hook = only(sandbox)
    assert (hook.description, hook.url, hook.events) == ("CI", FORM["url"], ("repo:push",))
    assert (hook.active, hook.skip_cert_verification, hook.history_enabled) == (True, True, False)
    assert hook.secret == SECRET
    listed = visitor.shown(HOOKS)
    for word in ("CI https://ci.example.com/", "Active", "signed", "certificate unchecked"):
        assert word in listed

    edit = f"{HOOKS}/{uid(hook)}/edit"
    chosen = ["issue:created", "repo:push"]
    changes = {
        "title": "Build",
        "url": " http://x.example.com/ ",
        "history": "on",
        "secret_action": "keep",
    }
    visitor.post(edit, {**changes, "triggers": "full", "events": chosen})
    changed = only(sandbox)
    assert changed == attrs.evolve(
        hook,
        description="Build",
        url="http://x.example.com/",
        active=False,
        skip_cert_verification=False,
        history_enabled=True,
        events=("repo:push", "issue:created"),
    )
    form = visitor.get(edit).text
    assert 'id="event-issue:created" checked' in form
    assert 'id="triggers-full" checked' in form

    assert "Delete this webhook? Build http://x.example.com/" in visitor.shown(
        f"{HOOKS}/{uid(hook)}/delete"
    )
    answer = visitor.post(f"{HOOKS}/{uid(hook)}/delete", {})
    assert "The webhook was deleted." in plain(answer.text)
    assert sandbox.hooks() == []
    assert visitor.get(edit).status_code == 404


def test_secrets(visitor: Visitor, sandbox: Sandbox) -> None:
    """Are kept, replaced or removed as chosen; a choice that doesn't fit is asked about."""
    hook = sandbox.plant_hook("acme/web", FORM["url"])
    edit = f"{HOOKS}/{uid(hook)}/edit"
    assert "Keep the one that is set" not in visitor.shown(edit)
    for sent, kept in [
        ({"secret": ""}, None),
        ({"secret": SECRET}, SECRET),
        ({"secret_action": "keep", "secret": ""}, SECRET),
        ({"secret_action": "replace", "secret": "another"}, "another"),
        ({"secret_action": "remove"}, None),
        ({"secret_action": "replace", "secret": SECRET}, SECRET),
    ]:
        assert visitor.post(edit, {**FORM, **sent}).ok
        assert sandbox.secret_of(hook.uuid) == kept
    assert "Keep the one that is set" in visitor.shown(edit)
    for sent, words in [
        ({"secret_action": "keep", "secret": "x"}, "You typed a new secret"),
        ({"secret_action": "remove", "secret": "x"}, "You typed a new secret"),
        ({"secret_action": "replace", "secret": ""}, "Type the new secret"),
        ({"secret_action": "replace", "secret": SECRET, "url": "x"}, "enter it once more"),
        ({"secret_action": "replace", "secret": "x" * 129}, "at most 128 characters (it has 129)"),
    ]:
        answer = visitor.post(edit, {**FORM, **sent})
        assert answer.status_code == 400
        assert words in plain(answer.text)
        assert sandbox.secret_of(hook.uuid) == SECRET


@pytest.mark.parametrize(
    "body",
    [
        {"url": ""},
        {"url": "javascript:alert(1)"},
        {"url": "http://a b/"},
        {"url": "http://[/"},
        {"url": "http://localhost/"},
        {"events": []},
        {"events": ["repo:nothing", "repo:push"]},
        {"secret": "s" * 129},
        {"description": "t" * 1025, "url": "ftp://x.example.com"},
    ],
)
def test_refusals_are_those_of_the_api(
    visitor: Visitor, sandbox: Sandbox, body: dict[str, Any]
) -> None:
    """The same values are refused in the same words, at their fields; what was typed stays."""
    sandbox.configure(allow_private_urls=False)
    values = {"url": FORM["url"], "events": ["repo:push"], "description": "", **body}
    api = requests.post(
        f"{visitor.origin}/2.0/repositories/acme/web/hooks",
        json=values,
        auth=(OWNER_EMAIL, OWNER_TOKEN),
        timeout=10,
    )
    fields = api.json()["error"]["fields"]
    form = {"title": values["description"], "url": values["url"], "triggers": "full"}
    form |= {"events": values["events"], "secret": values.get("secret", "")}
    answer = visitor.post(f"{HOOKS}/new", form)

    assert (api.status_code, answer.status_code) == (400, 400)
    text = html.unescape(answer.text)
    for name, problems in fields.items():
        assert f'id="{name}-problem">{" ".join(problems)}</p>' in text
        assert f'href="#{name}"' in text
    assert answer.text.count('class="problem"') == len(fields)
    assert f'value="{html.escape(form["url"])}"' in answer.text
    for event in values["events"]:
        assert f'value="{event}" id="event-{event}" checked' in answer.text
    assert sandbox.hooks() == []


def test_the_full_list(visitor: Visitor, sandbox: Sandbox) -> None:
    """Has every event of the sandbox's catalogue by category, and what a hook has beyond it."""
    sandbox.add_event("repo:news")
    sandbox.remove_event("issue:updated")
    hook = sandbox.plant_hook("acme/web", FORM["url"], events=("repo:push", "issue:updated"))
    text = visitor.get(f"{HOOKS}/{uid(hook)}/edit").text
    for event in [*(known.event for known in CATALOGUE), "repo:news"]:
        assert text.count(f'value="{event}"') == 1
    for category in ("Repository", "Pull Request", "Issue", "Project", "Pipelines"):
        assert text.count(f"<legend>{category}</legend>") == 1
    assert "<legend>No longer in the catalogue</legend>" in text


def test_read_only(visitor: Visitor, sandbox: Sandbox) -> None:
    """Hooks of the workspace and of apps are shown in each repository, and not changed there."""
    sandbox.plant_hook("acme", "https://audit.example.com/", description="Audit")
    sandbox.plant_hook("acme/web", "https://app.example.com/", description="App", read_only=True)
    ours = sandbox.plant_hook("acme/api", FORM["url"])
    before = sandbox.hooks()
    text = visitor.get(HOOKS).text
    assert "of the workspace acme : read-only here" in plain(text)
    assert "of an installed app: read-only" in text
    for word in ('role="switch"', "/edit", "/delete"):
        assert word not in text
    for hook in before:
        for page in ("edit", "delete", "requests", "active"):
            answer = visitor.post(f"{HOOKS}/{uid(hook)}/{page}", {**FORM, "history": "on"})
            assert answer.status_code == 404
    assert visitor.get(f"{HOOKS}/{uid(before[0])}/requests").ok
    assert visitor.get(f"{HOOKS}/{uid(ours)}/requests").status_code == 404
    assert sandbox.hooks() == before


def test_hostile_texts(visitor: Visitor, sandbox: Sandbox, there: Receiver) -> None:
    """Whatever stands in titles, urls, events or answers: it is text, and no link leads there."""
    sandbox.add_event(f"repo:{HOSTILE}")
    there.answer = HOSTILE.encode()
    there.headers = {"X-Title": "<b>"}
    hook = sandbox.plant_hook(
        "acme/web",
        there.url,
        description=HOSTILE,
        events=("repo:push", f"repo:{HOSTILE}", "gone:<i>"),
        history_enabled=True,
    )
    other = sandbox.plant_hook("acme/web", "javascript:alert(1)//<img>", active=False)
    event = visitor.post("/acme/web/trigger", {"event": "repo:push"})
    assert event.ok
    pages = [event.text, visitor.get(f"/?q={HOSTILE}").text, visitor.get(HOOKS).text]
    for shown in (hook, other):
        pages += [visitor.get(f"{HOOKS}/{uid(shown)}/{page}").text for page in ("edit", "delete")]
    wait_for(visitor, f"{HOOKS}/{uid(hook)}/requests", "200 OK")
    pages.append(visitor.get(f"{HOOKS}/{uid(hook)}/requests/1").text)
    pages.append(visitor.get(f"/<script>/{HOSTILE}").text)
    for text in pages:
        assert text.count("<script") == 1
        assert "<script src=" in text
        assert not re.search(r"<(b|i|img)>", text.replace('<b class="name">', ""))
        assert "\u202e" not in plain(text)
        assert 'href="javascript' not in text
    assert "(no title)" in visitor.shown(HOOKS)


def wait_for(visitor: Visitor, path: str, words: str) -> str:
    """Open a page until it says something."""
    for _ in range(400):
        text = visitor.shown(path)
        if words in text:
            return text
    raise AssertionError(text)


WORKSPACE_HOOKS = "/acme/admin/webhooks"


def test_webhooks_of_a_workspace(visitor: Visitor, sandbox: Sandbox, there: Receiver) -> None:
    """Have a page as those of repositories have; an event comes from one of its repositories."""
    assert f'<a href="{WORKSPACE_HOOKS}">acme</a> (0)' in visitor.get("/").text
    assert visitor.get("/acme").url.endswith(WORKSPACE_HOOKS)
    assert "This workspace has no webhooks." in visitor.shown(WORKSPACE_HOOKS)
    form = {**FORM, "url": there.url, "history": "on"}
    answer = visitor.post(f"{WORKSPACE_HOOKS}/new", form)
    assert answer.url == f"{visitor.origin}{WORKSPACE_HOOKS}?done=created"
    hook = only(sandbox)
    (workspace,) = [found for found in sandbox.workspaces() if found.slug == "acme"]
    assert (hook.subject_type, hook.subject) == ("workspace", workspace.uuid)
    page = f"{WORKSPACE_HOOKS}/{uid(hook)}"
    visitor.post(f"{page}/edit", {**form, "title": "Audit"})
    assert only(sandbox).description == "Audit"
    sandbox.trigger("acme/web", "repo:push")
    again = visitor.post(f"{page}/requests/1/resend", {})
    path = again.url.removeprefix(visitor.origin)
    assert path.startswith("/acme/events/")
    wait_for(visitor, path, "through.")
    listed = visitor.get(f"{page}/requests").text
    assert plain(listed).count("repo:push") == 2
    assert "#trigger" not in listed
    for elsewhere in (path.replace("/acme/", "/globex/"), f"/globex{page[5:]}/edit"):
        assert visitor.get(elsewhere).status_code == 404
    visitor.post(f"{page}/delete", {})
    assert sandbox.hooks() == []


@pytest.mark.parametrize("subject", ["acme/web", "acme"])
def test_the_switch(visitor: Visitor, sandbox: Sandbox, subject: str) -> None:
    """One click makes a webhook inactive, one more active; a second time changes nothing."""
    hook = sandbox.plant_hook(subject, FORM["url"], description='C"I', secret=SECRET)
    page = f"/{subject}/admin/webhooks"
    for state in ("off", "off", "on"):
        other = "off" if only(sandbox).active else "on"
        assert f'name="active" value="{other}"' in visitor.get(page).text
        answer = visitor.post(f"{page}/{uid(hook)}/active", {"active": state})
        assert answer.url == f"{visitor.origin}{page}?done={state}#active-{uid(hook)}"
        assert only(sandbox) == attrs.evolve(hook, active=state == "on")
        checked = "true" if state == "on" else "false"
        assert f'aria-checked="{checked}" aria-label="Active: C&#34;I"' in answer.text
    assert visitor.get(f"{page}/{uid(hook)}/active").status_code == 405


def test_the_last_delivery(visitor: Visitor, sandbox: Sandbox, there: Receiver) -> None:
    """Stands in the list: from the history, else as long as this server knows of it."""
    there.statuses = [500] * 3
    quiet = sandbox.plant_hook("acme/web", there.url)
    assert "none known" in visitor.shown(HOOKS)
    path = visitor.post("/acme/web/trigger", {"event": "repo:push"}).url
    wait_for(visitor, path.removeprefix(visitor.origin), "through.")
    assert "✗ 500 Internal Server Error" in visitor.shown(HOOKS)
    sandbox.change_hook(quiet.uuid, history_enabled=True)
    assert "none yet" in visitor.shown(HOOKS)
    for _ in range(2):
        sandbox.trigger("acme/web", "repo:push")
    text = visitor.get(HOOKS).text
    assert re.search(r"✓ 200 OK \d{4}-\d\d-\d\d", plain(text))
    assert f'href="{HOOKS}/{uid(quiet)}/requests/2"' in text
    assert 'role="img" aria-label="arrived"' in text


def test_events_and_requests(visitor: Visitor, sandbox: Sandbox, there: Receiver) -> None:
    """An event is delivered while the page shows how it goes; its request can be looked at."""
    there.answer, there.statuses = b'{"taken": [1]}', [503]
    title = {"description": "CI", "secret": SECRET}
    hook = sandbox.plant_hook("acme/web", there.url, history_enabled=True, **title)
    sandbox.plant_hook("acme", "http://127.0.0.1:1/", description="Quiet")
    answer = visitor.post("/acme/web/trigger", {"event": "repo:push"})
    assert answer.ok
    path = answer.url.removeprefix(visitor.origin)
    text = wait_for(visitor, path, "2 deliveries are through.")
    assert "keeps no history" in text
    assert len(there.received) == 2

    requests_ = f"{HOOKS}/{uid(hook)}/requests"
    listed = visitor.shown(requests_)
    assert re.search(r"repo:push \d{4}-\d\d-\d\d [\d:]+ UTC 200 OK 2 \d\.\d\d s", listed)
    assert "data-pending" not in visitor.get(requests_).text
    details = visitor.shown(f"{requests_}/1")
    for word in (
        *("Attempt 1: 503 Service Unavailable", "Attempt 2: 200 OK", '"taken": ['),
        *("X-Event-Key repo:push", f"X-Hook-UUID {uid(hook)}", "X-Hub-Signature sha256="),
        '"full_name": "acme/web"',
    ):
        assert word in details
    for number in (2, 2**63):
        assert visitor.get(f"{requests_}/{number}").status_code == 404

    there.received.clear()
    again = visitor.post(f"{requests_}/1/resend", {})
    assert "The delivery is through." in wait_for(
        visitor, again.url.removeprefix(visitor.origin), "through."
    )
    (got,) = there.received
    first, second = reversed(sandbox.history(hook.uuid))
    assert first.body == second.body == got.body
    assert first.headers["X-Request-UUID"] != second.headers["X-Request-UUID"]
    sandbox.change_hook(hook.uuid, active=False)
    answer = visitor.post(f"{requests_}/1/resend", {})
    assert answer.status_code == 409
    assert "the webhook is inactive" in plain(answer.text)
    assert visitor.get("/acme/web/events/nothing").status_code == 404
    assert visitor.get(path.replace("/web/", "/api/")).status_code == 404


def test_history_is_switched(visitor: Visitor, sandbox: Sandbox, there: Receiver) -> None:
    """On the page of requests, too; off, nothing more is recorded."""
    hook = sandbox.plant_hook("acme/web", there.url)
    page = f"{HOOKS}/{uid(hook)}/requests"
    assert "History is off. Enable history Nothing was recorded yet." in visitor.shown(page)
    for state in ("on", "off"):
        assert f"History is {state}" in plain(visitor.post(page, {"history": state}).text)
        sandbox.trigger("acme/web", "repo:push")
    assert len(sandbox.history(hook.uuid)) == 1


def test_what_is_under_way(visitor: Visitor, sandbox: Sandbox) -> None:
    """Is pending, on a page that renews itself; what a dead process left is not."""
    hook = sandbox.plant_hook("acme/web", "http://127.0.0.1:1/", history_enabled=True)
    prepare(sandbox)
    pages = (f"{HOOKS}/{uid(hook)}/requests", f"{HOOKS}/{uid(hook)}/requests/1")
    for page in pages:
        text = visitor.get(page).text
        assert '<main id="main" data-pending>' in text
        assert '<meta http-equiv="refresh" content="2">' in text
        assert "pending" in plain(text)
    assert re.search(r"pending \d{4}", visitor.shown(HOOKS))
    forget_process(sandbox)
    for page in pages:
        text = visitor.get(page).text
        assert "interrupted" in text
        assert "data-pending" not in text


def test_no_answer_and_no_listener(visitor: Visitor, sandbox: Sandbox, there: Receiver) -> None:
    """Are shown as what they are; of events the latest fifty are known."""

    def trigger() -> str:
        answer = visitor.post("/acme/web/trigger", {"event": "repo:push"})
        assert answer.ok
        return answer.url.removeprefix(visitor.origin)

    first = trigger()
    assert "No active webhook listens to it" in visitor.shown(first)
    for _ in range(50):
        trigger()
    assert "no longer known" in plain(visitor.get(first).text)
    hook = sandbox.plant_hook("acme/web", "http://127.0.0.1:1/", history_enabled=True)
    assert "no answer nobody listens there" in wait_for(visitor, trigger(), "through.")
    details = visitor.shown(f"{HOOKS}/{uid(hook)}/requests/1")
    assert "Attempt 1: no answer" in details
    assert "nobody listens there" in details
    there.answer = b""
    sandbox.change_hook(hook.uuid, url=there.url)
    sandbox.trigger("acme/web", "repo:push")
    assert "No body." in visitor.shown(f"{HOOKS}/{uid(hook)}/requests/2")
    answer = visitor.post("/acme/web/trigger", {"event": "repo:pusj"})
    assert answer.status_code == 400
    assert 'did you mean "repo:push"?' in plain(answer.text)


def test_thousands(visitor: Visitor, sandbox: Sandbox) -> None:
    """Repositories come fifty at a time, and are found by their name or one of their hooks."""
    sandbox.add_repositories(f"acme/svc-{number:04}" for number in range(2000))
    hook = sandbox.plant_hook("acme/svc-1234", "https://find.example.com/100%", description="Me_")
    first = visitor.get("/").text
    assert first.count('class="name"') == 50
    assert "2,010 repositories" in first
    assert "Page 1 of 41" in first
    assert 'href="/?page=2" rel="next"' in first
    last = visitor.shown("/?page=41")
    assert "globex/website" in last
    assert "Next" not in last
    for words in ("svc-1234", "find.example", "100%", "me_", hook.description):
        text = visitor.shown(f"/?q={words.replace('%', '%25')}")
        assert "1 repository" in text
        assert "acme/svc-1234 PLAT 1" in text
    more = visitor.get("/?q=svc-0&page=2").text
    assert 'href="/?q=svc-0&amp;page=3"' in more
    assert 'href="/?q=svc-0"' in more
    assert "is like that" in visitor.shown("/?q=nothing-is-like-this")
    for odd in ("/?page=0", "/?page=x", "/?page=%C2%B2"):
        assert "Page 1 of 41" in visitor.shown(odd)
    assert 'href="/?page=41" rel="prev"' in visitor.get("/?page=99999999999").text


def test_other_paths(visitor: Visitor) -> None:
    """The API keeps its own; a repository's short path leads to its webhooks."""
    assert visitor.get("/acme/web").url.endswith(HOOKS)
    for path in (
        "/nothing",
        "/acme/nothing",
        "/nobody",
        "/nobody/web/admin/webhooks",
        "/a/b/c/d/e",
    ):
        answer = visitor.get(path)
        assert answer.status_code == 404
        assert "<h1>Not" in answer.text
    assert visitor.get("/acme/web/trigger").status_code == 405
    for path in ("/2.0", "/2.0/nothing", "/site/x", "/ip-ranges/x"):
        answer = visitor.get(path)
        assert answer.status_code == 404
        assert answer.json()["type"] == "error"
    assert visitor.session.head(visitor.origin + "/").status_code == 200
    assert visitor.get("/page.css").headers["Content-Type"].startswith("text/css")
    assert visitor.get("/page.js").headers["Content-Type"].startswith("text/javascript")


def test_the_api_does_not_notice(visitor: Visitor, sandbox: Sandbox) -> None:
    """Requests to the page are in no log and no limit, and no fault hits them."""
    sandbox.configure(rate_limit=1, fault_rate=1.0)
    sandbox.plan_fault("500")
    for _ in range(3):
        assert visitor.get(HOOKS).ok
    assert sandbox.requests() == []
    sandbox.configure(rate_limit=0, fault_rate=0)
    assert requests.get(f"{visitor.origin}/2.0/hook_events", timeout=10).status_code == 500


# Forged requests


def test_headers(visitor: Visitor) -> None:
    """Keep the page out of frames, foreign scripts out of it, and its cookie to itself."""
    headers = visitor.get("/").headers
    policy = headers["Content-Security-Policy"]
    for part in ("default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"):
        assert part in policy
    assert "unsafe" not in policy
    names = ("X-Frame-Options", "Referrer-Policy", "X-Content-Type-Options")
    assert [headers[name] for name in names] == ["DENY", "same-origin", "nosniff"]
    cookie = headers["Set-Cookie"]
    assert cookie.startswith(f"sandbox-page-{visitor.origin.rpartition(':')[2]}=")
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie


@pytest.mark.parametrize(
    ("fields", "headers"),
    [
        ({"token": ""}, {}),
        ({"token": "0" * 64}, {}),
        ({"token": "ü"}, {}),
        ({}, {"Origin": "", "Sec-Fetch-Site": ""}),
        ({}, {"Origin": "http://evil.example.com"}),
        ({}, {"Origin": "null"}),
        ({}, {"Origin": "http://127.0.0.1:1", "Sec-Fetch-Site": "same-site"}),
        ({}, {"Origin": "", "Sec-Fetch-Site": "cross-site"}),
        ({}, {"Sec-Fetch-Site": "none"}),
        ({}, {"Cookie": "x=y"}),
        ({}, {"Cookie": "sandbox-page-0=" + "0" * 32}),
    ],
)
def test_forged_forms(
    visitor: Visitor, sandbox: Sandbox, fields: dict[str, str], headers: dict[str, str]
) -> None:
    """A form that lacks the token, its cookie or its origin changes nothing."""
    sandbox.plant_hook("acme/web", "http://127.0.0.1:1/", history_enabled=True)
    hook = only(sandbox)
    page = f"{HOOKS}/{uid(hook)}"
    for path in (
        *(f"{HOOKS}/new", f"{page}/edit", f"{page}/delete", f"{page}/requests"),
        *("/acme/web/trigger", f"{page}/requests/1/resend"),
    ):
        answer = visitor.post(path, {**FORM, "event": "repo:push", **fields}, **headers)
        assert answer.status_code == 403
        assert "did not come from this page" in answer.text
    assert only(sandbox) == hook
    assert sandbox.history(hook.uuid) == []


@pytest.mark.parametrize("left_out", ["Origin", "Sec-Fetch-Site"])
def test_one_header_of_the_browser_is_enough(visitor: Visitor, left_out: str) -> None:
    """Not every browser sends both."""
    assert visitor.post(f"{HOOKS}/new", FORM, **{left_out: ""}).ok


def test_a_token_is_of_one_browser_and_one_start(path: Path, sandbox: Sandbox) -> None:
    """Another browser's, or one from before a new start, is refused."""
    with serve(path) as base:
        origin = base.removesuffix("/2.0")
        mine = Visitor(origin, requests.Session())
        port = int(origin.rpartition(":")[2])
        old = mine.token()
        other = Visitor(origin, requests.Session())
        assert other.token() != old
        assert other.post(f"{HOOKS}/new", {**FORM, "token": old}).status_code == 403
        assert mine.post(f"{HOOKS}/new", {**FORM, "token": old}).ok
    sandbox.delete_hook(only(sandbox).uuid)
    with serve(path, port):
        assert mine.post(f"{HOOKS}/new", {**FORM, "token": old}).status_code == 403
        assert mine.post(f"{HOOKS}/new", FORM).ok
    mine.session.close()
    other.session.close()
    assert len(sandbox.hooks()) == 1


def test_names_of_this_machine_alone(visitor: Visitor) -> None:
    """Else a stranger's name that leads here would make his page one of the same origin."""
    port = visitor.origin.rpartition(":")[2]
    for host, status in [
        (f"127.0.0.1:{port}", 200),
        (f"LOCALHOST:{port}", 200),
        (f"[::1]:{port}", 200),
        (f"evil.example.com:{port}", 421),
        ("127.0.0.1", 421),
        ("127.0.0.1:1", 421),
        (f"127.0.0.1.evil.example.com:{port}", 421),
        (f"evil@127.0.0.1:{port}", 421),
    ]:
        answer = visitor.get("/", headers={"Host": host})
        assert answer.status_code == status, host
        assert ("sandbox-page" in str(answer.headers)) == (status == 200)


def test_only_on_the_loopback(path: Path) -> None:
    """Where others can reach it, there is the API and nothing else."""
    with serving(path, host="0.0.0.0") as server:  # noqa: S104 - that is the test
        assert server.pages is None
        asked = EnvironBuilder(
            base_url=f"http://127.0.0.1:{server.server_address[1]}"
        ).get_request()
        answer = server.respond(asked)
    assert answer
    assert answer.status_code == 404
    assert b'"error"' in answer.data
    assert [is_loopback(host) for host in ("LocalHost", "127.1.2.3", "::1")] == [True] * 3
    assert [is_loopback(host) for host in ("example.com", "0.0.0.0", "::")] == [False] * 3  # noqa: S104


@pytest.mark.parametrize(("host", "has_page"), [("localhost", True), ("0.0.0.0", False)])  # noqa: S104
def test_the_command_says_where(
    path: Path, monkeypatch: pytest.MonkeyPatch, host: str, has_page: bool
) -> None:
    """Or that there is none."""

    def stop(_: Server) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Server, "serve_forever", stop)
    arguments = ["sandbox", "serve", str(path), "--port", "0", "--host", host]
    result = CliRunner().invoke(main, arguments, catch_exceptions=False)
    assert ("To change webhooks by hand, open http://" in result.stdout) == has_page
    assert ("the page for people is left out" in result.stderr) != has_page
