"""The README does what it says: its commands are run in a fresh copy of the project."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from support import checkout, transcript
from support.sandbox import Sandbox
from support.transcript import Step, canonical, misses, steps
from tools.pictures import PICTURES, description, review
from tools.terminal import drawn, terminal

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of every file that a commit would hold."""
    return checkout.copy(tmp_path_factory.mktemp("clone") / "bitbucket-hooks")


def session(commands: list[str], folder: Path) -> list[str]:
    """Run commands as somebody does who has set nothing yet."""
    return transcript.session(commands, folder, checkout.clean_environment())


def words(picture: str) -> list[str]:
    """The texts of a picture, without what differs from run to run."""
    return [canonical(text) for text in re.findall(r"<text .*?>(.*?)</text>", picture)]


def test_the_tour_prints_what_the_readme_shows(clone: Path) -> None:
    """Every command of the README runs, in order, and prints the lines that stand below it.

    What a preview prints then is what the picture of the docs' front page shows.
    """
    shown = [step for step in steps(README) if step.command != "make test"]
    printed = session([step.command for step in shown], clone)

    assert len(printed) == len(shown) >= 8
    assert not misses(shown, printed)

    with terminal(clone, checkout.clean_environment()) as shell:
        shell.run(". ./activate")
        reviewed = drawn([review(shell)], description("preview.svg"))
    assert words(reviewed) == words((PICTURES / "preview.svg").read_text("utf-8"))


def test_make_test_is_there(clone: Path) -> None:
    """The README's command for tests is a target: these tests run under it."""
    assert Step("make test") in list(steps(README))
    (printed,) = session(["make --dry-run test"], clone)
    assert "pytest" in printed


def test_the_program_previews(clone: Path, tmp_path: Path) -> None:
    """The README's program declares two hooks, and its real-account commands exist."""
    (program,) = re.findall(r"^```python\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    (tmp_path / "Pulumi.yaml").write_text("name: readme\nruntime: python\n")
    (tmp_path / "__main__.py").write_text(program)
    *_, printed = session(
        [
            f". {clone}/activate",
            "export CI_HOOK_SECRET=signs BITBUCKET_API_URL=sandbox:sandbox.db",
            "pulumi stack init readme",
            "pulumi up --yes --skip-preview",
        ],
        tmp_path,
    )
    assert "Hook ci created" in printed
    assert "WorkspaceHook audit created" in printed


def test_the_commands_for_a_real_account_work(clone: Path, tmp_path: Path) -> None:
    """The lines for a real account run as they stand, on a sandbox that asks for a token."""
    (block,) = re.findall(r"^```shell\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    database = tmp_path / "account.db"
    with Sandbox(database) as sandbox:
        token = sandbox.issue_access_token("acme", ["webhook", "repository", "pullrequest"])
        live = {
            sandbox.plant_hook(name, "https://ci.example.com/") for name in ("acme/api", "acme/web")
        }
        _, *lines = (line.partition("  #")[0].rstrip() for line in block.splitlines())
        instead = {
            "YOUR-WORKSPACE": "acme",
            "oauthToken": f"oauthToken -- {token}",
            "preview": "preview || test $? = 3",
            "pulumi up": "pulumi up --yes",
        }
        for text, other in instead.items():
            lines = [line.replace(text, other) for line in lines]
        *_, preview, up = transcript.session(
            [f". {clone}/activate", f"export BITBUCKET_API_URL=sandbox:{database}", *lines],
            tmp_path,
            checkout.clean_environment(HOME=str(tmp_path), **checkout.OFFLINE_PIP),
        )
        assert "2 hooks to adopt" in preview, preview
        assert "HookFleet ci-example-com created" in up, up
        assert {hook.uuid for hook in sandbox.hooks()} == {hook.uuid for hook in live}
        assert token not in preview + up
