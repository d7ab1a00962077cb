"""Which values of the stack config were given as secrets: its own file tells."""

from __future__ import annotations

from pathlib import Path

import pytest

from bitbucket_hooks.stack.files import encrypted_paths

KEY = "bitbucket-hooks:hooks"
HOOKS = f"""config:
  {KEY}:
    - name: a
      url: https://a.example.com/
    - name: b
      url:
        secure: v1:abc
    - text
    - url: {{other: x}}
    - secret: {{secure: v1:def}}
"""


@pytest.fixture
def stacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the folder of a project's stacks."""
    (tmp_path / "Pulumi.yaml").write_text("name: x\nstackConfigDir: stacks\n")
    folder = tmp_path / "stacks"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def test_secure_urls(stacks: Path) -> None:
    """By their place."""
    (stacks / "Pulumi.dev.yaml").write_text(HOOKS)
    assert encrypted_paths("dev", KEY) == {f"{KEY}[1].url", f"{KEY}[4].secret"}


def test_stacks_beside_the_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As Pulumi has them without a folder of their own."""
    (tmp_path / "Pulumi.yaml").write_text("name: x\n")
    (tmp_path / "Pulumi.dev.yaml").write_text(HOOKS)
    monkeypatch.chdir(tmp_path)
    assert encrypted_paths("dev", KEY) == {f"{KEY}[1].url", f"{KEY}[4].secret"}


@pytest.mark.parametrize(
    "text",
    [None, "", "text", "config: text", "config:\n  other: 1", f"config:\n  {KEY}: x", "{", "\x00"],
)
def test_what_cannot_be_told(stacks: Path, text: str | None) -> None:
    """None: then every url counts as secret."""
    if text is not None:
        (stacks / "Pulumi.dev.yaml").write_text(text)
    assert encrypted_paths("dev", KEY) is None


def test_a_project_that_cannot_be_read(stacks: Path) -> None:
    """Neither."""
    (stacks.parent / "Pulumi.yaml").write_text("[")
    assert encrypted_paths("dev", KEY) is None


def test_without_a_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor then."""
    monkeypatch.chdir(tmp_path)
    assert encrypted_paths("dev", KEY) is None
