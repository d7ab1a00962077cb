"""Where a hook is declared: the line of its entry in the stack's file."""

from __future__ import annotations

from pathlib import Path

import pytest

from bitbucket_hooks.stack.source_lines import SourceLine, declared_at

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
    - name: chat
      url: https://chat.example.com/
      events:
        - repo:push
        - repo:fork
      repositories: [api, web]
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


@pytest.mark.parametrize("in_repository", [True, False])
def test_lines(stacks: Path, in_repository: bool) -> None:
    """From the root of the repository, as reviewers see them; else the file's name has to do."""
    (stacks / "Pulumi.dev.yaml").write_text(TEXT)
    if not in_repository:
        (stacks.parents[1] / ".git").rmdir()
    path = "infra/stacks/Pulumi.dev.yaml" if in_repository else "Pulumi.dev.yaml"
    assert {name: entry.line() for name, entry in declared_at("dev").items()} == {
        "ci": SourceLine(path, 6),
        "audit": SourceLine(path, 8),
        "chat": SourceLine(path, 12),
    }


@pytest.mark.parametrize(
    ("way", "number"),
    [
        (("url",), 13),
        (("events",), 14),
        (("events", 1), 16),
        (("events", 2), 14),
        (("repositories", 1), 17),
        (("url", "x"), 13),
        (("description",), 12),
        ((0,), 12),
    ],
)
def test_lines_within_an_entry(stacks: Path, way: tuple[str | int, ...], number: int) -> None:
    """The part that is meant, or what holds it where it isn't there."""
    (stacks / "Pulumi.dev.yaml").write_text(TEXT)
    assert declared_at("dev")["chat"].line(*way).number == number


@pytest.mark.parametrize(
    "text", [None, "", "[", "text", "config: x", "config:\n  bitbucket-hooks:hooks: x"]
)
def test_what_cannot_be_told(stacks: Path, text: str | None) -> None:
    """Nothing is."""
    if text is not None:
        (stacks / "Pulumi.dev.yaml").write_text(text)
    assert declared_at("dev") == {}
