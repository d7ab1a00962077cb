"""A release is built and checked as the workflow does it; what is unfit is refused."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from support import checkout
from tools.release import UnfitError, check_contents, check_links, notes_of

CHANGELOG = """# Changelog

## Unreleased

## 1.1.0 - 2026-11-01

### Added

- More.

## 1.0.0

- The first.
"""


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Give a repository with one commit, which has all files of this one."""
    folder = checkout.copy(tmp_path / "clone")
    _git(folder, "init", "--quiet")
    _git(folder, "add", "--all")
    who = ("-c", "user.name=Tester", "-c", "user.email=tester@example.com")
    _git(folder, *who, "commit", "--quiet", "--message", "All of it")
    return folder


def _git(folder: Path, *args: str) -> None:
    subprocess.run(["git", *args], cwd=folder, check=True)


def _release(folder: Path, *args: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tools.release", *args]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_a_release(clone: Path) -> None:
    """Leaves two packages, notes, and a list of what is needed, in which no path of ours is."""
    done = _release(clone)
    assert done.returncode == 0, done.stderr
    built = {path.relative_to(clone / "dist").as_posix() for path in (clone / "dist").rglob("*.*")}
    assert built == {
        "notes.md",
        "packages/bitbucket_hooks-0.1.0-py3-none-any.whl",
        "packages/bitbucket_hooks-0.1.0.tar.gz",
        "sbom.cdx.json",
    }
    listed = (clone / "dist" / "sbom.cdx.json").read_text()
    names = {component["name"].lower() for component in json.loads(listed)["components"]}
    assert {"pulumi", "requests", "click"} <= names
    assert str(clone) not in listed


def test_the_page_on_pypi() -> None:
    """Links to nothing that is only beside the README."""
    check_links("[a](https://example.com/a) ![b](https://example.com/b.png) [c](#c)")
    with pytest.raises(UnfitError, match=r"links to \['b\.png', 'docs/a\.md'\]"):
        check_links("[a](docs/a.md) ![b](b.png) [c](#c)")


def test_another_tag(clone: Path) -> None:
    """One that isn't the version's is refused, with the right one."""
    done = _release(clone, "v9.9.9")
    assert done.returncode == 1
    assert re.search(r"tag v9\.9\.9 is none of version 0\.1\.0; make it v0\.1\.0", done.stderr)


def test_notes() -> None:
    """Are the section of the version; without a tag, and for a new version, what is unreleased."""
    assert notes_of(CHANGELOG, "1.1.0", "v1.1.0") == "### Added\n\n- More.\n"
    assert notes_of(CHANGELOG, "1.0.0", "") == "- The first.\n"
    unreleased = CHANGELOG.replace("Unreleased\n", "Unreleased\n\n- Soon.\n")
    assert notes_of(unreleased, "1.2.0", "") == "- Soon.\n"


@pytest.mark.parametrize(("version", "tag"), [("1.2.0", "v1.2.0"), ("1.2.0", "")])
def test_a_changelog_without_a_word(version: str, tag: str) -> None:
    """Is no release's."""
    with pytest.raises(UnfitError, match=r"CHANGELOG\.md says nothing under"):
        notes_of(CHANGELOG, version, tag)


@pytest.mark.parametrize(
    ("packed", "message"),
    [
        (["p-1/a.py", "p-1/PKG-INFO"], r"lacks \['b\.py'\]"),
        (["p-1/a.py", "p-1/b.py", "p-1/key.pem"], r"holds what git doesn't: \['key\.pem'\]"),
    ],
)
def test_what_a_source_archive_holds(packed: list[str], message: str) -> None:
    """What is committed, all of it and no more."""
    with pytest.raises(UnfitError, match=message):
        check_contents(packed, ["a.py", "b.py"])
