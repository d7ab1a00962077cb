"""The pages that commands write, opened from their files in Chromium."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from support.chromium import NARROW, executable, focused, opened, resize, scrolls_sideways
from support.command import run
from support.contrast import PLACEHOLDERS, contrast
from support.exported import exported
from support.sandbox import Sandbox

SAMPLES = Path(__file__).parents[1] / "report" / "samples"
HOSTILE = "</script><script>window.pwned = 1</script><img src=x onerror='window.pwned = 1'>"
FIRST = "document.querySelector('#rows tr:not(.group) .url').textContent"


@pytest.fixture
def inventory(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., str]:
    """Write the page of an inventory of the sandbox; gives its address."""
    monkeypatch.setenv("BITBUCKET_API_URL", f"sandbox:{sandbox.path}")
    file = tmp_path / "inventory.html"

    def write(*options: str) -> str:
        run("inventory", "acme", "--html", file, *options)
        return file.as_uri()

    return write


def test_an_inventory_by_keyboard(
    browser: Browser, sandbox: Sandbox, inventory: Callable[..., str]
) -> None:
    """Filter, sort, group, fold and look closer; texts from outside stay texts."""
    for number in range(150):
        name = f"acme/{('api', 'web', 'docs')[number % 3]}"
        sandbox.plant_hook(
            name, f"https://host-{number % 5}.example.com/{number:03}", description=f"Hook {number}"
        )
    sandbox.plant_hook("acme/web", "http://plain.example.com/", description=HOSTILE)
    with opened(browser) as page:
        page.goto(inventory())
        rows = page.locator("#rows tr:not(.group):not(.facts)")
        page.keyboard.press("/")
        assert focused(page) == "filter"
        page.keyboard.insert_text("host-3 acme/web")
        assert page.inner_text("#matches") == "10 of 151"
        assert rows.count() == 10
        page.keyboard.press("Escape")
        assert page.inner_text("#matches") == ""
        page.keyboard.insert_text("window.pwned")
        assert rows.count() == 1
        assert HOSTILE[:30] in page.inner_text("#rows")
        page.keyboard.press("Escape")

        page.focus("th[data-by=hook] button")
        page.keyboard.press("Enter")
        assert page.evaluate("document.querySelector('th[data-by=hook]').ariaSort") == "ascending"
        upwards = page.evaluate(FIRST)
        page.keyboard.press("Enter")
        assert page.evaluate("document.querySelector('th[data-by=hook]').ariaSort") == "descending"
        assert page.evaluate(FIRST) != upwards

        page.select_option("#group", "host")
        fold = "#rows .group button"
        assert "host-0.example.com" in page.inner_text(fold)
        page.focus(fold)
        before = page.evaluate(f"document.querySelector('{fold}').ariaExpanded")
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.ariaExpanded") != before
        assert "host-0.example.com" in focused(page)

        page.select_option("#group", "")
        page.click("[data-kind=insecure]")
        page.fill("#filter", "plain.example.com")
        assert rows.count() == 1
        page.focus(".fold")
        page.keyboard.press("Enter")
        assert "certificate check" in page.inner_text("#rows .facts")
        resize(page, *NARROW)
        assert not scrolls_sideways(page)
        page.click("#clear")
        assert page.inner_text("#matches") == ""
        assert not scrolls_sideways(page)
        assert not page.evaluate("window.pwned")


def test_what_is_managed(
    browser: Browser, sandbox: Sandbox, tmp_path: Path, inventory: Callable[..., str]
) -> None:
    """Is a figure that filters, beside what is not and what has drifted."""
    url = "https://ci.example.com/"
    hooks = [sandbox.plant_hook("acme/web", url, description=name) for name in ("a", "b", "c")]
    declared = {"owner": "acme", "repository": "web", "url": url, "active": True}
    state = exported(
        tmp_path / "state.json",
        *(("Hook", f"the-{hook.description}", declared, {"uuid": hook.uuid}) for hook in hooks[:2]),
    )
    sandbox.change_hook(hooks[1].uuid, active=False)
    with opened(browser) as page:
        page.goto(inventory("--state", str(state)))
        page.click("[data-kind=managed]")
        assert page.inner_text("#matches") == "2 of 3"
        assert "the-a of" in page.inner_text("#rows")
        page.click("[data-kind=drifted]")
        assert page.inner_text("#matches") == "1 of 3"
        page.select_option("#group", "declared")
        assert "the-b of" in page.inner_text("#rows .group")
        assert "1 managed" in page.inner_text("#rows .group")


def test_no_secret_is_less_than_insecure(
    browser: Browser, sandbox: Sandbox, inventory: Callable[..., str]
) -> None:
    """Where nothing has a secret, not all is red: that is for what can be read on the way."""
    sandbox.plant_hook("acme/web", "https://ci.example.com/")
    sandbox.plant_hook("acme/api", "http://ci.example.com/", secret="canary")
    tones = {}
    for dark in (False, True):
        with opened(browser, dark=dark) as page:
            for only in (False, True):
                page.goto(inventory(*(["--repositories", "web"] if only else [])))
                (colours,) = page.evaluate(PLACEHOLDERS)
                assert contrast(*colours) >= 4.5
                page.select_option("#group", "host")
                colour = "getComputedStyle(document.querySelector('{}')).color"
                tones[only] = page.evaluate(colour.format("[data-kind=insecure] b"))
                assert page.evaluate(colour.format("#rows .group .insecure")) == tones[only]
                badge = page.evaluate(colour.format("#rows .badge.no-secret:not(.group *)"))
                assert badge == page.evaluate(
                    "(mark => { mark.style = 'color: var(--change)'; document.body.append(mark);"
                    " return getComputedStyle(mark).color })(document.createElement('i'))"
                )
        assert tones[False] != tones[True]


def test_a_report(browser: Browser, tmp_path: Path) -> None:
    """Its filter narrows the declarations down, at any width."""
    file = tmp_path / "report.html"
    sample = SAMPLES / "change.refreshed.jsonl"
    run("report", sample, "--html", file, code=3)
    with opened(browser) as page:
        page.goto(file.as_uri())
        (colours,) = page.evaluate(PLACEHOLDERS)
        assert contrast(*colours) >= 4.5
        whole = page.locator("article:visible").count()
        page.focus("#filter")
        page.keyboard.insert_text("audit")
        expect(page.locator("output")).to_have_text(re.compile(f" of {whole}$"))
        assert 0 < page.locator("article:visible").count() < whole
        page.fill("#filter", "nothing-is-like-this")
        expect(page.locator("article:visible")).to_have_count(0)
        for width in (NARROW[0], 320):
            resize(page, width, NARROW[1])
            assert not scrolls_sideways(page)


def test_without_a_browser(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """These tests fail, and say how to get one."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RuntimeError, match="apt-get install chromium"):
        executable()
