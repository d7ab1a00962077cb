"""From a stack's configuration to resources."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pulumi
import pytest

from bitbucket_hooks.stack.declare import declare_hooks
from support.pulumi_program import Registered, program

URL = "https://ci.example.com/"
HOOKS: list[dict[str, Any]] = [
    {"name": "ci", "url": URL, "repositories": ["web", "api"], "protect": True},
    {"name": "audit", "url": f"{URL}?token=canary", "workspace": True, "secretFrom": "env:X"},
]


@pytest.fixture(autouse=True)
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: hooks\n")
    monkeypatch.chdir(tmp_path)


def _declared(hooks: Any, *, secret: bool = False, **config: Any) -> list[Registered]:
    keys = {f"bitbucket:{key}": value for key, value in config.items()}
    usual = {"bitbucket:apiUrl": "sandbox:x.db", **keys}
    secrets = ("bitbucket-hooks:hooks",) if secret else ()
    with program({**usual, "bitbucket-hooks:hooks": hooks}, secrets) as run:
        return run(declare_hooks)


def test_one_resource_for_each_hook() -> None:
    """Named after the entry and the repository."""
    made = _declared(HOOKS)
    assert [(each.name, each.protect) for each in made] == [
        ("ci/web", True),
        ("ci/api", True),
        ("audit", False),
    ]
    assert made[0].inputs == {"repository": "web", "url": URL}
    assert made[2].inputs["secretFrom"] == "env:X"
    assert not any("url" in each.secrets for each in made)


def test_no_hooks() -> None:
    """Are none."""
    assert _declared([]) == []


def test_secret_urls_stay_secret(tmp_path: Path) -> None:
    """Those that the stack's file says are; all when it doesn't tell."""
    made = _declared(HOOKS, secret=True)
    assert all("url" in each.secrets for each in made)
    (tmp_path / "Pulumi.dev.yaml").write_text(
        "config:\n  bitbucket-hooks:hooks:\n    - url: x\n    - url: {secure: abc}\n"
    )
    made = _declared(HOOKS, secret=True)
    assert [each.name for each in made if "url" in each.secrets] == ["audit"]


def test_mistakes_are_told_at_once() -> None:
    """As the engine shows them: without a traceback."""
    wrong = [{"name": "ci", "url": "x", "repositories": ["web"], "events": ["repo:psh"]}]
    with pytest.raises(pulumi.RunError) as refused:
        _declared(wrong)
    lines = str(refused.value).splitlines()
    assert lines[0].startswith("bitbucket-hooks:hooks[0].url: must start with")
    assert lines[1].startswith('bitbucket-hooks:hooks[0].events[0]: unknown event "repo:psh"')


def test_settings_that_cannot_be_used() -> None:
    """Likewise."""
    with pytest.raises(pulumi.RunError, match="bitbucket:rateLimit"):
        _declared(HOOKS, rateLimit="many")


@pytest.mark.parametrize(
    ("api_url", "passphrase", "warned"),
    [
        ("https://api.example.com", "sandbox", True),
        ("https://api.example.com", "own", False),
        ("sandbox:x.db", "sandbox", False),
    ],
)
def test_a_passphrase_that_everybody_knows(
    monkeypatch: pytest.MonkeyPatch, api_url: str, passphrase: str, warned: bool
) -> None:
    """Is warned of where real secrets are."""
    told: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", told.append)
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", passphrase)
    _declared([], apiUrl=api_url)
    assert any("PULUMI_CONFIG_PASSPHRASE" in each for each in told) is warned
