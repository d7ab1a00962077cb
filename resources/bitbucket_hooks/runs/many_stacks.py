"""Several stacks side by side, each as a command of ours with its limits, report and exit code.

All of them share one budget of requests, by `api.request_log`.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Final

from attrs import define, field, frozen

from bitbucket_hooks.pulumi_cli.signals import pass_on, stop_signals

_COMMAND: Final = (sys.executable, "-c", "from bitbucket_hooks.cli import main; main()")


@frozen
class Done:
    """What came of one stack."""

    stack: str
    code: int | None
    """None: it wasn't started, since somebody asked to stop."""
    printed: str = field(default="", repr=False)


@define
class ManyStacks:
    """Runs a command for several stacks, so many side by side; one that fails stops no other."""

    command: Sequence[str]
    at_once: int
    heard: Callable[[str, str], None]
    """Takes a stack and a line that its command says on standard error, at once."""

    _running: dict[str, subprocess.Popen[str]] = field(factory=dict, init=False, repr=False)
    _stopped: bool = field(default=False, init=False)
    _lock: threading.RLock = field(factory=threading.RLock, init=False, repr=False)

    def run(self, stacks: Sequence[str]) -> Iterator[Done]:
        """Give the result of each stack as soon as it is there.

        An interrupt reaches those that run, which end what is under way; the others aren't
        started.
        """
        with (
            stop_signals(self._stop),
            ThreadPoolExecutor(self.at_once, thread_name_prefix="stack") as pool,
        ):
            for future in as_completed([pool.submit(self._run, stack) for stack in stacks]):
                yield future.result()

    def _run(self, stack: str) -> Done:
        with self._lock:  # so that a signal meets either a process or the note not to start one
            if self._stopped:
                return Done(stack, None)
            process = self._running[stack] = subprocess.Popen(
                [*_COMMAND, *self.command, "--stack", stack],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
                start_new_session=True,
            )
        with process:
            complaints = threading.Thread(target=self._listen, args=(stack, process.stderr))
            complaints.start()
            printed = process.stdout.read() if process.stdout else ""
            complaints.join()
        with self._lock:
            del self._running[stack]
        return Done(stack, process.returncode, printed)

    def _listen(self, stack: str, lines: Iterable[str]) -> None:
        for line in lines:
            self.heard(stack, line.rstrip("\n"))

    def _stop(self, number: int) -> None:
        with self._lock:
            self._stopped = True
            for process in self._running.values():
                pass_on(number, process)
