"""Where a hook is declared: the line of its entry in the stack's file."""

from __future__ import annotations

from pathlib import Path

import pytest

from bitbucket_hooks.runs.places import Line, declared_at, entries_at

TEXT = """# a comment
config:
  bitbucket:workspace: acme
  bitbucket-hooks:hooks:
    # the first
    - name: ci
      url: https://ci.example.com/
    - url: https://audit.example.com/
      name: audit
    - {url: x}
    - text
"""


@pytest.fixture
def stacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the folder of the stacks of a project somewhere in a repository."""
    (tmp_path / ".git").mkdir()
    folder = tmp_path / "infra" / "stacks"
    folder.mkdir(parents=True)
    (folder.parent / "Pulumi.yaml").write_text("name: x\nstackConfigDir: stacks\n")
    monkeypatch.chdir(folder)
    return folder


def test_lines(stacks: Path) -> None:
    """From the root of the repository, as reviewers see them."""
    (stacks / "Pulumi.dev.yaml").write_text(TEXT)
    path = "infra/stacks/Pulumi.dev.yaml"
    assert declared_at("dev") == {"ci": Line(path, 6), "audit": Line(path, 8)}
    assert entries_at("dev") == [Line(path, number) for number in (6, 8, 10, 11)]


def test_without_a_repository(stacks: Path) -> None:
    """The file's name has to do."""
    (stacks.parents[1] / ".git").rmdir()
    (stacks / "Pulumi.dev.yaml").write_text(TEXT)
    found = declared_at("dev")["ci"]
    assert found.path.endswith("Pulumi.dev.yaml")


@pytest.mark.parametrize(
    "text", [None, "", "[", "text", "config: x", "config:\n  bitbucket-hooks:hooks: x"]
)
def test_what_cannot_be_told(stacks: Path, text: str | None) -> None:
    """Nothing is."""
    if text is not None:
        (stacks / "Pulumi.dev.yaml").write_text(text)
    assert declared_at("dev") == {}
    assert entries_at("dev") == []
