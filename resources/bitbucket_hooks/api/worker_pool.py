"""Many pieces of the same work at once: what one of them fails at doesn't keep the others."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable, Mapping
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
from bitbucket_hooks.model.errors import ConfigError, HooksError

_TELL_EVERY: Final = 10.0  # seconds

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
_IN_A_ROW: Final = 5  # such failures without a success between them, and the rest isn't tried

T = TypeVar("T")


class Unforeseen(HooksError):
    """A bug met one piece; what the others did has to be recorded all the same."""

    @classmethod
    def of(cls, name: str, error: Exception) -> Unforeseen:
        """Keep where it happened, as the remedy is to report it; equal remedies are told once."""
        where = "".join(traceback.format_exception(error)).rstrip()
        what = f"{name}: unforeseen {type(error).__name__}"
        return cls(what, f"This is a bug; please report it:\n{where}")


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
    _row: int = field(default=0, init=False)

    def note(self, name: str, piece: Future[T]) -> None:
        """Record a piece that ended. Raises what ends the process."""
        error = piece.exception()
        if isinstance(error, _NotTried):
            return
        if error is None:
            self.done[name] = piece.result()
            self._row = 0
        elif isinstance(error, HooksError):
            self._note_failure(name, error)
        elif isinstance(error, Exception):
            self._note_failure(name, Unforeseen.of(name, error))
        else:
            raise error

    def _note_failure(self, name: str, error: HooksError) -> None:
        if isinstance(error, _CONCERNS_ALL):
            self.stopped = self.stopped or error
            return
        self.failed[name] = error
        self._row = self._row + 1 if isinstance(error, _SERVICE_IS_ILL) else 0
        if self._row == _IN_A_ROW:
            self.stopped = self.stopped or error

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
        """Do all pieces, and tell how far it is when it takes longer.

        A failure that concerns all ends it: what is under way is finished, nothing else begun.
        """
        outcome: PoolResult[T] = PoolResult(len(pieces))
        began = told = self.clock.now()
        hopeless = threading.Event()
        with ThreadPoolExecutor(self.workers) as pool:
            futures = {
                pool.submit(copy_context().run, self._do, piece, hopeless): name
                for name, piece in pieces.items()
            }
            try:
                for future in as_completed(futures):
                    if future.cancelled():
                        continue
                    outcome.note(futures[future], future)
                    if outcome.stopped:
                        _cancel(futures)
                    if self.clock.now() - told >= _TELL_EVERY:
                        told = self.clock.now()
                        self.notify(f"{what}: {outcome}")
            finally:
                _cancel(futures)
        if self.clock.now() - began >= _TELL_EVERY:
            self.notify(f"{what}: {outcome}")
        return outcome

    def _do(self, piece: Callable[[], T], hopeless: threading.Event) -> T:
        self.clock.sleep(0)  # the user may have asked to stop
        if hopeless.is_set():
            raise _NotTried
        try:
            return piece()
        except _CONCERNS_ALL:
            hopeless.set()  # at once: the thread that counts may be slow to hear of it
            raise


def _cancel(futures: Mapping[Future[T], str]) -> None:
    for future in futures:
        future.cancel()
