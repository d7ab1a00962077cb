"""A terminal session written down in a page: its commands, and what they are said to print."""

from __future__ import annotations

import re
from collections.abc import Iterator

from attrs import field, frozen

_FENCE = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_VARYING = (
    (re.compile(r"\{[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\}"), "{uuid}"),
    (re.compile(r"\d+(\.\d+)?s\b"), "Ns"),
    (re.compile(r"[ \t]+$"), ""),
)
ANYTHING = "..."


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
