"""Repeats a call after whatever passes by itself, unless that could double something."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from attrs import define, evolve, field

from bitbucket_hooks.api.auth import Header
from bitbucket_hooks.api.clock import Clock
from bitbucket_hooks.api.errors import AnswerLost, Unreachable
from bitbucket_hooks.api.http import HttpSender, TransportError
from bitbucket_hooks.api.request import Request, Response
from bitbucket_hooks.api.throttle import Throttle

_FIRST_PAUSE: Final = 0.4
_LONGEST_PAUSE: Final = 20.0
_TELL_OVER: Final = 5.0  # seconds of pause after which the user hears why nothing happens
_TELL_EVERY: Final = 60.0  # seconds between what the user hears, of whichever calls


@define
class _Patience:
    """Growing, jittered pauses with an end."""

    clock: Clock
    ends: float
    attempt: int = 0

    def next_pause(self) -> float | None:
        """Seconds to wait before the next try; None when the time is up."""
        seconds = self.clock.jittered(min(_FIRST_PAUSE * 2**self.attempt, _LONGEST_PAUSE))
        self.attempt = min(self.attempt + 1, 16)
        return seconds if self.clock.now() + seconds <= self.ends else None


@define
class RetryingSender:
    """Sends calls at the pace of the throttle until they are answered for good."""

    wire: HttpSender
    throttle: Throttle
    clock: Clock
    notify: Callable[[str], None]
    before_write: Callable[[], None] = field(default=lambda: None)
    patience: float = math.inf
    """The most seconds for which any call is repeated, whatever patience it has itself."""
    _told: float | None = field(default=None, init=False)
    _lock: threading.Lock = field(factory=threading.Lock, init=False, repr=False)

    def until_answered(
        self,
        call: Request,
        sign: Callable[[], Header],
        renew: Callable[[Header], bool] = lambda _: False,
    ) -> Response:
        """Do a call; the answer may still be a refusal, or a 5xx that lasted.

        `renew` is asked once after a 401 whether another try is worth it. Raises Unreachable when
        no answer came for as long as the call has
        patience, RateLimited when the throttle gives up, and
        AnswerLost for a POST that may have been done.
        """
        call = evolve(call, patience=min(call.patience, self.patience))
        patience = _Patience(self.clock, self.clock.now() + call.patience)
        while True:
            signed = sign()
            outcome = self._attempt(call, signed)
            if isinstance(outcome, Response):
                if (
                    outcome.status == HTTPStatus.TOO_MANY_REQUESTS
                ):  # surely not done; the throttle bounds the waiting
                    patience = _Patience(self.clock, self.clock.now() + call.patience)
                    continue
                if outcome.status == HTTPStatus.UNAUTHORIZED and renew(signed):
                    renew = _never
                    continue
                if not _may_pass(outcome.status):
                    return outcome
            _refuse_to_double(call, outcome)
            pause = patience.next_pause()
            if pause is None:
                return _given_up(call, outcome)
            self._wait(call, outcome, pause)

    def _wait(self, call: Request, outcome: Response | TransportError, seconds: float) -> None:
        if seconds > _TELL_OVER and self._is_time_to_tell():
            until = f"trying again for up to {call.patience:.0f} s"
            self.notify(f"{call.operation}: {_reason(outcome)}; {until}")
        self.clock.sleep(seconds)

    def _is_time_to_tell(self) -> bool:
        """Whether nobody was told for a while: many calls that fail together have one reason."""
        with self._lock:
            now = self.clock.now()
            if self._told is not None and now - self._told < _TELL_EVERY:
                return False
            self._told = now
            return True

    def _attempt(self, call: Request, signed: Header) -> Response | TransportError:
        with self.throttle.slot():
            if call.writes:
                self.before_write()
            call.before()
            try:
                answer = self.wire.send(call, signed)
            except TransportError as fault:
                return fault
            # noted while the slot is held: nobody else may start into a window that just closed
            note = (
                self.throttle.refused
                if answer.status == HTTPStatus.TOO_MANY_REQUESTS
                else self.throttle.answered
            )
            note(answer.headers)
        return answer


def _may_pass(status: int) -> bool:
    """Whether the same call may be answered well in a while; proxies have 5xx of their own."""
    # 408 is said of a connection that lay idle, just when a request took it
    failed = status >= HTTPStatus.INTERNAL_SERVER_ERROR and status != HTTPStatus.NOT_IMPLEMENTED
    return failed or status == HTTPStatus.REQUEST_TIMEOUT


def _never(_: Header) -> bool:
    return False


def _refuse_to_double(call: Request, outcome: Response | TransportError) -> None:
    if call.repeatable or (isinstance(outcome, TransportError) and not outcome.sent):
        return
    raise AnswerLost(
        f"{call.operation}: no answer ({_reason(outcome)}), so it may or may not have been done",
        "Run it again; what was done is found and adopted.",
    )


def _reason(outcome: Response | TransportError) -> str:
    return outcome.reason if isinstance(outcome, TransportError) else f"status {outcome.status}"


def _given_up(call: Request, outcome: Response | TransportError) -> Response:
    if isinstance(outcome, Response):
        return outcome
    raise Unreachable(
        f"{call.operation}: {outcome.reason}, for {call.patience:.0f} s of trying",
        "Check the network, the proxy and bitbucket:apiUrl, then run it again; it continues.",
    )
