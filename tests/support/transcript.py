"""A terminal session written down in a page: its commands, what they are said to print, and do."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from attrs import field, frozen

_FENCE = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_VARYING = (
    (re.compile(r"\{[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\}"), "{uuid}"),
    (re.compile(r"\d+(\.\d+)?\s?s\b"), "Ns"),
    (re.compile(r"[ \t]+$"), ""),
)
ANYTHING = "..."
_END = "=== end of step"


@frozen
class Step:
    """One command and the lines that the page shows after it; `...` stands for any lines."""

    command: str
    shown: list[str] = field(factory=list)

    def missing(self, printed: str) -> str | None:
        """The first shown line that wasn't printed where it should be; None: all were."""
        lines = [canonical(line) for line in printed.splitlines()]
        at, anywhere = 0, False
        for line in self.shown:
            if line == ANYTHING:
                anywhere = True
                continue
            rest = lines[at:]
            wanted = canonical(line)
            if wanted not in (rest if anywhere else rest[:1]):
                return line
            at += rest.index(wanted) + 1
            anywhere = False
        return None


def canonical(line: str) -> str:
    """A line without what differs from run to run: uuids and durations."""
    for pattern, word in _VARYING:
        line = pattern.sub(word, line)
    return line


def steps(page: str) -> Iterator[Step]:
    """The commands of all `console` blocks of a page, in their order."""
    for block in _FENCE.findall(page):
        step: Step | None = None
        for line in block.splitlines():
            if line.startswith("$ "):
                if step:
                    yield step
                step = Step(line.removeprefix("$ "))
            elif step:
                step.shown.append(line)
        if step:
            yield step


def session(commands: Iterable[str], folder: Path, env: Mapping[str, str]) -> list[str]:
    """Run commands in one shell and give what each printed; none may fail."""
    script = "\n".join(f"{command}\nstatus=$?; echo; echo '{_END}' $status" for command in commands)
    done = subprocess.run(
        ["bash"],
        input=script,
        cwd=folder,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    parts = re.split(rf"\n?{_END} (\d+)\n", done.stdout)
    assert set(parts[1::2]) == {"0"}, done.stdout
    return parts[:-1:2]


def misses(steps: Iterable[Step], printed: Iterable[str]) -> list[str]:
    """Tell of each command that didn't print what the page shows."""
    pairs = [(step, text, step.missing(text)) for step, text in zip(steps, printed, strict=True)]
    return [
        f"$ {step.command}\nmisses: {line}\n{text}"
        for step, text, line in pairs
        if line is not None
    ]
