"""Many pieces of the same work at once: what one of them fails at doesn't keep the others."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextvars import copy_context
from typing import Final, Generic, TypeVar

from attrs import define, field

from bitbucket_hooks.api.clock import Clock
from bitbucket_hooks.api.errors import (
    AnswerLost,
    AuthenticationFailed,
    EngineGone,
    Interrupted,
    RateLimited,
    ScopeMissing,
    ServerFailed,
    UnexpectedAnswer,
    Unreachable,
)
from bitbucket_hooks.api.turns import LINE
from bitbucket_hooks.model.errors import ConfigError, HooksError

_NOTIFY_EVERY: Final = 10.0  # seconds

_CONCERNS_ALL: Final = (
    AuthenticationFailed,
    ConfigError,
    EngineGone,
    Interrupted,
    RateLimited,
    ScopeMissing,
    Unreachable,
)
_SERVICE_IS_ILL: Final = (AnswerLost, ServerFailed, UnexpectedAnswer)
_TOO_MANY: Final = 5  # such failures without a success between them, and the rest isn't tried

T = TypeVar("T")


class _NotTried(Exception):
    """Another piece has met what would fail everywhere."""


@define
class PoolResult(Generic[T]):
    """What became of each piece; those that were not tried are in neither."""

    total: int
    done: dict[str, T] = field(factory=dict)
    failed: dict[str, HooksError] = field(factory=dict)
    stopped: HooksError | None = None
    """What ended the work before its end: it would have failed everywhere."""
    _in_a_row: int = field(default=0, init=False)

    def note(self, name: str, piece: Future[T]) -> None:
        """Record a piece that ended. Raises what ends the process."""
        error = piece.exception()
        if error is None:
            self.done[name] = piece.result()
            self._in_a_row = 0
        elif isinstance(error, _CONCERNS_ALL):
            self.stopped = self.stopped or error
        elif not isinstance(error, Exception):
            raise error
        elif not isinstance(error, _NotTried):
            failure = error if isinstance(error, HooksError) else _bug(name, error)
            self.failed[name] = failure
            self._in_a_row = self._in_a_row + 1 if isinstance(error, _SERVICE_IS_ILL) else 0
            if self._in_a_row == _TOO_MANY:
                self.stopped = self.stopped or failure

    def __str__(self) -> str:
        ended = len(self.done) + len(self.failed)
        failed = f", {len(self.failed):,} failed" if self.failed else ""
        return f"{ended:,} of {self.total:,} repositories done{failed}"


@define
class WorkerPool:
    """Does work on repositories with a bounded number of threads."""

    workers: int
    clock: Clock
    notify: Callable[[str], None]

    def run(self, what: str, pieces: Mapping[str, Callable[[], T]]) -> PoolResult[T]:
        """Do all pieces, and say how far it is when it takes longer.

        A failure that concerns all ends it: what is under way is finished, nothing else begun.
        """
        result: PoolResult[T] = PoolResult(len(pieces))
        began = notified = self.clock.now()
        hopeless = threading.Event()
        context = copy_context()
        context.run(LINE.set, hopeless)  # an object of this run's own: its requests are one line
        with ThreadPoolExecutor(self.workers) as pool:
            names = {
                pool.submit(context.copy().run, self._do, piece, hopeless): name
                for name, piece in pieces.items()
            }
            try:
                for future in as_completed(names):
                    if future.cancelled():
                        continue
                    result.note(names[future], future)
                    if result.stopped:
                        _cancel(names)
                    if self.clock.now() - notified >= _NOTIFY_EVERY:
                        notified = self.clock.now()
                        self.notify(f"{what}: {result}")
            finally:
                _cancel(names)
        if self.clock.now() - began >= _NOTIFY_EVERY:
            self.notify(f"{what}: {result}")
        return result

    def _do(self, piece: Callable[[], T], hopeless: threading.Event) -> T:
        self.clock.sleep(0)  # the user may have asked to stop
        if hopeless.is_set():
            raise _NotTried
        try:
            return piece()
        except _CONCERNS_ALL:
            hopeless.set()  # at once: the thread that counts may be slow to hear of it
            raise


def _bug(name: str, error: Exception) -> HooksError:
    """The remedy has where it happened; equal remedies are shown once."""
    where = "".join(traceback.format_exception(error)).rstrip()
    return HooksError(f"{name}: unforeseen {type(error).__name__}", f"Report this bug:\n{where}")


def _cancel(futures: Iterable[Future[T]]) -> None:
    for future in futures:
        future.cancel()
