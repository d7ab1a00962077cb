"""The moving line of long work on a terminal: its newest words, a bar, the rate, what is left."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Final

from rich.progress import BarColumn, Progress, ProgressColumn, SpinnerColumn, Task
from rich.progress_bar import ProgressBar
from rich.table import Column
from rich.text import Text

from bitbucket_hooks.report.terminal import screen

_COUNTED: Final = re.compile(r"(?:^|: )([\d,]+) of ([\d,]+)\b")
"""How far work is, in its words: also those of other processes, which hand on nothing else."""
_RECENT: Final = 120  # seconds of which the rate is: a pool of work is heard of every 30
_MINUTE: Final = 60
_HOUR: Final = 60 * _MINUTE
_BAR: Final = 10


class _Words(ProgressColumn):
    """The newest words, with the rate, the time that is left, and the seconds so far."""

    def __init__(self) -> None:
        super().__init__(Column(no_wrap=True, overflow="ellipsis", ratio=1))
        self._began = time.monotonic()

    def render(self, task: Task) -> Text:
        """Make the line as it is now."""
        rate, left = task.speed, task.time_remaining
        figures = [
            *([_per_time(rate)] if rate and left else []),
            *([f"{_lasting(left)} left"] if rate and left else []),
            f"{time.monotonic() - self._began:.0f} s",
        ]
        return Text(", ".join([task.description, *figures]))


class _Bar(ProgressColumn):
    """A bar, where it is known how much there is to do."""

    _bar = BarColumn(_BAR)

    def render(self, task: Task) -> ProgressBar | Text:
        """Make the bar as it is now."""
        return Text() if task.total is None else self._bar.render(task)


@contextmanager
def moving(
    what: str,
) -> Iterator[tuple[Callable[[str], None], Callable[[], AbstractContextManager[None]]]]:
    """Show a line for as long as the work takes; gives what takes its newest words, and hides it.

    Nothing else may be printed unless it is hidden.
    """
    columns = (SpinnerColumn(), _Words(), _Bar())
    with Progress(
        *columns,
        console=screen(sys.stderr),
        transient=True,
        expand=True,
        speed_estimate_period=_RECENT,
    ) as line:
        task = line.add_task(what, total=None)

        def show(newest: str) -> None:
            line.update(task, description=newest)
            if counted := _COUNTED.search(newest):
                done, total = (int(number.replace(",", "")) for number in counted.groups())
                line.update(task, completed=done, total=total)

        @contextmanager
        def hidden() -> Iterator[None]:
            line.stop()
            try:
                yield
            finally:
                line.start()

        yield show, hidden


def _per_time(rate: float) -> str:
    return f"{rate:,.0f} a second" if rate >= 1 else f"{rate * _MINUTE:,.0f} a minute"


def _lasting(seconds: float) -> str:
    """A time as people say it."""
    if seconds < _MINUTE:
        return f"{seconds:.0f} s"
    if seconds < _HOUR:
        return f"{seconds / _MINUTE:.0f} min"
    return f"{seconds / _HOUR:.1f} h"
