"""docs/sandbox.md does what it says: its commands run, and its page is where it is said to be."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import requests

from bitbucket_hooks.sandbox.historystore import MOST
from support import checkout
from support.command import run
from support.receiver import receiver
from support.sandbox import Sandbox, serve

PAGE = (checkout.ROOT / "docs" / "sandbox.md").read_text("utf-8")


def test_the_commands_run(
    sandbox: Sandbox, sandbox_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In their order, and the last one tells of what the first one sent when it runs again."""
    monkeypatch.setenv("BITBUCKET_API_URL", f"sandbox:{sandbox_path}")
    (block,) = re.findall(r"^## Deliveries\n\n```shell\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    commands = [shlex.split(line, comments=True)[1:] for line in block.splitlines()]
    assert [command[1] for command in commands] == ["trigger", "change-hook", "history"]
    with receiver() as there:
        sandbox.plant_hook("acme/web", there.url, description="CI")
        for command in (*commands, commands[0], commands[2]):
            result = run(*command)
    assert re.search(r"repo:push +200 OK", result.output)
    assert f"the latest\n  {MOST};" in PAGE


def test_the_pages_are_there(sandbox_path: Path) -> None:
    """Under the paths that are named, with the buttons that are named."""
    paths = re.findall(r"`(/WORKSPACE\S*/webhooks)`", PAGE)
    assert len(paths) == 2
    with serve(sandbox_path) as base:
        texts = [requests.get(_url(base, path), timeout=10).text for path in paths]
    for name in ("Webhooks", "Add webhook", "Trigger an event"):
        assert f"**{name}**" in PAGE
        assert [f">{name}<" in text for text in texts] == [True, name != "Trigger an event"]


def _url(base: str, path: str) -> str:
    named = path.replace("WORKSPACE", "acme").replace("REPOSITORY", "web")
    return base.removesuffix("/2.0") + named
