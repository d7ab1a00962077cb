"""The signals that ask a command to stop, for the processes that it has started."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

_STOPPING: Final = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)


@contextmanager
def stop_signals(handle: Callable[[int], None]) -> Iterator[None]:
    """Hand the signals that ask to stop to `handle`, by number, in place of ending this process.

    What this process starts meanwhile should be in a session of its own (`start_new_session`), so
    that a signal to the whole group, as Ctrl-C or a pipeline's end sends it, comes once: the engine
    takes a second one as the order to drop everything at once.
    """

    def handler(number: int, _: Any) -> None:
        handle(number)

    before = {number: signal.signal(number, handler) for number in _STOPPING}
    try:
        yield
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)
