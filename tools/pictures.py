"""Makes the pictures of the docs from the real program: `make pictures`."""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from playwright.sync_api import Page

from support import checkout, chromium
from support.transcript import steps
from tools.terminal import Frame, Terminal, drawn, terminal

ROOT: Final = Path(__file__).parents[1]
PICTURES: Final = ROOT / "docs" / "pictures"

_WINDOW: Final = (900, 640)
_SERVE: Final = "bitbucket-hooks sandbox serve --port 8728 >/dev/null 2>&1 & sleep 2"
_PAGE: Final = "http://127.0.0.1:8728/acme/web/admin/webhooks"


def main() -> None:
    """Play the README's tour, then what a reviewer is shown, in a fresh copy of the project."""
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        clone = checkout.copy(Path(folder) / "bitbucket-hooks")
        with terminal(clone, checkout.clean_environment()) as shell:
            for step in steps((ROOT / "README.md").read_text("utf-8")):
                if step.command != "make test":
                    shell.run(step.command)
            _draw("tour", shell.frames)
            _draw("preview", [review(shell)])
            with chromium.chromium() as browser, chromium.opened(browser, _WINDOW) as page:
                _photograph(page, "report", (clone / "report.html").as_uri())
                shell.run("bitbucket-hooks inventory --html inventory.html")
                _photograph(page, "inventory", (clone / "inventory.html").as_uri())
                shell.run(_SERVE)
                _photograph(page, "sandbox", _PAGE)
                shell.run("kill %1")


def review(shell: Terminal) -> Frame:
    """What a preview prints after the tour, when something was changed in both places."""
    shell.run("bitbucket-hooks sandbox change-hook acme/web CI --inactive")
    shell.run("pulumi config set --path 'bitbucket-hooks:hooks[1].repositories[2]' docs")
    shell.clear()
    shell.run("bitbucket-hooks preview --refresh --html report.html")
    return shell.frames[-1]


def _draw(name: str, frames: Sequence[Frame]) -> None:
    (PICTURES / f"{name}.svg").write_text(drawn(frames, description(f"{name}.svg")), "utf-8")


def _photograph(page: Page, name: str, url: str) -> None:
    page.goto(url)
    page.screenshot(path=PICTURES / f"{name}.png", full_page=True)


def description(picture: str) -> str:
    """What the docs say that a picture shows, for those who can't see it."""
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    shown = re.compile(rf"!\[([^]]+)\]\([a-z./]*pictures/{re.escape(picture)}\)")
    texts = {str(text) for page in pages for text in shown.findall(page.read_text("utf-8"))}
    (text,) = texts
    return text


if __name__ == "__main__":
    main()
    sys.stdout.write("docs/pictures\n")
