"""A page of the handbook as one session: its files are written and its commands run, in order."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from support.transcript import Step, misses, session, steps

DOCS: Final = Path(__file__).parents[2] / "docs"

_BLOCK: Final = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_NAMED: Final = re.compile(r"\A(?:#|//) ([\w./-]+\.(?:py|ts|yaml|txt))\b")
_END: Final = "end of the block"
# a stack's file keeps what the engine wrote into it, such as its salt
_MERGE: Final = (
    "import pathlib, sys, yaml; file = pathlib.Path(sys.argv[1]); "
    "whole = yaml.safe_load(file.read_text()) if file.exists() else {}; "
    "file.write_text(yaml.safe_dump({**whole, **yaml.safe_load(sys.stdin)}))"
)


def page(name: str) -> str:
    """The text of a page below docs/."""
    return (DOCS / name).read_text("utf-8")


def section(text: str, title: str) -> str:
    """What stands under a heading of the second level."""
    (found,) = re.findall(rf"^## {title}$(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    return str(found)


def blocks(text: str, language: str) -> list[str]:
    """The code blocks of a language."""
    return [code for kind, code in _BLOCK.findall(text) if kind == language]


def table_keys(text: str) -> set[str]:
    """What the first columns of tables name as code."""
    rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
    return {key for row in rows for key in re.findall(r"`(\w+)`", row)}


def page_steps(text: str) -> Iterator[Step]:
    """The commands of `console` blocks, and those that write the files that other blocks are.

    A block is a file when its first line is a comment that begins with a name, such as
    `# stacks/Pulumi.prod.yaml` or `// index.ts`.
    """
    for kind, code in _BLOCK.findall(text):
        named = _NAMED.match(code)
        if kind == "console":
            yield from steps(f"```console\n{code}```\n")
        elif named:
            yield Step(_written(named.group(1), code))


def _written(name: str, code: str) -> str:
    folder = str(Path(name).parent)
    is_stack = re.search(r"(^|/)Pulumi\.\w[\w-]*\.yaml$", name)
    into = f"python3 -c '{_MERGE}' {name}" if is_stack else f"cat >{name}"
    return f"mkdir -p {folder} && {into} <<'{_END}'\n{code}{_END}"


def play(text: str, folder: Path, env: Mapping[str, str], *before: str, **instead: str) -> str:
    """Run a page's session; every command prints what the page shows. Gives all that is printed.

    `before` are commands that the page takes for granted. `instead` has, by the name of a
    placeholder in capitals, what takes its place.
    """
    shown = list(page_steps(text))
    commands = [step.command for step in shown]
    for name, value in instead.items():
        commands = [command.replace(name, value) for command in commands]
    printed = session([*before, *commands], folder, env)[len(before) :]
    assert shown
    assert not misses(shown, printed), "\n".join(misses(shown, printed))
    return "\n".join(printed)
