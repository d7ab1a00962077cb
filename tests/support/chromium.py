"""Chromium, driven over its own protocol by a pair of pipes: real keys, clicks and windows."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import select
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from attrs import define, field

NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "chrome")
DESKTOP: Final = (1400, 900)
NARROW: Final = (390, 844)

_SECONDS: Final = 30.0
_FIRST_FREE: Final = 10  # the protocol's own two descriptors are 3 and 4
_OPTIONS: Final = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"),
    *("--no-first-run", "--no-default-browser-check", "--hide-scrollbars"),
    *("--disable-background-networking", "--disable-component-update", "--no-proxy-server"),
    *("--remote-debugging-pipe", "about:blank"),
)
_KEYS: Final = {"Tab": 9, "Enter": 13, "Escape": 27, " ": 32, "ArrowDown": 40}
_TEXTS: Final = {"Enter": "\r", " ": " "}
_SHIFT: Final = 8


def executable() -> str:
    """Find the browser; a test that needs it fails without, and says what to do."""
    for name in NAMES:
        if found := shutil.which(name):
            return found
    raise RuntimeError(
        "the tests of the pages need Chromium: install it (Debian: apt-get install chromium)"
    )


class PageError(AssertionError):
    """A script on the page failed, or what was waited for did not come."""


@define(eq=False)
class Browser:
    """A running Chromium."""

    pid: int
    to: int
    from_: int
    _buffer: bytes = b""
    _count: int = 0
    _events: list[dict[str, Any]] = field(factory=list)

    def call(self, method: str, session: str | None = None, **params: Any) -> dict[str, Any]:
        """Send a command and give its result."""
        self._count += 1
        number = self._count
        message = {"id": number, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self.to, data) :]
        until = time.monotonic() + _SECONDS
        while (answer := self._read(until)).get("id") != number:
            self._events.append(answer)
        if "error" in answer:
            raise PageError(f"{method}: {answer['error']}")
        result: dict[str, Any] = answer["result"]
        return result

    def drain(self, session: str) -> list[dict[str, Any]]:
        """Give the events of a page that came meanwhile."""
        found = [each for each in self._events if each.get("sessionId") == session]
        self._events = [each for each in self._events if each.get("sessionId") != session]
        return found

    def _read(self, until: float) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            if not select.select([self.from_], [], [], max(until - time.monotonic(), 0))[0]:
                raise PageError("Chromium does not answer")
            data = os.read(self.from_, 1 << 20)
            if not data:
                raise PageError("Chromium is gone")
            self._buffer += data
        line, _, self._buffer = self._buffer.partition(b"\0")
        message: dict[str, Any] = json.loads(line)
        return message

    @contextmanager
    def page(self, size: tuple[int, int] = DESKTOP, *, dark: bool = False) -> Iterator[Page]:
        """Give a page with cookies of its own; no script on it may have failed in the end."""
        context = self.call("Target.createBrowserContext")["browserContextId"]
        target = self.call("Target.createTarget", url="about:blank", browserContextId=context)
        attached = self.call("Target.attachToTarget", targetId=target["targetId"], flatten=True)
        page = Page(self, attached["sessionId"])
        for domain in ("Page", "Runtime", "Log"):
            page.call(f"{domain}.enable")
        page.resize(*size)
        page.call("Emulation.setFocusEmulationEnabled", enabled=True)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        page.call("Emulation.setEmulatedMedia", features=[scheme])
        try:
            yield page
            page.check()
        finally:
            self.call("Target.disposeBrowserContext", browserContextId=context)


@define(eq=False)
class Page:
    """One page, as wide and as high as wished."""

    browser: Browser
    session: str

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Send a command to the page."""
        return self.browser.call(method, self.session, **params)

    def resize(self, width: int, height: int) -> None:
        """Make the window so many pixels wide and high."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    def open(self, url: str) -> None:
        """Go to an address and wait until everything is there."""
        problem = self.call("Page.navigate", url=url).get("errorText")
        if problem:
            raise PageError(f"{url}: {problem}")
        self.wait("document.readyState === 'complete'")

    def run(self, script: str) -> Any:
        """Evaluate an expression on the page; a promise is waited for."""
        result = self.call(
            "Runtime.evaluate",
            expression=script,
            awaitPromise=True,
            returnByValue=True,
        )
        if "exceptionDetails" in result:
            raise PageError(f"{script}: {result['exceptionDetails']}")
        return result["result"].get("value")

    def wait(self, script: str) -> None:
        """Wait until an expression holds; a page that is just being left holds nothing."""
        until = time.monotonic() + _SECONDS
        while time.monotonic() < until:
            try:
                if self.run(script):
                    return
            except PageError:
                pass
            time.sleep(0.02)
        raise PageError(f"did not come: {script}\n{self.text()}")

    def text(self, selector: str = "body") -> str:
        """Give the text that a person sees in an element."""
        return str(self.run(f"document.querySelector({json.dumps(selector)})?.innerText ?? ''"))

    def click(self, selector: str) -> None:
        """Click in the middle of an element, which must be what is there to be hit."""
        name = json.dumps(selector)
        spot = self.run(
            f"""(() => {{
                const one = document.querySelector({name});
                if (!one) return null;
                one.scrollIntoView({{ block: 'center' }});
                const box = one.getBoundingClientRect();
                const x = box.x + box.width / 2, y = box.y + box.height / 2;
                const hit = document.elementFromPoint(x, y);
                return one.contains(hit) || hit?.contains(one) ? [x, y] : null;
            }})()"""
        )
        if not spot:
            raise PageError(f"{selector} can't be clicked\n{self.text()}")
        for kind in ("mousePressed", "mouseReleased"):
            more = {"button": "left", "clickCount": 1, "x": spot[0], "y": spot[1]}
            self.call("Input.dispatchMouseEvent", type=kind, **more)

    def follow(self, selector: str) -> None:
        """Click on what leads to another page, and wait for that."""
        self.run("window.isOld = true")
        self.click(selector)
        self.wait("!window.isOld && document.readyState === 'complete'")

    def key(self, name: str, *, shift: bool = False) -> None:
        """Press and release a key."""
        code = _KEYS.get(name, ord(name[0].upper()))
        text = _TEXTS.get(name, name if len(name) == 1 else None)
        more = {"key": name, "windowsVirtualKeyCode": code, "modifiers": _SHIFT if shift else 0}
        down = {**more, "text": text} if text else more
        self.call("Input.dispatchKeyEvent", type="keyDown", **down)
        self.call("Input.dispatchKeyEvent", type="keyUp", **more)

    def type(self, text: str) -> None:
        """Enter text where the keyboard is."""
        self.call("Input.insertText", text=text)

    def fill(self, selector: str, text: str) -> None:
        """Replace what a field holds."""
        self.run(f"document.querySelector({json.dumps(selector)}).select()")
        self.type(text)

    def choose(self, selector: str, value: str) -> None:
        """Choose an option of a list by its value."""
        self.run(
            f"""(one => {{
                one.value = {json.dumps(value)};
                one.dispatchEvent(new Event('change', {{ bubbles: true }}));
            }})(document.querySelector({json.dumps(selector)}))"""
        )

    def focused(self) -> str:
        """Tell what has the keyboard: its id, else its text."""
        return str(
            self.run(
                "(one => one.id || one.innerText.trim() || one.tagName)(document.activeElement)"
            )
        )

    def scrolls_sideways(self) -> bool:
        """Tell whether the page is wider than its window."""
        return bool(self.run("document.documentElement.scrollWidth > innerWidth"))

    def screenshot(self, path: Path, *, full: bool = True) -> None:
        """Write what the page looks like."""
        shot = self.call("Page.captureScreenshot", captureBeyondViewport=full)
        path.write_bytes(base64.b64decode(shot["data"]))

    def check(self) -> None:
        """Raise `PageError` for scripts that failed and for what the page's policy forbade."""
        if bad := self.complaints():
            raise PageError(str(bad))

    def complaints(self) -> list[Any]:
        """Give these failures since the last time this was asked."""
        self.run("0")
        return [
            each["params"]
            for each in self.browser.drain(self.session)
            if each["method"] == "Runtime.exceptionThrown"
            or (
                each["method"] == "Log.entryAdded"
                and each["params"]["entry"]["level"] == "error"
                and each["params"]["entry"]["source"] in ("security", "javascript")
            )
        ]


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run Chromium until the block ends."""
    program = executable()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        ours, theirs = _pipes(), _pipes()
        pid = os.posix_spawn(
            program,
            [program, f"--user-data-dir={home}", *_OPTIONS],
            {**os.environ, "HOME": home},
            file_actions=[
                (os.POSIX_SPAWN_DUP2, ours[0], 3),
                (os.POSIX_SPAWN_DUP2, theirs[1], 4),
                (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
            ],
            setpgroup=0,
        )
        os.close(ours[0])
        os.close(theirs[1])
        browser = Browser(pid, ours[1], theirs[0])
        try:
            yield browser
        finally:
            os.close(browser.to)
            os.close(browser.from_)
            _end(pid)


def _pipes() -> tuple[int, int]:
    """Make a pipe whose ends are out of the way of 3 and 4."""
    ends = os.pipe()
    away = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, _FIRST_FREE) for end in ends]
    for end in ends:
        os.close(end)
    return away[0], away[1]


def _end(pid: int) -> None:
    """Let it end by itself, as it does without its pipes; then make it."""
    until = time.monotonic() + _SECONDS
    while time.monotonic() < until:
        if os.waitpid(pid, os.WNOHANG)[0]:
            return
        time.sleep(0.02)
    os.killpg(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
