"""Repeats a request after whatever passes by itself, unless that could double something."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import Final

from attrs import define, evolve, field

from bitbucket_hooks.api.clock import Clock
from bitbucket_hooks.api.connections import DirectSession
from bitbucket_hooks.api.errors import AnswerLost, Unreachable
from bitbucket_hooks.api.http import TransportError, send
from bitbucket_hooks.api.request import Authorization, Request, Response
from bitbucket_hooks.api.throttle import Throttle

_FIRST_PAUSE: Final = 0.4
_LONGEST_PAUSE: Final = 20.0
_NOTIFY_OVER: Final = 5.0  # seconds of pause after which the user hears why nothing happens
_NOTIFY_EVERY: Final = 60.0  # seconds between what the user hears, of whichever requests


@define
class RetryingSender:
    """Sends requests at the pace of the throttle until they are answered for good."""

    session: DirectSession
    throttle: Throttle
    clock: Clock
    notify: Callable[[str], None]
    before_write: Callable[[], None] = lambda: None
    """Called before everything that may change something; what it raises keeps it from that."""
    patience: float = math.inf
    """The most seconds for which any request is repeated, whatever patience it has itself."""
    _notified: float | None = field(default=None, init=False)
    _lock: threading.Lock = field(factory=threading.Lock, init=False, repr=False)

    def send(
        self,
        request: Request,
        sign: Callable[[], Authorization],
        renew: Callable[[Authorization], bool] | None = None,
    ) -> Response:
        """Give the response, which may still be a refusal, or a 5xx that lasted.

        `renew` is asked once after a 401 whether another try is worth it. Raises Unreachable when
        no response came for as long as the request has patience, RateLimited when the throttle
        gives up, and AnswerLost for a POST that may have been done.
        """
        if self.patience < request.patience:
            request = evolve(request, patience=self.patience)
        with self.throttle.working():
            pauses = self._pauses(self.clock.now() + request.patience)
            while True:
                authorization = sign()
                outcome = self._attempt(request, authorization)
                if isinstance(outcome, Response):
                    if outcome.status == HTTPStatus.TOO_MANY_REQUESTS:
                        # surely not done; the throttle bounds the waiting
                        pauses = self._pauses(self.clock.now() + request.patience)
                        continue
                    if outcome.status == HTTPStatus.UNAUTHORIZED and renew and renew(authorization):
                        renew = None
                        continue
                    if not _may_pass(outcome.status):
                        return outcome
                _refuse_to_double(request, outcome)
                pause = next(pauses, None)
                if pause is None:
                    return _given_up(request, outcome)
                self._wait(request, outcome, pause)

    def _attempt(self, request: Request, authorization: Authorization) -> Response | TransportError:
        with self.throttle.slot():
            if request.writes:
                self.before_write()
            request.before()
            try:
                response = send(self.session, request, authorization)
            except TransportError as error:
                return error
            # noted while the slot is held: nobody else may start into a window that just closed
            if response.status == HTTPStatus.TOO_MANY_REQUESTS:
                self.throttle.refused(response.headers)
            else:
                self.throttle.answered(response.headers, request.method, response.seconds)
        return response

    def _pauses(self, ends: float) -> Iterator[float]:
        """Growing, jittered pauses, until the next would end too late."""
        longest = _FIRST_PAUSE
        while self.clock.now() + (pause := self.clock.jittered(longest)) <= ends:
            yield pause
            longest = min(2 * longest, _LONGEST_PAUSE)

    def _wait(self, request: Request, outcome: Response | TransportError, seconds: float) -> None:
        if seconds > _NOTIFY_OVER and self._is_time_to_notify():
            until = f"trying again for up to {request.patience:.0f} s"
            self.notify(f"{request.operation}: {outcome.reason}; {until}")
        self.clock.sleep(seconds)

    def _is_time_to_notify(self) -> bool:
        """Whether nobody was notified for a while: requests that fail together have one reason."""
        with self._lock:
            now = self.clock.now()
            if self._notified is not None and now - self._notified < _NOTIFY_EVERY:
                return False
            self._notified = now
            return True


def _may_pass(status: int) -> bool:
    """Whether the same request may succeed in a while; proxies have 5xx of their own."""
    # 408 is said of a connection that lay idle, just when a request took it
    failed = status >= HTTPStatus.INTERNAL_SERVER_ERROR and status != HTTPStatus.NOT_IMPLEMENTED
    return failed or status == HTTPStatus.REQUEST_TIMEOUT


def _refuse_to_double(request: Request, outcome: Response | TransportError) -> None:
    if outcome.sent and not request.repeatable:
        raise AnswerLost(
            f"{request.operation}: no answer ({outcome.reason}), so it may or may not have been "
            "done",
            "Run it again; what was done is found and adopted.",
        )


def _given_up(request: Request, outcome: Response | TransportError) -> Response:
    if isinstance(outcome, Response):
        return outcome
    raise Unreachable(
        f"{request.operation}: {outcome.reason}, for {request.patience:.0f} s of trying",
        "Check the network, the proxy and bitbucket:apiUrl, then run it again; it continues.",
    )
