"""Builds a release and checks it, as the workflow `release.yml` does: `make release-check`.

It leaves in `dist`: `packages`, to be uploaded, the list of what they run on (`sbom.cdx.json`), and
the changelog's words (`notes.md`). Nothing is published.
"""

from __future__ import annotations

import filecmp
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Mapping, Sequence
from email.message import Message
from email.parser import BytesParser
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
_UV: Final = str(Path(sys.executable).with_name("uv"))
_TOOLS: Final = (_UV, "run", "--quiet", "--isolated", "--no-project", "--with-requirements")
_RELATIVE_LINK: Final = re.compile(r"\]\((?!https?:|#)([^)]*)\)")
_SECTION: Final = re.compile(r"^## (\S+)[^\n]*\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)


class UnfitError(Exception):
    """What keeps this from being released, and the remedy."""


def main(tag: str = "") -> int:
    """Build and check everything; 1 when something is unfit."""
    folder = ROOT / "dist"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        wheel, source = build(folder / "packages")
        with tarfile.open(source) as archive:
            check_contents(archive.getnames(), _tracked())
            package = _metadata(archive)
        version = package["Version"]
        check_links(str(package.get_payload()))
        notes = notes_of((ROOT / "CHANGELOG.md").read_text("utf-8"), version, tag)
        _run(*_TOOLS, "requirements/release.txt", "twine", "check", "--strict", wheel, source)
        _try_out(wheel, version, folder / "sbom.cdx.json")
    except UnfitError as error:
        sys.stderr.write(f"release: {error}\n")
        return 1
    (folder / "notes.md").write_text(notes, "utf-8")
    sys.stdout.write(f"{version} can be released: {folder}\n")
    return 0


def build(folder: Path) -> tuple[str, str]:
    """Build the source archive and, from it, the wheel; twice, and both are the same."""
    committed = _run("git", "log", "-1", "--format=%ct").strip()
    locked = ("--build-constraints", "requirements/run.txt", "--require-hashes")
    with tempfile.TemporaryDirectory() as other:
        for target in (folder, Path(other)):
            command = (_UV, "build", "--quiet", *locked, "--out-dir", str(target))
            _run(*command, SOURCE_DATE_EPOCH=committed)
            (target / ".gitignore").unlink(missing_ok=True)  # uv's
        names = sorted(path.name for path in folder.iterdir())
        _, *differing = filecmp.cmpfiles(folder, other, names, shallow=False)
    if any(differing):
        raise UnfitError(f"two builds differ in {differing}; find what has the time in it")
    (wheel,), (source,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    return str(wheel), str(source)


def check_contents(packed: Sequence[str], tracked: Sequence[str]) -> None:
    """See that a source archive holds what is committed, and nothing else."""
    inner = {name.partition("/")[2] for name in packed} - {"PKG-INFO"}
    if strays := sorted(inner - set(tracked)):
        raise UnfitError(
            f"the source archive holds what git doesn't: {strays}; remove or commit it"
        )
    if lost := sorted(set(tracked) - inner):
        raise UnfitError(f"the source archive lacks {lost}; see tool.hatch.build in pyproject.toml")


def check_links(page: str) -> None:
    """See that what PyPI shows of the package leads somewhere from there."""
    if relative := sorted(set(_RELATIVE_LINK.findall(page))):
        raise UnfitError(
            f"the page on PyPI links to {relative}, which isn't there; see "
            "tool.hatch.metadata in pyproject.toml"
        )


def notes_of(changelog: str, version: str, tag: str) -> str:
    """Give the changelog's section of a version; without a tag, what isn't released yet."""
    if tag not in ("", f"v{version}"):
        raise UnfitError(f"the tag {tag} is none of version {version}; make it v{version}")
    sections: Mapping[str, str] = dict(_SECTION.findall(changelog))
    heading = version if tag or version in sections else "Unreleased"
    notes = sections.get(heading, "").strip()
    if not notes:
        raise UnfitError(f"CHANGELOG.md says nothing under {heading}; write what users notice")
    return f"{notes}\n"


def _try_out(wheel: str, version: str, sbom: Path) -> None:
    """Install it where nothing else is, start it, and list what came along."""
    with tempfile.TemporaryDirectory() as folder:
        python = f"{folder}/bin/python"
        _run(_UV, "venv", "--quiet", "--python", sys.executable, folder)
        _run(_UV, "pip", "install", "--quiet", "--python", python, wheel)
        said = _run(f"{folder}/bin/bitbucket-hooks", "--version")
        if version not in said:
            raise UnfitError(f"bitbucket-hooks --version says {said.strip()}, not {version}")
        lists = ("cyclonedx-py", "environment", "--output-reproducible", "--pyproject")
        _run(
            *(*_TOOLS, "requirements/release.txt", *lists, "pyproject.toml"),
            *("--output-file", str(sbom), python),
        )


def _metadata(archive: tarfile.TarFile) -> Message[str, str]:
    (info,) = (member for member in archive if re.fullmatch(r"[^/]+/PKG-INFO", member.name))
    file = archive.extractfile(info)
    return BytesParser().parse(file) if file else Message()


def _tracked() -> Sequence[str]:
    return _run("git", "ls-files", "-z").rstrip("\0").split("\0")


def _run(*command: str, **variables: str) -> str:
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, **variables},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        raise UnfitError(f"{' '.join(command)} failed\n{done.stdout}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
