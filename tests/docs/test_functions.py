"""The page of functions does what it says: its program and its commands are run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pulumi
import pytest

from support.command import run
from support.pulumi_program import program
from support.transcript import steps

PAGE = (Path(__file__).parents[2] / "docs" / "functions.md").read_text("utf-8")


def test_the_commands_print_what_the_page_shows(
    sandbox_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the sandbox."""
    monkeypatch.setenv("BITBUCKET_API_URL", f"sandbox:{sandbox_path}")
    shown = list(steps(PAGE))
    assert len(shown) == 2
    for step in shown:
        name, *arguments = step.command.split()
        assert name == "bitbucket-hooks"
        assert step.missing(run(*arguments).stdout) is None


def test_the_program_runs(sandbox_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And exports events and ranges."""
    (text,) = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    exported: dict[str, Any] = {}
    monkeypatch.setattr(pulumi, "export", exported.__setitem__)
    with program({"bitbucket:apiUrl": f"sandbox:{sandbox_path}"}) as run:
        run(lambda: exec(compile(text, "page", "exec"), {}))  # noqa: S102
    assert "repo:push" in exported["events"]
    assert "198.51.100.0/25" in exported["allow"]
