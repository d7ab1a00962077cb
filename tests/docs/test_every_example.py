"""What any page shows of commands, options, keys, variables and files is there, in prose too.

Pages whose sessions are run have tests of their own; this one holds all pages against the code.
"""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click
import pytest

from bitbucket_hooks.cli import main
from bitbucket_hooks.model.settings import KEYS, TURN, VARIABLES
from bitbucket_hooks.stack.config import STACK_KEYS
from support.engine import ROOT, environment

PAGES: Final = sorted(
    path.relative_to(ROOT).as_posix()
    for path in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *ROOT.glob("template/*.md"))
)
# the part of a type or function token that is its name, and what stands for any key
_NO_KEYS: Final = ("Hook", "HookFleet", "WorkspaceHook", "getIpRanges", "index", "KEY")
_OTHER_VARIABLES: Final = (
    *(TURN, "BITBUCKET_HOOKS_FORCE", "BITBUCKET_HOOKS_CACHE"),
    "BITBUCKET_PARALLEL_STEP",  # of Bitbucket Pipelines
)
_FENCE: Final = re.compile(r"^ *```(.*?)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_INLINE: Final = re.compile(r"(`+)(.+?)\1", re.DOTALL)
_GROUPS: Final = ("config", "stack", "state")
"""Commands of the engine that have commands."""
_SHELLS: Final = ("shell", "console", "yaml")
_OPERATORS: Final = re.compile(r"\s(?:\|\|?|&&?|;|>>?)(?:\s|$).*|[;)]$|\s*\\$|>\S*")


def _text(page: str) -> str:
    return (ROOT / page).read_text("utf-8")


def _code(page: str) -> Iterator[str]:
    """Lines of code blocks that a shell runs, and what stands in prose as code."""
    text = _text(page)
    for kind, code in _FENCE.findall(text):
        if kind in _SHELLS:
            lines = code.splitlines()
            commands = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
            for line in commands if kind == "console" else lines:
                # what a shell substitutes is a call of its own
                yield re.sub(r"(^|\s)#\s.*", "", line.replace("$(", "\n").replace(')"', "\n"))
    for _, code in _INLINE.findall(_FENCE.sub("", text)):
        yield " ".join(code.split())


def _calls(page: str, program: str) -> list[list[str]]:
    """The words after a program's name, wherever it is called; each call by itself."""
    found = []
    for line in _code(page):
        for call in re.findall(rf"(?m)(?:^|[\s(|&;]){program}((?:\s.*)?)$", line):
            for part in re.split(rf"[|&;(]+\s*{program}(?=\s)", call):
                words = _OPERATORS.sub("", part)
                try:
                    found.append(shlex.split(words))
                except ValueError:
                    found.append(words.split())
    return found


CALLS: Final = [(page, call) for page in PAGES for call in _calls(page, "bitbucket-hooks")]


def _strange(call: list[str]) -> str | None:
    """What of a call there isn't: a command, or an option of it."""
    command: click.Command = main
    rest = list(call)
    while rest and isinstance(command, click.Group) and re.match("[a-z]", rest[0]):
        default = command.commands.get("list")  # what `stacks` does that is told nothing else
        found = command.commands.get(rest[0])
        if found:
            rest.pop(0)
        elif not default:
            return rest[0]
        command = found or default or command
    known = {opt for param in command.params for opt in (*param.opts, *param.secondary_opts)}
    given = rest[: rest.index("--")] if "--" in rest else rest
    strange = _options(given) - known - {"--help", "-h"}
    return next(iter(strange), None)


def _options(words: list[str]) -> set[str]:
    return {word.partition("=")[0] for word in words if re.match(r"--?[a-z]", word)}


def test_our_commands() -> None:
    """Every command that a page names is there, with the options that it is given."""
    wrong = [(page, " ".join(call)) for page, call in CALLS if _strange(call)]
    assert len(CALLS) > 100
    assert wrong == []


@pytest.mark.engine
def test_the_engines_commands(tmp_path: Path) -> None:
    """So is every one of `pulumi` itself; what a command takes, its help says."""
    calls: dict[tuple[str, ...], set[str]] = {}
    for page in PAGES:
        for call in _calls(page, "pulumi"):
            words = [word for word in call if re.fullmatch("[a-z]+", word)]
            command = tuple(words[: 2 if words and words[0] in _GROUPS else 1])
            if command:
                calls.setdefault(command, set()).update(_options(call))
    hidden = {"PULUMI_DEBUG_COMMANDS": "true", "PULUMI_EXPERIMENTAL": "true"}  # --event-log, --plan
    env = {**environment(tmp_path), **hidden}
    missing = []
    for command, options in calls.items():
        helped = subprocess.run(
            ["pulumi", *command, "--help"], env=env, capture_output=True, text=True, check=False
        )
        assert helped.returncode == 0, (command, helped.stderr)
        named = set(re.findall(r"(?<![\w-])--?[a-z][\w-]*", helped.stdout))
        missing += [(" ".join(command), option) for option in options - named]
    assert len(calls) > 10
    assert missing == []


@pytest.mark.parametrize("page", PAGES)
def test_keys_and_variables(page: str) -> None:
    """Each that a page names means something."""
    text = _text(page)
    ours = {*KEYS, *_NO_KEYS}
    assert set(re.findall(r"(?<![\w/-])bitbucket:([a-zA-Z]+)", text)) <= ours
    assert set(re.findall(r"(?<![\w/])bitbucket-hooks:([a-zA-Z]+)", text)) <= {*ours, *STACK_KEYS}
    assert set(re.findall(r"\bbitbucket-hooks:index:(\w+)", text)) <= {*_NO_KEYS}
    named = set(re.findall(r"\bBITBUCKET_[A-Z_]*[A-Z]\b", text))
    assert named <= {*VARIABLES.values(), *_OTHER_VARIABLES, *_of_pipelines()}


def _of_pipelines() -> set[str]:
    """What Bitbucket Pipelines sets, as far as our code reads it."""
    package = ROOT / "resources" / "bitbucket_hooks"
    texts = [path.read_text("utf-8") for path in package.rglob("*.py")]
    return {name for text in texts for name in re.findall(r"\"(BITBUCKET_[A-Z_]+)\"", text)}


@pytest.mark.parametrize("page", PAGES)
def test_scripts_and_targets(page: str) -> None:
    """`make TARGET`, and files of `ci/`, `stacks/` and `engine/`, are there."""
    targets = set(re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {call[0] for call in _calls(page, "make") if call and call[0].isalpha()}
    assert named <= targets
    files = {
        word
        for line in _code(page)
        for word in re.findall(r"(?<![\w./])(?:\.?ci|stacks|engine)/[\w./-]+\.(?:sh|py)", line)
    }
    assert {file for file in files if not (ROOT / file).exists()} == set()
