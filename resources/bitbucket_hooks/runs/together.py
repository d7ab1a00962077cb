"""Several stacks in one go, each as a command of ours: its limits, reports and exit codes hold.

Pulumi's Automation API would run the same engine, and know nothing of these. The requests of all
come from one budget by `api.ledger`, however many run side by side.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Final

from attrs import field, frozen

_COMMAND: Final = (sys.executable, "-c", "from bitbucket_hooks.cli import main; main()")


@frozen
class Done:
    """What came of one stack."""

    stack: str
    code: int
    printed: str = field(repr=False)
    complained: str = field(repr=False)


def run_together(stacks: Sequence[str], command: Sequence[str], at_once: int) -> Iterator[Done]:
    """Run a command for each stack, so many side by side; each is told as soon as it is done.

    One that fails stops no other. An interrupt reaches those that run, which end what is under
    way; the others aren't started.
    """
    with ThreadPoolExecutor(at_once, thread_name_prefix="stack") as pool:
        running = [pool.submit(_run, stack, command) for stack in stacks]
        try:
            for one in as_completed(running):
                yield one.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _run(stack: str, command: Sequence[str]) -> Done:
    done = subprocess.run(
        [*_COMMAND, *command, "--stack", stack],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    return Done(stack, done.returncode, done.stdout, done.stderr)
