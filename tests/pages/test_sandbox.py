"""The sandbox's page as people use it, in Chromium."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import attrs
import pytest

from bitbucket_hooks.sandbox.admin import Sandbox
from bitbucket_hooks.sandbox.models import StoredHook
from bitbucket_hooks.sandbox.server import serve
from support.chromium import NARROW, Browser, Page
from support.contrast import PLACEHOLDERS, contrast
from support.engine import Project
from support.receiver import receiver

HOOKS = "/acme/web/admin/webhooks"
DECLARED = """
ci = bitbucket.Hook(
    "ci", owner="acme", repository="web", url="https://ci.example.com/", description="CI"
)
bitbucket.RepositoryHooksExclusive(
    "only", owner="acme", repositories=["web"], hooks=[ci], on_unmanaged="report"
)
"""
LONG = "a-very-long-word-without-any-blank-" * 12


@pytest.fixture
def origin(sandbox_path: Path) -> Iterator[str]:
    """Give where a sandbox is served."""
    with serve(sandbox_path) as base:
        yield base.removesuffix("/2.0")


def only(sandbox: Sandbox) -> StoredHook:
    """Give the one hook that is there."""
    (hook,) = sandbox.hooks()
    return hook


@pytest.mark.engine
def test_drift_by_hand_and_its_repair(browser: Browser, project: Project) -> None:
    """What is edited, added and deleted on the page, Pulumi sees and repairs."""
    project.program(DECLARED).up().succeeded()
    with serve(project.database) as base, browser.page() as page:
        page.open(base.removesuffix("/2.0"))
        page.fill("#q", "web")
        page.follow("form button")
        page.follow("td a")
        assert "https://ci.example.com/" in page.text("table")
        page.follow("td.actions a")
        page.fill("#url", "https://elsewhere.example.com/")
        page.click("#active")
        page.follow(".buttons button")
        assert "The webhook was saved." in page.text("[role=status]")
        page.follow("a.first")
        page.fill("#description", "Jenkins")
        page.fill("#url", "https://jenkins.example.com/")
        page.click("#triggers-full")
        page.click("[id='event-pullrequest:fulfilled']")
        page.follow(".buttons button")
        assert "pullrequest:fulfilled" in page.text("table")

        seen = project.preview("--refresh", "--diff").succeeded()
        for told in (
            '"https://elsewhere.example.com/" => "https://ci.example.com/"',
            "false => true",
            'acme/web "Jenkins" https://jenkins.example.com/',
        ):
            assert told in seen.flat
        project.up("--refresh").succeeded()
        page.open(page.run("location.href"))
        assert "elsewhere" not in page.text("table")
        assert page.text("table").count("Active") == 2

        page.follow("td.actions a[href$=delete]")
        assert "CI" in page.text("main")
        page.follow(".danger")
        assert "https://ci.example.com/" not in page.text("table")
        assert "+ 1 to create" in project.preview("--refresh").succeeded().flat
        project.up("--refresh").succeeded()
        page.open(page.run("location.href"))
        assert "https://ci.example.com/" in page.text("table")


def test_by_keyboard(browser: Browser, origin: str, sandbox: Sandbox) -> None:
    """A webhook is added without a mouse; what is wrong gets the keyboard, and is led to."""
    with browser.page() as page:
        page.open(f"{origin}{HOOKS}/new")
        order = []
        for _ in range(14):
            page.key("Tab")
            order.append(page.focused())
        assert order == [
            *("Skip to the content", "Bitbucket sandbox", "Repositories", "Webhooks of acme/web"),
            *("description", "url", "secret", "generate", "active", "skip", "history"),
            *("triggers-push", "Save", "Cancel"),
        ]
        outline = "getComputedStyle(document.activeElement).outlineStyle"
        assert page.run(outline) != "none"

        page.key("Tab", shift=True)
        press(page, "Enter")
        assert page.focused().startswith("It was not saved")
        page.key("Tab")
        assert page.focused() == "URL: Enter a valid URL."
        page.key("Enter")
        page.wait("document.activeElement.id === 'url'")
        described = page.run(
            "document.getElementById(document.activeElement.getAttribute('aria-describedby'))"
            ".innerText"
        )
        assert described == "Enter a valid URL."
        page.type("https://ci.example.com/")
        page.key("Tab")
        page.key("Tab")
        page.key("Enter")
        secret = page.run("document.getElementById('secret').value")
        assert len(secret) == 40
        assert page.focused() == "secret"
        for _ in range(5):
            page.key("Tab")
        assert page.focused() == "triggers-push"
        assert page.run("document.querySelector('.full').offsetHeight") == 0
        page.key("ArrowDown")
        assert page.focused() == "triggers-full"
        page.key("Tab")
        assert page.focused() == "event-repo:push"
        page.key(" ")
        page.key("Tab")
        page.key(" ")
        press(page, "Enter")
        assert "The webhook was created." in page.text("[role=status]")
    hook = only(sandbox)
    assert (hook.url, hook.events, hook.secret) == (
        "https://ci.example.com/",
        ("repo:fork",),
        secret,
    )


def press(page: Page, key: str) -> None:
    """Press a key that leads to another page."""
    page.run("window.isOld = true")
    page.key(key)
    page.wait("!window.isOld && document.readyState === 'complete'")


def test_an_event_and_its_history(browser: Browser, origin: str, sandbox: Sandbox) -> None:
    """In a narrow window: trigger, watch, look at the request, send it again."""
    with receiver() as there, browser.page(NARROW, dark=True) as page:
        there.answer, there.statuses = f'{{"taken": "{LONG}"}}'.encode(), [502]
        gate = threading.Event()
        there.before = gate.wait
        every = tuple(sandbox.events("repository"))
        sandbox.plant_hook("acme", f"https://{LONG[:60]}.example.com/{LONG}", active=False)
        sandbox.plant_hook(
            "acme/web", there.url, description=LONG, secret="canary", history_enabled=True
        )
        sandbox.plant_hook("acme/web", there.url, events=every, skip_cert_verification=True)
        sandbox.plant_hook("acme", there.url, description=LONG, active=False, history_enabled=True)
        for path in ("/", HOOKS, f"{HOOKS}/new", "/acme/admin/webhooks", "/nothing"):
            page.open(origin + path)
            for width in (NARROW[0], 320):
                page.resize(width, NARROW[1])
                assert not page.scrolls_sideways(), path
        page.open(origin + HOOKS)
        page.click("summary")
        for width in (320, 800, 970, 1100, 1400, NARROW[0]):
            page.resize(width, NARROW[1])
            assert not page.scrolls_sideways(), width
        page.choose("#event", "repo:push")
        page.follow("section button")
        assert page.text("#live").count("pending") == 2
        page.run("window.isTheSame = true; document.querySelector('#live a').focus()")
        gate.set()
        page.wait("document.querySelector('#live').innerText.includes('2 deliveries are through')")
        assert page.run("window.isTheSame")
        assert page.focused().startswith("View details")
        assert not page.scrolls_sideways()
        page.follow("#live a")
        text = page.text("main")
        for told in ("Attempt 1", "200 OK", "X-Hub-Signature", '"taken": "a-very', "acme/web"):
            assert told in text
        assert "canary" not in page.run("document.documentElement.outerHTML")
        assert not page.scrolls_sideways()
        page.follow("form button")
        page.wait("document.querySelector('#live').innerText.includes('delivery is through')")
        page.follow("#live a")
        page.follow("nav li:last-child a")
        assert page.text("#live").count("repo:push") == 2
        assert not page.scrolls_sideways()
    assert len(there.received) == 4


@pytest.mark.parametrize("subject", ["acme/web", "acme"])
def test_the_switch_by_keyboard(
    browser: Browser, origin: str, sandbox: Sandbox, subject: str
) -> None:
    """The space bar turns a webhook off and on; the keyboard stays where it is."""
    url = "https://ci.example.com/"
    hook = sandbox.plant_hook(subject, url, description="CI", history_enabled=True)
    switch = "document.querySelector('[role=switch]')"
    with browser.page() as page:
        page.open(f"{origin}/{subject}/admin/webhooks")
        page.run(f"{switch}.focus()")
        for state in (False, True):
            press(page, " ")
            assert page.run(f"document.activeElement === {switch}")
            assert page.run(f"[{switch}.ariaChecked, {switch}.ariaLabel]") == [
                str(state).lower(),
                "Active: CI",
            ]
            assert page.run(f"getComputedStyle({switch}).outlineStyle") != "none"
            assert ("The webhook is active." in page.text("[role=status]")) == state
            assert only(sandbox) == attrs.evolve(hook, active=state)


@pytest.mark.parametrize("dark", [False, True])
def test_what_is_small_or_pale_can_be_read(
    browser: Browser, origin: str, sandbox: Sandbox, *, dark: bool
) -> None:
    """Texts in fields have the contrast of text (4.5), the switch that of a control (3)."""
    for active in (True, False):
        sandbox.plant_hook("acme/web", "https://ci.example.com/", active=active)
    with browser.page(dark=dark) as page:
        page.open(origin)
        fields = page.run(PLACEHOLDERS)
        page.open(f"{origin}{HOOKS}/new")
        fields += page.run(PLACEHOLDERS)
        assert len(fields) == 3
        assert all(contrast(*pair) >= 4.5 for pair in fields), fields
        page.open(origin + HOOKS)
        switches = page.run(SWITCHES)
        assert len(switches) == 4
        assert all(contrast(*pair) >= 3 for pair in switches), switches


SWITCHES = """[...document.querySelectorAll('[role=switch]')].flatMap(one => {
    const own = getComputedStyle(one), knob = getComputedStyle(one, '::before');
    const card = getComputedStyle(one.closest('table')).backgroundColor;
    return [[knob.backgroundColor, own.backgroundColor], [own.borderTopColor, card]];
})"""


@contextmanager
def stranger(html: str) -> Iterator[str]:
    """Serve a page of somebody else's on this machine, and give its url."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(html.encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def test_other_pages_are_kept_out(browser: Browser, origin: str, sandbox: Sandbox) -> None:
    """One of the same site, in a browser that has the cookie, changes, reads and frames nothing."""
    hook = sandbox.plant_hook("acme/web", "https://ci.example.com/")
    target = f"{origin}{HOOKS}/{hook.uuid.strip('{}')}/delete"
    forged = (
        f"<form method=post action='{target}'><input name=token value={'0' * 64}></form>"
        f"<iframe src='{origin}{HOOKS}'></iframe>"
        f"<script>var told = fetch('{origin}{HOOKS}', {{credentials: 'include'}})"
        ".then(() => 'read', () => 'refused')</script>"
    )
    with stranger(forged) as url, browser.page() as page:
        page.open(origin + HOOKS)
        page.open(url)
        assert page.run("told") == "refused"
        assert page.run(
            "frames[0].length === 0 && !document.querySelector('iframe').contentDocument"
        )
        page.run("window.isOld = true; document.querySelector('form').submit()")
        page.wait("!window.isOld && document.readyState === 'complete'")
        assert page.run("location.href") == target
        assert "did not come from this page" in page.text("main")
        assert page.complaints()
    assert only(sandbox) == hook
