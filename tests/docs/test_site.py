"""The site that `make docs` makes: nothing warns or leads nowhere, nothing public is missing."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit

import click
import pytest
from attrs import define, field

import bitbucket_hooks
from bitbucket_hooks.cli import main
from bitbucket_hooks.model.errors import ConfigError
from bitbucket_hooks.model.settings import layer, resolve
from support.checkout import unmeasured

ROOT = Path(__file__).parents[2]


@define
class Page(HTMLParser):
    """What is read of a page: where one can go from it and to in it, and its text."""

    links: list[str] = field(factory=list)
    anchors: set[str] = field(factory=set)
    texts: list[str] = field(factory=list)

    def __attrs_pre_init__(self) -> None:
        """Start as a parser."""
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep a link, and what may be linked to."""
        for name, value in attrs:
            if name in ("href", "src"):
                self.links.append(value or "")
            elif name == "id" or (name == "name" and tag == "a"):
                self.anchors.add(value or "")

    def handle_data(self, data: str) -> None:
        """Keep text."""
        self.texts.append(data)

    @property
    def text(self) -> str:
        """The text, without its lines' ends."""
        return " ".join("".join(self.texts).split())


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build it once for all workers of a run, as `make docs` does; what it says is in `said`."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    folder, said = shared / "site", shared / "said"
    with (shared / "site.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not said.exists():
            build = ["sphinx-build", "--quiet", "--keep-going", "-c", "docs", ".", str(folder)]
            run = subprocess.run(
                [Path(sys.prefix) / "bin" / build[0], *build[1:]],
                cwd=ROOT,
                env=unmeasured(),
                stderr=subprocess.PIPE,
                text=True,
                check=False,
            )
            said.write_text(run.stderr + ("" if run.returncode == 0 else f"\n{run.returncode}"))
    return folder


@pytest.fixture(scope="session")
def pages(site: Path) -> dict[Path, Page]:
    """Give every page of it by its path."""
    found = {path: Page() for path in site.rglob("*.html")}
    for path, page in found.items():
        page.feed(path.read_text("utf-8"))
    return found


def test_nothing_is_to_be_said(site: Path) -> None:
    """No warning, no link that the build can't follow, no page outside the tables of contents."""
    assert site.with_name("said").read_text() == ""


def test_every_page_is_in_the_contents(site: Path, pages: dict[Path, Page]) -> None:
    """The front page leads to each Markdown file of the folder, and to those beside the README."""
    front = site / "docs" / "index.html"
    listed = {(front.parent / urldefrag(link).url).resolve() for link in pages[front].links}
    written = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    wanted = {(site / path.relative_to(ROOT)).with_suffix(".html") for path in written}
    assert len(wanted) > 20
    assert {path.resolve() for path in wanted} - {front.resolve()} <= listed


def test_every_link_leads_somewhere(site: Path, pages: dict[Path, Page]) -> None:
    """To a file of the site and, in a page, to an anchor that it has; the site's start included."""
    broken = []
    followed = 0
    for path, page in pages.items():
        for link in page.links:
            address, anchor = urldefrag(link)
            if urlsplit(link).scheme:
                continue
            followed += 1
            target = (path.parent / unquote(urlsplit(address).path)) if address else path
            target = Path(os.path.normpath(target))
            known = pages.get(target)
            if not target.is_file() or (anchor and known and unquote(anchor) not in known.anchors):
                broken.append(f"{path.relative_to(site)}: {link}")
    assert followed > 1000
    assert broken == []


def test_every_public_name_is_in_the_reference(site: Path, pages: dict[Path, Page]) -> None:
    """Each class and function has its own heading, and so has each module."""
    reference = site / "docs" / "reference"
    anchors = set().union(
        *(pages[reference / f"{name}.html"].anchors for name in ("resources", "functions"))
    )
    names = {f"bitbucket_hooks.{name}" for name in bitbucket_hooks.__all__}
    missing = {name for name in names if not anchors & {name, f"module-{name}"}}
    assert missing == set()


def test_every_command_is_in_the_reference(site: Path, pages: dict[Path, Page]) -> None:
    """With each of its options, and what it says of them."""
    page = pages[site / "docs" / "reference" / "commands.html"]
    missing = []
    for way, command in commands(main, "bitbucket-hooks"):
        name = way.replace(" ", "-")
        if name not in page.anchors:
            missing.append(way)
        for option in command.params:
            if isinstance(option, click.Option):
                anchor = f"cmdoption-{name}-{option.opts[-1].lstrip('-')}"
                text = " ".join((option.help or "nothing").replace("`", "").split())
                if anchor not in page.anchors or text not in page.text:
                    missing.append(f"{way} {option.opts[-1]}: {text}")
    assert missing == []


def commands(command: click.Command, way: str) -> Iterator[tuple[str, click.Command]]:
    """Give a command and all below it, each by how it is called."""
    yield way, command
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            yield from commands(inner, f"{way} {name}")


def test_messages_and_their_remedies_are_listed(site: Path, pages: dict[Path, Page]) -> None:
    """An error that is raised here, and what a provider warns of."""
    page = pages[site / "docs" / "reference" / "messages.html"].text
    given = {"oauthToken": "canary", "username": "a@b.c", "password": "canary"}
    with pytest.raises(ConfigError) as refused:
        resolve(layer("the stack config", given.get))
    assert "holds two kinds of credentials at once" in str(refused.value)
    assert "holds two kinds of credentials at once" in page
    assert refused.value.remedy in page
    assert "keeps its secret, which is no longer declared" in page
