"""The sandbox's page as people use it, in Chromium."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import attrs
import pytest
from playwright.sync_api import Browser, expect

from bitbucket_hooks.sandbox.webhook import StoredHook
from support.chromium import (
    NARROW,
    errors_of,
    focused,
    follow,
    opened,
    press,
    resize,
    scrolls_sideways,
)
from support.contrast import PLACEHOLDERS, contrast
from support.engine import Project
from support.receiver import receiver
from support.sandbox import Sandbox, serve

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
    with serve(project.database) as base, opened(browser) as page:
        page.goto(base.removesuffix("/2.0"))
        page.fill("#q", "web")
        follow(page, "form button")
        follow(page, "td a")
        assert "https://ci.example.com/" in page.inner_text("table")
        follow(page, "td.actions a")
        page.fill("#url", "https://elsewhere.example.com/")
        page.click("#active")
        follow(page, ".buttons button")
        assert "The webhook was saved." in page.inner_text("[role=status]")
        follow(page, "a.first")
        page.fill("#description", "Jenkins")
        page.fill("#url", "https://jenkins.example.com/")
        page.click("#triggers-full")
        page.click("[id='event-pullrequest:fulfilled']")
        follow(page, ".buttons button")
        assert "pullrequest:fulfilled" in page.inner_text("table")

        seen = project.preview("--refresh", "--diff").succeeded()
        for words in (
            '"https://elsewhere.example.com/" => "https://ci.example.com/"',
            "false => true",
            'acme/web "Jenkins" https://jenkins.example.com/',
        ):
            assert words in seen.flat
        project.up("--refresh").succeeded()
        page.goto(page.evaluate("location.href"))
        assert "elsewhere" not in page.inner_text("table")
        assert page.inner_text("table").count("Active") == 2

        follow(page, "td.actions a[href$=delete]")
        assert "CI" in page.inner_text("main")
        follow(page, ".danger")
        assert "https://ci.example.com/" not in page.inner_text("table")
        assert "+ 1 created" in project.up("--refresh").succeeded().flat
        page.goto(page.evaluate("location.href"))
        assert "https://ci.example.com/" in page.inner_text("table")


def test_by_keyboard(browser: Browser, origin: str, sandbox: Sandbox) -> None:
    """A webhook is added without a mouse; what is wrong gets the keyboard, and is led to."""
    with opened(browser) as page:
        page.goto(f"{origin}{HOOKS}/new")
        order = []
        for _ in range(14):
            page.keyboard.press("Tab")
            order.append(focused(page))
        assert order == [
            *("Skip to the content", "Bitbucket sandbox", "Repositories", "Webhooks of acme/web"),
            *("description", "url", "secret", "generate", "active", "skip", "history"),
            *("triggers-push", "Save", "Cancel"),
        ]
        outline = "getComputedStyle(document.activeElement).outlineStyle"
        assert page.evaluate(outline) != "none"

        page.keyboard.press("Shift+Tab")
        press(page, "Enter")
        assert focused(page).startswith("It was not saved")
        page.keyboard.press("Tab")
        assert focused(page) == "URL: Enter a valid URL."
        page.keyboard.press("Enter")
        expect(page.locator("#url")).to_be_focused()
        described = page.evaluate(
            "document.getElementById(document.activeElement.getAttribute('aria-describedby'))"
            ".innerText"
        )
        assert described == "Enter a valid URL."
        page.keyboard.insert_text("https://ci.example.com/")
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        secret = page.evaluate("document.getElementById('secret').value")
        assert len(secret) == 40
        assert focused(page) == "secret"
        for _ in range(5):
            page.keyboard.press("Tab")
        assert focused(page) == "triggers-push"
        assert page.evaluate("document.querySelector('.full').offsetHeight") == 0
        page.keyboard.press("ArrowDown")
        assert focused(page) == "triggers-full"
        page.keyboard.press("Tab")
        assert focused(page) == "event-repo:push"
        page.keyboard.press(" ")
        page.keyboard.press("Tab")
        page.keyboard.press(" ")
        press(page, "Enter")
        assert "The webhook was created." in page.inner_text("[role=status]")
    hook = only(sandbox)
    assert (hook.url, hook.events, hook.secret) == (
        "https://ci.example.com/",
        ("repo:fork",),
        secret,
    )


def test_an_event_and_its_history(browser: Browser, origin: str, sandbox: Sandbox) -> None:
    """In a narrow window: trigger, watch, look at the request, send it again."""
    with receiver() as there, opened(browser, NARROW, dark=True) as page:
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
            page.goto(origin + path)
            for width in (NARROW[0], 320):
                resize(page, width, NARROW[1])
                assert not scrolls_sideways(page), path
        page.goto(origin + HOOKS)
        page.click("summary")
        for width in (320, 800, 970, 1100, 1400, NARROW[0]):
            resize(page, width, NARROW[1])
            assert not scrolls_sideways(page), width
        page.select_option("#event", "repo:push")
        follow(page, "section button")
        assert page.inner_text("#live").count("pending") == 2
        page.evaluate("window.isTheSame = true; document.querySelector('#live a').focus()")
        gate.set()
        expect(page.locator("#live")).to_contain_text("2 deliveries are through.")
        assert page.evaluate("window.isTheSame")
        assert focused(page).startswith("View details")
        assert not scrolls_sideways(page)
        follow(page, "#live a")
        text = page.inner_text("main")
        for words in ("Attempt 1", "200 OK", "X-Hub-Signature", '"taken": "a-very', "acme/web"):
            assert words in text
        assert "canary" not in page.evaluate("document.documentElement.outerHTML")
        assert not scrolls_sideways(page)
        follow(page, "form button")
        expect(page.locator("#live")).to_contain_text("delivery is through")
        follow(page, "#live a")
        follow(page, "nav li:last-child a")
        assert page.inner_text("#live").count("repo:push") == 2
        assert not scrolls_sideways(page)
    assert len(there.received) == 4


@pytest.mark.parametrize("subject", ["acme/web", "acme"])
def test_the_switch_by_keyboard(
    browser: Browser, origin: str, sandbox: Sandbox, subject: str
) -> None:
    """The space bar turns a webhook off and on; the keyboard stays where it is."""
    url = "https://ci.example.com/"
    hook = sandbox.plant_hook(subject, url, description="CI", history_enabled=True)
    switch = "document.querySelector('[role=switch]')"
    with opened(browser) as page:
        page.goto(f"{origin}/{subject}/admin/webhooks")
        page.evaluate(f"{switch}.focus()")
        for state in (False, True):
            press(page, " ")
            assert page.evaluate(f"document.activeElement === {switch}")
            assert page.evaluate(f"[{switch}.ariaChecked, {switch}.ariaLabel]") == [
                str(state).lower(),
                "Active: CI",
            ]
            assert page.evaluate(f"getComputedStyle({switch}).outlineStyle") != "none"
            assert ("The webhook is active." in page.inner_text("[role=status]")) == state
            assert only(sandbox) == attrs.evolve(hook, active=state)


@pytest.mark.parametrize("dark", [False, True])
def test_what_is_small_or_pale_can_be_read(
    browser: Browser, origin: str, sandbox: Sandbox, *, dark: bool
) -> None:
    """Texts in fields have the contrast of text (4.5), the switch that of a control (3)."""
    for active in (True, False):
        sandbox.plant_hook("acme/web", "https://ci.example.com/", active=active)
    with opened(browser, dark=dark) as page:
        page.goto(origin)
        fields = page.evaluate(PLACEHOLDERS)
        page.goto(f"{origin}{HOOKS}/new")
        fields += page.evaluate(PLACEHOLDERS)
        assert len(fields) == 3
        assert all(contrast(*pair) >= 4.5 for pair in fields), fields
        page.goto(origin + HOOKS)
        switches = page.evaluate(SWITCHES)
        assert len(switches) == 4
        assert all(contrast(*pair) >= 3 for pair in switches), switches


SWITCHES = """[...document.querySelectorAll('[role=switch]')].flatMap(element => {
    const own = getComputedStyle(element), knob = getComputedStyle(element, '::before');
    const card = getComputedStyle(element.closest('table')).backgroundColor;
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
        f"<script>var outcome = fetch('{origin}{HOOKS}', {{credentials: 'include'}})"
        ".then(() => 'read', () => 'refused')</script>"
    )
    with stranger(forged) as url, browser.new_page() as page:
        errors = errors_of(page)
        page.goto(origin + HOOKS)
        page.goto(url)
        assert page.evaluate("outcome") == "refused"
        assert page.evaluate(
            "frames[0].length === 0 && !document.querySelector('iframe').contentDocument"
        )
        with page.expect_navigation():
            page.evaluate("document.querySelector('form').submit()")
        assert page.evaluate("location.href") == target
        assert "did not come from this page" in page.inner_text("main")
        assert errors
    assert only(sandbox) == hook
