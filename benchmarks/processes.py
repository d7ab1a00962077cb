"""What the processes of a run use: CPU time and peak memory, by their part in it.

From Linux's /proc, where they are sampled while they run; elsewhere nothing is measured.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final, Literal

from attrs import Factory, define, frozen

Part = Literal["engine", "program", "provider", "command"]

_EVERY: Final = 0.05  # seconds
_PROC: Final = Path("/proc")


@frozen
class Used:
    """CPU seconds of the user and the system, and the largest resident memory in bytes."""

    cpu: float
    memory: int


def part_of(command: str) -> Part:
    """Which part a process has, by its command line; the engine's helpers count as the engine."""
    if "pulumi.dynamic" in command or "pulumi-resource-pulumi-python" in command:
        return "provider"
    if "terraform-provider-" in command or "pulumi-resource-bitbucket-hooks" in command:
        return "provider"
    if "pulumi-language-python-exec" in command or "pulumi-language-yaml" in command:
        return "program"
    return "command" if "/bitbucket-hooks " in command else "engine"


def cpu_seconds(stat: str) -> float:
    """The CPU time in a line of /proc/PID/stat."""
    # the name in parentheses may hold anything, so the fields are counted after it
    fields = stat.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def peak_bytes(status: str) -> int:
    """The largest resident memory in the text of /proc/PID/status; 0 for a process that ended."""
    lines = (line.split() for line in status.splitlines() if line.startswith("VmHWM:"))
    return next((int(words[1]) * 1024 for words in lines), 0)


def used_by(pid: int) -> Used:
    """What one process has used. Raises OSError when it is gone, or without /proc."""
    folder = _PROC / str(pid)
    cpu = cpu_seconds((folder / "stat").read_text())
    return Used(cpu, peak_bytes((folder / "status").read_text()))


@define
class Sampler:
    """Watches a process and all that it starts, until it is stopped."""

    root: int
    _last: dict[tuple[int, Part], Used] = Factory(dict)
    _stopped: threading.Event = Factory(threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to watch."""
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> dict[Part, Used]:
        """Give what each part used: the sum over its processes, as last seen."""
        self._stopped.set()
        if self._thread:
            self._thread.join()
        return summed(self._last)

    def _watch(self) -> None:
        while not self._stopped.wait(_EVERY):
            for pid in _tree(self.root):
                with suppress(OSError, IndexError):
                    self._sample(pid)

    def _sample(self, pid: int) -> None:
        command = (_PROC / str(pid) / "cmdline").read_bytes().replace(bytes(1), b" ")
        if not command:  # it has ended, and its part was seen before
            return
        now, key = used_by(pid), (pid, part_of(command.decode(errors="replace")))
        before = self._last.get(key, now)
        self._last[key] = Used(max(now.cpu, before.cpu), max(now.memory, before.memory))


def summed(seen: dict[tuple[int, Part], Used]) -> dict[Part, Used]:
    """Add up what the processes of each part used: memory, as if all peaked at once."""
    parts: dict[Part, Used] = {}
    for (_, part), used in seen.items():
        so_far = parts.get(part, Used(0, 0))
        parts[part] = Used(so_far.cpu + used.cpu, so_far.memory + used.memory)
    return parts


def _tree(pid: int) -> Iterator[int]:
    yield pid
    for children in (_PROC / str(pid) / "task").glob("*/children"):
        with suppress(OSError):  # a thread that has ended meanwhile
            for child in children.read_text().split():
                yield from _tree(int(child))
