"""Debian's Chromium for the tests of the pages, driven by Playwright."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "chrome")
DESKTOP: Final = (1400, 900)
NARROW: Final = (390, 844)

_MILLISECONDS: Final = 30_000


def executable() -> str:
    """Find the browser; a test that needs it fails without, and says what to do."""
    for name in NAMES:
        if found := shutil.which(name):
            return found
    raise RuntimeError(
        "the tests of the pages need Chromium: install it (Debian: apt-get install chromium)"
    )


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run Chromium until the block ends."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable(), chromium_sandbox=False, args=["--no-proxy-server"]
        )
        expect.set_options(timeout=_MILLISECONDS)
        yield browser
        browser.close()


@contextmanager
def opened(
    browser: Browser, size: tuple[int, int] = DESKTOP, *, dark: bool = False
) -> Iterator[Page]:
    """Open a page with cookies of its own; in the end no error may be in its console."""
    context = browser.new_context(color_scheme="dark" if dark else "light")
    page = context.new_page()
    errors = errors_of(page)
    resize(page, *size)
    yield page
    context.close()
    assert not errors


def errors_of(page: Page) -> list[str]:
    """Collect what fails on a page from now on: scripts, and what its policy forbids."""
    errors: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            errors.append(message.text)

    page.on("console", note)
    page.on("pageerror", lambda error: errors.append(str(error)))
    return errors


def resize(page: Page, width: int, height: int = NARROW[1]) -> None:
    """Make the window so many pixels wide and high."""
    page.set_viewport_size({"width": width, "height": height})


def focused(page: Page) -> str:
    """Name what has the keyboard: its id, else its text."""
    element = "(element => element.id || element.innerText.trim() || element.tagName)"
    return str(page.evaluate(f"{element}(document.activeElement)"))


def scrolls_sideways(page: Page) -> bool:
    """Tell whether the page is wider than its window."""
    return bool(page.evaluate("document.documentElement.scrollWidth > innerWidth"))


def follow(page: Page, selector: str) -> None:
    """Click on what leads to another page, and wait for that."""
    with page.expect_navigation():
        page.click(selector)


def press(page: Page, key: str) -> None:
    """Press a key that leads to another page, and wait for that."""
    with page.expect_navigation():
        page.keyboard.press(key)
