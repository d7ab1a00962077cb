"""`bitbucket-hooks new`: from nothing to a preview of webhooks that are there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bitbucket_hooks.stack.schema import SCHEMA_URL
from support import checkout
from support.engine import environment
from support.sandbox import Sandbox
from support.transcript import session

pytestmark = pytest.mark.engine


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """Nothing is set yet but a backend, and `pip` has no network: its packages are here."""
    (tmp_path / "state").mkdir()
    backend = {"PULUMI_BACKEND_URL": f"file://{tmp_path}/state", "PULUMI_CONFIG_PASSPHRASE": "x"}
    clean = checkout.clean_environment(**environment(tmp_path / "home"))
    return {**clean, **checkout.OFFLINE_PIP, **backend}


def test_its_steps_lead_to_a_preview(tmp_path: Path, env: dict[str, str]) -> None:
    """Each step that it names is run: the hooks that live are declared, and would be adopted."""
    (made,) = session(
        ["bitbucket-hooks new 'my hooks' --project hooks --sandbox --json"], tmp_path, env
    )
    folder, steps = tmp_path / "my hooks", json.loads(made)["next"]
    with Sandbox(folder / ".sandbox.db") as sandbox:
        for name in ("acme/api", "acme/web"):
            sandbox.plant_hook(name, "https://ci.example.com/", description="Jenkins")
    *_, preview, python, up, again = session(
        [
            *(step if step != steps[-1] else f"{step} || test $? = 3" for step in steps),
            "command -v python3",
            "bitbucket-hooks up --yes",
            "bitbucket-hooks preview --refresh",
        ],
        tmp_path,
        env,
    )
    assert "2 hooks to adopt" in preview, preview
    assert Path(python.strip()) == folder / ".venv" / "bin" / "python3"
    assert "2 hooks adopted" in up, up
    assert "Nothing changes" in again
    with Sandbox(folder / ".sandbox.db") as sandbox:
        assert len(sandbox.hooks()) == 2


def test_the_stack_of_an_account_is_in_order(tmp_path: Path, env: dict[str, str]) -> None:
    """Nothing is declared yet; its files are those that it names."""
    made, checked = session(
        ["bitbucket-hooks new hooks -w acme", "cd hooks; bitbucket-hooks check prod"], tmp_path, env
    )
    assert "Stack prod: fine" in checked
    written = {path.name for path in (tmp_path / "hooks").iterdir() if path.is_file()}
    assert written == {
        *("Pulumi.yaml", "Pulumi.prod.yaml", "__main__.py", "requirements.txt", ".gitignore")
    }
    assert all(f"wrote hooks/{name}" in made for name in written)
    config = (tmp_path / "hooks" / "Pulumi.prod.yaml").read_text()
    assert config.startswith(f"# yaml-language-server: $schema={SCHEMA_URL}\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("full --sandbox", "full isn't empty"),
        ("full/file --sandbox", "full/file can't be written"),
        ("new", "--workspace, or --sandbox"),
        ("new -w 'a b'", "'a b' can't be a workspace"),
        ("'a b' --sandbox", "'a b' can't be the name of a project"),
        ("new --sandbox --stack a/b", "'a/b' can't be the name of a stack"),
    ],
)
def test_what_is_refused(tmp_path: Path, env: dict[str, str], arguments: str, message: str) -> None:
    """With the remedy, and without a file."""
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    before = sorted(tmp_path.rglob("*"))
    (said,) = session([f"bitbucket-hooks new {arguments} || true"], tmp_path, env)
    assert message in said
    assert "Traceback" not in said
    assert sorted(tmp_path.rglob("*")) == before
