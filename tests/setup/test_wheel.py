"""The built wheel in somebody else's program: every supported Python that this machine has.

The names of the tests say which those are. The oldest has the oldest version of each dependency
that `pyproject.toml` admits, Pulumi's SDK among them; the others have the locked ones.
"""

from __future__ import annotations

import re
import zipfile
from email.parser import BytesParser
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from support import strangers
from support.strangers import ROOT, Stranger

pytestmark = pytest.mark.engine

PYTHONS: Final = strangers.pythons()
PROGRAM: Final = """
import pulumi
import bitbucket_hooks as bitbucket

ci = bitbucket.Hook(
    "ci",
    repository="web",
    url="https://ci.example.com/bitbucket",
    events=["repo:push", "pullrequest:created"],
    secret="canary-signs",
)
chat = bitbucket.HookFleet(
    "chat",
    repositories=["api", "worker"],
    url="https://chat.example.com/hooks",
    secret_from="file:chat.secret",
)
pulumi.export("ci", ci.uuid)
pulumi.export("chat", chat.hooks)
"""
EVERY_MODULE: Final = """
import importlib, pkgutil, bitbucket_hooks
print(bitbucket_hooks.__file__)
for module in pkgutil.walk_packages(bitbucket_hooks.__path__, "bitbucket_hooks."):
    if not module.name.endswith((".postgres_store", ".redis_store", ".plots")):  # need their extras
        importlib.import_module(module.name)
"""
LOCKED: Final = re.compile(r"^[\w.-]+==[^\\\n]+", re.MULTILINE)
UUID: Final = re.compile(r"\{[0-9a-f-]{36}\}")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this source tree."""
    return strangers.build_wheel(tmp_path_factory.mktemp("wheel"))


def test_the_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    """Every module, the files that they read, and the mark that it has types; no test."""
    package = ROOT / "resources" / "bitbucket_hooks"
    sources = (path for path in package.rglob("*") if path.is_file() and path.suffix != ".pyc")
    expected = {path.relative_to(package.parent).as_posix() for path in sources}
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert packed == expected


def test_the_wheel_says_whose_it_is(wheel: Path) -> None:
    """Author, licence with its text, and where to find more."""
    with zipfile.ZipFile(wheel) as archive:
        (metadata,) = (name for name in archive.namelist() if name.endswith("/METADATA"))
        described = BytesParser().parsebytes(archive.read(metadata))
        licence = archive.read(metadata.replace("METADATA", "licenses/LICENSE"))
    assert described["License-Expression"] == "Apache-2.0"
    assert described["Author"] == "bitbucket-hooks maintainers"
    labels = {url.partition(",")[0] for url in described.get_all("Project-URL", [])}
    assert labels == {"Homepage", "Documentation", "Changelog", "Issues"}
    assert b"Apache License" in licence
    assert b"END OF TERMS AND CONDITIONS" in licence


CASES: Final = strangers.cases(PYTHONS)
"""The oldest Python with the oldest versions of all, and each other with the locked ones."""


@pytest.mark.parametrize(("python", "versions"), [CASES[0], CASES[-1]])
def test_a_strangers_program(wheel: Path, tmp_path: Path, python: str, versions: str) -> None:
    """It is deployed, drift is repaired in place, and the commands are there."""
    stranger = _stranger(wheel, tmp_path, python, versions)
    up = stranger.pulumi("up", "--yes")
    assert "Previewing update" in up
    assert "+ 3 created" in up

    (uuid,) = UUID.findall(stranger.run("bitbucket-hooks", "sandbox", "hooks", "acme/web"))
    stranger.run("bitbucket-hooks", "sandbox", "change-hook", "acme/web", "--inactive")
    drift = stranger.run("bitbucket-hooks", "drift", code=3)
    assert "https://ci.example.com/bitbucket" in drift
    up = stranger.pulumi("up", "--refresh", "--yes", "--skip-preview")
    assert "ci updated" in up
    assert "[diff: ~active]" in up
    assert uuid in stranger.run("bitbucket-hooks", "sandbox", "hooks", "acme/web")
    states = (path.read_text() for path in stranger.folder.rglob("states/**/*.json*"))
    assert not any("canary" in state for state in states)


@pytest.mark.parametrize(("python", "versions"), CASES[1:-1])
def test_other_pythons(wheel: Path, tmp_path: Path, python: str, versions: str) -> None:
    """Between the oldest and the newest: it is deployed, and the commands are there."""
    stranger = _stranger(wheel, tmp_path, python, versions)
    assert "+ 3 created" in stranger.pulumi("up", "--yes", "--skip-preview")


def _stranger(wheel: Path, folder: Path, python: str, versions: str) -> Stranger:
    """A project with an empty stack, and an environment in which every module can be imported."""
    stranger = Stranger(folder / "venv", folder / "work")
    stranger.folder.mkdir()
    pins = ["-c", _constraints(folder)] if versions == "locked" else strangers.oldest(wheel)
    stranger.install(PYTHONS[python], [str(wheel), *pins])
    assert stranger.run("python", "-c", EVERY_MODULE).startswith(str(stranger.venv))
    assert "0.1.0" in stranger.run("bitbucket-hooks", "--version")
    _lay_out(stranger)
    _check_command(stranger)
    _configure(stranger)
    stranger.pulumi("stack", "init", "dev")
    return stranger


def _check_command(stranger: Stranger) -> None:
    """`check` reads a stack's file, and tells a mistake with its remedy."""
    entry = {"name": "ci", "url": "https://ci.example.com/", "repositories": ["web"]}
    config: dict[str, Any] = {"bitbucket:workspace": "acme", "bitbucket-hooks:hooks": [entry]}
    stack = stranger.folder / "Pulumi.dev.yaml"
    stack.write_text(yaml.safe_dump({"config": config}))
    assert "ci" in stranger.run("bitbucket-hooks", "check")
    config["bitbucket-hooks:hooks"] = [{**entry, "actve": True}]
    stack.write_text(yaml.safe_dump({"config": config}))
    refused = stranger.run("bitbucket-hooks", "check", code=1)
    assert 'bitbucket-hooks:hooks[0].actve: is no key of a hook; did you mean "active"?' in refused


def _lay_out(stranger: Stranger) -> None:
    """A project whose interpreter is the one that is first on PATH."""
    (stranger.folder / "Pulumi.yaml").write_text("name: theirs\nruntime: python\n")
    (stranger.folder / "__main__.py").write_text(PROGRAM)
    (stranger.folder / "chat.secret").write_text("canary-chat")


def _configure(stranger: Stranger) -> None:
    config = {"bitbucket:apiUrl": "sandbox:.sandbox.db", "bitbucket:workspace": "acme"}
    (stranger.folder / "Pulumi.dev.yaml").write_text(yaml.safe_dump({"config": config}))


def _constraints(folder: Path) -> str:
    """The lock without its hashes, which would forbid a wheel that was just built."""
    file = folder / "constraints.txt"
    file.write_text("\n".join(LOCKED.findall(strangers.LOCK.read_text())))
    return str(file)
