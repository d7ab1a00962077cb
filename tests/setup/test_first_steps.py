"""The first steps from a clone, whatever the shell exports; git has nothing to say of them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from support import checkout, transcript
from support.engine import Templates

pytestmark = pytest.mark.engine


def _git(clone: Path, *args: str) -> str:
    done = subprocess.run(
        ["git", "-c", "user.name=t", "-c", "user.email=t@example.com", *args],
        cwd=clone,
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone, with the packages of this process in the place of its own."""
    clone = checkout.copy(tmp_path / "clone")
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "x"]):
        _git(clone, *command)
    checkout.set_up(clone)
    return clone


@pytest.mark.parametrize(
    "exported",
    [
        {"PULUMI_CONFIG_PASSPHRASE": "mine"},
        {
            "PULUMI_CONFIG_PASSPHRASE_FILE": "{}/passphrase",
            "PULUMI_ACCESS_TOKEN": "pul-x",
            "PULUMI_BACKEND_URL": "file://{}",
        },
    ],
)
def test_make_up_with_what_the_shell_exports(
    clone: Path, tmp_path: Path, templates: Templates, exported: dict[str, str]
) -> None:
    """One's own passphrase, backend or token serve; the second time there is nothing to do."""
    (tmp_path / "passphrase").write_text("mine")
    (tmp_path / "state").mkdir()
    env = checkout.clean_environment(
        PYTHONPATH=str(templates.pip()),
        **{
            name: value.format(tmp_path if "FILE" in name else tmp_path / "state")
            for name, value in exported.items()
        },
    )
    up, again = transcript.session(["make up", "make up"], clone, env)
    assert "+ 6 created" in up
    assert "6 unchanged" in again
    assert not _git(clone, "status", "--porcelain")
