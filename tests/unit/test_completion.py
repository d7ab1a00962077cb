"""What a shell completes words to: a real bash types, and says which words it got."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path
from typing import Final

import pytest
from click.testing import CliRunner

from bitbucket_hooks.cli import main
from support.terminal import on_terminal

_PATH: Final = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
# the program completes, and a function of its name says what it would be called with
_SET_UP: Final = """\
eval "$(bitbucket-hooks completion bash)"
bitbucket-hooks() { printf '<%s>' "$@"; echo; }
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with three stacks."""
    (tmp_path / "Pulumi.yaml").write_text("name: hooks\nruntime: python\n")
    for stack in ("dev", "prod-eu", "prod-us"):
        (tmp_path / f"Pulumi.{stack}.yaml").write_text("config: {}\n")
    return tmp_path


def test_bash(project: Path) -> None:
    """Completes commands, options, values and files, also within what it takes for two words."""
    typed = {
        "inv\tacme": "<inventory><acme>",
        "stacks prev\tprod-e\t": "<stacks><preview><prod-eu>",
        "stacks prod-e\t": "<stacks><prod-eu>",
        "check d\t": "<check><dev>",
        "drift --stack d\t": "<drift><--stack><dev>",
        "drift --stack=d\t": "<drift><--stack=dev>",
        "report --format=ht\t": "<report><--format=html>",
        "report Pulumi.d\t": "<report><Pulumi.dev.yaml>",
        "send repo:pu\t--url http://127.0.0.1:1/": "<send><repo:push><--url><http://127.0.0.1:1/>",
        "send 'repo:pu\t": "<send><repo:push>",
        "sandbox trigger acme/api issue:cr\t": "<sandbox><trigger><acme/api><issue:created>",
    }
    asked = "".join(f"bitbucket-hooks {words}\n" for words in typed)
    printed = on_terminal(
        ["bash", "--norc", "--noprofile", "-i"],
        typed=f"{_SET_UP}{asked}exit\n",
        env={"PATH": _PATH, "PS1": ""},
        cwd=project,
    )
    assert re.findall(r"<\S+>$", printed, re.MULTILINE) == [*typed.values()], printed


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script(shell: str) -> None:
    """Is printed as it is, or as JSON."""
    script = CliRunner().invoke(main, ["completion", shell]).stdout
    assert f"_BITBUCKET_HOOKS_COMPLETE={shell}_complete" in script
    found = json.loads(CliRunner().invoke(main, ["completion", shell, "--json"]).stdout)
    assert found == {"shell": shell, "script": script.removesuffix("\n")}


@pytest.mark.parametrize("shell", ["zsh", "fish"])
@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("drift --stack=d", "--stack=dev"),
        ("drift --stack d", "dev"),
        ("send repo:pu", "repo:push"),
    ],
)
def test_shells_that_replace_the_whole_word(
    project: Path, monkeypatch: pytest.MonkeyPatch, shell: str, words: str, found: str
) -> None:
    """Get the whole word."""
    monkeypatch.chdir(project)
    whole = f"bitbucket-hooks {words}"
    asked = {
        "_BITBUCKET_HOOKS_COMPLETE": f"{shell}_complete",
        "COMP_WORDS": whole,
        "COMP_CWORD": str(len(words.split())) if shell == "zsh" else whole.rsplit(maxsplit=1)[-1],
    }
    printed = CliRunner(env=asked).invoke(main, prog_name="bitbucket-hooks").stdout
    assert found in re.split(r"[\n,]", printed)


def test_outside_a_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """There are no stacks, and no error."""
    monkeypatch.chdir(tmp_path)
    asked = {
        "_BITBUCKET_HOOKS_COMPLETE": "bash_complete",
        "COMP_WORDS": "bitbucket-hooks\ncheck\n",
        "COMP_CWORD": "2",
    }
    done = CliRunner(env=asked).invoke(main, prog_name="bitbucket-hooks")
    assert done.output.strip() == ""
