"""The README does what it says: its commands are run in a fresh copy of the project."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.transcript import Step, steps

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
MARK = "=== end of step"

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of every file that a commit would hold."""
    target = tmp_path_factory.mktemp("clone") / "bitbucket-hooks"
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)
    return target


def session(commands: Iterator[str] | list[str], folder: Path) -> list[str]:
    """Run commands in one shell and give what each printed."""
    script = "\n".join(f"{command}\nstatus=$?; echo; echo '{MARK}' $status" for command in commands)
    dropped = ("BITBUCKET_", "PULUMI_")
    done = subprocess.run(
        ["bash"],
        input=script,
        cwd=folder,
        env={k: v for k, v in os.environ.items() if not k.startswith(dropped)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    parts = re.split(rf"\n?{MARK} (\d+)\n", done.stdout)
    assert set(parts[1::2]) == {"0"}, done.stdout
    return parts[:-1:2]


def test_the_tour_prints_what_the_readme_shows(clone: Path) -> None:
    """Every command of the README runs, in order, and prints the lines that stand below it."""
    told = [step for step in steps(README) if step.command != "make test"]
    printed = session([step.command for step in told], clone)

    assert len(printed) == len(told) >= 8
    problems = [_problem(step, text) for step, text in zip(told, printed, strict=True)]
    assert not [problem for problem in problems if problem]


def _problem(step: Step, printed: str) -> str | None:
    line = step.missing(printed)
    return None if line is None else f"$ {step.command}\nmisses: {line}\n{printed}"


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


def test_the_commands_for_a_real_account_work(clone: Path) -> None:
    """The lines for a real account run as they stand, on a sandbox that asks for a token."""
    (block,) = re.findall(r"^```shell\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    lines = [line.partition("  #")[0] for line in block.splitlines()]
    *_, preview, up = session(
        [
            "export BITBUCKET_API_URL=sandbox:account.db",
            *(
                line.replace("oauthToken", "oauthToken -- not-a-token")
                if "oauthToken" in line
                else f"{line} --yes || true"
                if line.endswith("up")
                else line
                for line in lines
            ),
        ],
        clone,
    )
    assert "+ 4 to create" in preview
    assert "was not accepted" in up
    assert "not-a-token" not in up
