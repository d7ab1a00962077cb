"""docs/getting-started.md, followed by somebody with nothing but a checkout and an engine."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from support import checkout, handbook
from support.engine import Templates, environment
from support.sandbox import Sandbox
from support.transcript import session

PAGE = handbook.page("getting-started.md")

_TITLES = ("In a program of your own", "On a real account")

pytestmark = pytest.mark.engine


def _replaced(line: str, instead: Mapping[str, str]) -> str:
    for text, other in instead.items():
        line = line.replace(text, other)
    return line


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """Nothing is set yet, and `pip` has no network: what it would fetch is this process's."""
    shown = checkout.clean_environment(**environment(tmp_path / "home"))
    del shown["PULUMI_CONFIG_PASSPHRASE"]
    return {**shown, **checkout.OFFLINE_PIP}


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Give a checkout, set up."""
    folder = checkout.copy(tmp_path / "bitbucket-hooks")
    checkout.set_up(folder)
    return folder


def test_as_configuration(clone: Path, env: dict[str, str], templates: Templates) -> None:
    """The commands print what the page shows."""
    env["PYTHONPATH"] = str(templates.pip())
    handbook.play(handbook.section(PAGE, "As configuration"), clone, env)


def test_from_the_template(clone: Path, env: dict[str, str]) -> None:
    """Of a used clone: a project of its files alone, and an environment with the package."""
    part = handbook.section(PAGE, "From the template")
    (install,) = handbook.blocks(part, "shell")
    before = [line for line in install.splitlines() if line]
    handbook.play(part, clone.parent, env, *before)
    folder = clone.parent / "my-fleet"
    found = {path.name for path in folder.iterdir()} - {"__pycache__"}  # as Python keeps it or not
    assert found == {
        *(path.name for path in (clone / "template").iterdir()),
        *(".venv", ".sandbox.db", "state"),
    }


def test_a_program_and_a_real_account(clone: Path, env: dict[str, str], tmp_path: Path) -> None:
    """An installed package, a first hook in a sandbox, then an account that asks for a token."""
    own, real = (handbook.section(PAGE, title) for title in _TITLES)
    (install,) = handbook.blocks(own, "shell")
    folder = tmp_path / "my-hooks"
    before = [line for line in install.splitlines() if line]
    handbook.play(own, clone.parent, env, *before)
    assert not (folder / "bitbucket_hooks").exists()
    assert list(folder.glob(".venv/lib/*/site-packages/bitbucket_hooks/__init__.py"))

    database = tmp_path / "account.db"
    with Sandbox(database) as sandbox:
        token = sandbox.issue_access_token("acme", ["webhook", "repository", "pullrequest"])
        lines = "".join(handbook.blocks(real, "shell")).splitlines()
        instead = {
            "YOUR-WORKSPACE": "acme",
            "oauthToken": f"oauthToken -- {token}",
            "pulumi up": "pulumi up --yes",
            "bitbucket-hooks preview": "bitbucket-hooks preview || test $? = 3",
        }
        commands = [_replaced(line.partition("  #")[0], instead) for line in lines]
        *_, doctor, preview, up, last = session(
            [
                ". .venv/bin/activate",
                'export PULUMI_BACKEND_URL="file://$PWD/state?metadata=skip"',
                "export PULUMI_CONFIG_PASSPHRASE=own",
                f"export BITBUCKET_API_URL=sandbox:{database}",
                *commands,
            ],
            folder,
            env,
        )
        assert " error " not in doctor
        assert "1 hook to create." in preview
        assert "Hook builds created" in up
        assert "2 unchanged" in last
        assert [hook.description for hook in sandbox.hooks()] == ["Builds"]
    assert token not in up + preview + doctor + last
    assert token not in (folder / "Pulumi.prod.yaml").read_text()
