"""The throttle, one thread at a time: pacing, refusals, patience and what the user hears."""

from __future__ import annotations

import threading
from contextlib import ExitStack, suppress
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from requests.structures import CaseInsensitiveDict

from bitbucket_hooks.api.errors import RateLimited
from bitbucket_hooks.api.request_log import HOUR
from bitbucket_hooks.api.throttle import Throttle, retry_after
from support.clocks import FakeClock

NO_HEADERS: CaseInsensitiveDict[str] = CaseInsensitiveDict()


@pytest.fixture
def throttle(clock: FakeClock) -> Throttle:
    """Give a throttle that knows no limit."""
    return _throttle(clock)


def _throttle(clock: FakeClock, notes: list[str] | None = None, **more: Any) -> Throttle:
    notify = (notes if notes is not None else []).append
    return Throttle(**{"clock": clock, "notify": notify, "max_wait": 3900, "parallel": 4, **more})


def _headers(**values: str) -> CaseInsensitiveDict[str]:
    return CaseInsensitiveDict({name.replace("_", "-"): value for name, value in values.items()})


def _go(
    throttle: Throttle, headers: CaseInsensitiveDict[str] = NO_HEADERS, *, ok: bool = True
) -> None:
    with throttle.working(), throttle.slot():
        (throttle.answered if ok else throttle.refused)(headers)


def _go_often(throttle: Throttle, times: int = 100, *, ok: bool = True) -> None:
    for _ in range(times):
        _go(throttle, ok=ok)


def test_an_hours_allowance_may_be_spent_in_a_burst(clock: FakeClock) -> None:
    """Then the oldest request has to be an hour old."""
    throttle = _throttle(clock, limit=10)
    _go_often(throttle, 10)
    assert clock.time == 0
    clock.time = 600
    _go(throttle)
    assert HOUR <= clock.time < HOUR + 1
    _go_often(throttle, 9)
    assert clock.time < HOUR + 1


def test_after_a_429_nothing_goes_for_a_growing_while(throttle: Throttle, clock: FakeClock) -> None:
    """1, 2, 4 seconds and so on, at most 300; an answer starts over."""
    waits = []
    for _ in range(11):
        before = clock.time
        _go(throttle, ok=False)
        waits.append(round(clock.time - before))
    assert waits == [0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300]
    _go(throttle)
    before = clock.time
    _go(throttle, ok=False)
    _go(throttle)
    assert clock.time - before == 1


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_the_service_may_say_for_how_long(throttle: Throttle, clock: FakeClock, form: str) -> None:
    """In either form of `Retry-After`."""
    date = format_datetime(clock.wall() + timedelta(seconds=91), usegmt=True)
    _go(throttle, _headers(Retry_After="90" if form == "seconds" else date), ok=False)
    _go(throttle)
    assert 90 <= clock.time < 92


@pytest.mark.parametrize("value", ["", "soon", "0", "-5", "1e9", "Mon, 01 Jan 2001 00:00:00 GMT"])
def test_nonsense_counts_as_silence(throttle: Throttle, clock: FakeClock, value: str) -> None:
    """A second, then."""
    _go(throttle, _headers(Retry_After=value), ok=False)
    _go(throttle)
    assert clock.time == 1


@given(st.text() | st.from_regex(r"[A-Z][a-z]{2}, \d{1,30} Jan \d{1,30} \d\d:\d\d:\d\d [+-]\d{4}"))
def test_no_header_breaks_it(value: str) -> None:
    """Whatever comes is seconds or nothing."""
    seconds = retry_after(value, FakeClock().wall())
    assert seconds is None or seconds >= 0
    throttle = _throttle(FakeClock())
    throttle.answered(_headers(X_RateLimit_Limit=value, X_RateLimit_NearLimit=value))


def test_headers_teach_the_limit(throttle: Throttle) -> None:
    """Unless the user set it; only a number above 0 counts."""
    for value in ("0", "many", "²", "-1"):
        throttle.answered(_headers(X_RateLimit_Limit=value))
        assert throttle.limit is None
    throttle.answered(_headers(X_RateLimit_Limit="1500"))
    assert throttle.limit == 1500
    throttle.fixed = True
    throttle.answered(_headers(X_RateLimit_Limit="9"))
    assert throttle.limit == 1500


def test_near_the_limit_it_slows_down(throttle: Throttle, clock: FakeClock) -> None:
    """To the pace that the limit allows for ever."""
    _go(throttle, _headers(X_RateLimit_Limit="600", X_RateLimit_NearLimit="true"))
    _go(throttle)
    assert clock.time == pytest.approx(HOUR / 600)
    throttle.limit = None
    _go(throttle, _headers(X_RateLimit_NearLimit="true"))
    before = clock.time
    _go(throttle)
    assert clock.time == before


def test_after_max_wait_it_gives_up(clock: FakeClock) -> None:
    """With what was done, and that running again continues; at once for whoever comes next."""
    throttle = _throttle(clock, max_wait=100)
    _go(throttle)
    message = r"(?s)no progress for .*1 requests were answered.*again"
    with throttle.working(), pytest.raises(RateLimited, match=message):
        _go_often(throttle, ok=False)
    assert 30 < clock.time <= 100
    throttle.refused(_headers(Retry_After="200"))
    before = clock.time
    for _ in range(3):
        with pytest.raises(RateLimited):
            _go(throttle)
    assert clock.time == before


def test_progress_starts_the_patience_over(clock: FakeClock) -> None:
    """Slow is no reason to give up."""
    throttle = _throttle(clock, max_wait=50)
    with throttle.working():
        for _ in range(20):
            throttle.refused(_headers(Retry_After="40"))
            _go(throttle)
    assert clock.time > 700


def test_what_the_user_hears_of_waits(clock: FakeClock) -> None:
    """Nothing up to two seconds; of longer ones how long and what is left, then once a minute."""
    notes: list[str] = []
    throttle = _throttle(clock, notes)
    _go_often(throttle, 2, ok=False)
    _go(throttle)
    assert notes == []
    throttle.refused(_headers(Retry_After="150"))
    _go(throttle)
    assert notes[0].startswith(
        "rate limit: waiting 150 s for the next request; 1 requests wait, 1 are"
    )
    assert len(notes) == 3


def test_nobody_waits_for_the_user_to_hear(clock: FakeClock) -> None:
    """The engine may be slow to take a message: requests under way come back meanwhile."""
    notes: list[str] = []

    def notify(message: str) -> None:
        other = threading.Thread(target=slow.answered, args=(NO_HEADERS,), daemon=True)
        other.start()
        other.join(30)
        assert not other.is_alive()
        notes.append(message)

    slow = _throttle(clock, notify=notify)
    slow.refused(_headers(Retry_After="50"))
    _go(slow)
    assert len(notes) == 1


def test_nobody_waits_for_an_answer_of_the_log(clock: FakeClock) -> None:
    """What is in flight ends while the next request waits for a store that is far away."""
    asked, may_go = threading.Event(), threading.Event()

    class FarAway:
        first = True

        def take(self, _: int) -> float:
            if not self.first:
                asked.set()
                assert may_go.wait(30)
            self.first = False
            return 0

        def close(self, _: float) -> None:
            assert may_go.wait(30)

    throttle = _throttle(clock, limit=10, request_log=FarAway())
    waiting = threading.Thread(target=_go, args=[throttle])
    with throttle.working():
        with throttle.slot():
            waiting.start()
            assert asked.wait(30)
            throttle.answered(NO_HEADERS)
        refused = threading.Thread(target=throttle.refused, args=[_headers(Retry_After="5")])
        refused.start()
        throttle.answered(NO_HEADERS)
        may_go.set()
    refused.join(30)
    waiting.join(30)
    assert not waiting.is_alive()


def test_the_longest_pause_that_was_asked_for_counts(clock: FakeClock) -> None:
    """Of those that were under way together: a later word doesn't shorten an earlier one."""
    throttle = _throttle(clock)
    for seconds in ("90", "5", "60"):
        throttle.refused(_headers(Retry_After=seconds))
    _go(throttle)
    assert 90 <= clock.time < 91


def test_no_more_at_a_time_than_allowed(clock: FakeClock) -> None:
    """The next waits until one is back."""
    throttle = _throttle(clock, parallel=2)
    first, second = throttle.slot(), throttle.slot()
    first.__enter__()
    second.__enter__()
    clock.after(0.2, lambda: first.__exit__(None, None, None))
    with throttle.slot():
        assert 0.2 <= clock.time < 0.4
    second.__exit__(None, None, None)


def test_after_a_refusal_one_at_a_time_probes(clock: FakeClock) -> None:
    """Until one is answered."""
    throttle = _throttle(clock, parallel=4)
    _go(throttle, ok=False)
    probe = throttle.slot()
    probe.__enter__()
    began = clock.time

    def answered() -> None:
        throttle.answered(NO_HEADERS)
        probe.__exit__(None, None, None)

    clock.after(5, answered)
    with throttle.slot(), throttle.slot():
        assert 5 <= clock.time - began < 6


def test_after_a_refusal_half_as_many_go_at_once(clock: FakeClock) -> None:
    """And slowly more again: one more with each round of answers."""
    throttle = _throttle(clock, parallel=8)
    with ExitStack() as flight:
        for _ in range(8):
            flight.enter_context(throttle.slot())
        throttle.refused(_headers(Retry_After="60"))
    _go(throttle)  # the probe
    for places in (4, 5, 6, 7, 8, 8):
        assert _at_once(throttle, clock) == places
        _answer_at_once(throttle, places)


def _answer_at_once(throttle: Throttle, requests: int) -> None:
    with ExitStack() as flight:
        for _ in range(requests):
            flight.enter_context(throttle.slot())
        for _ in range(requests):
            throttle.answered(NO_HEADERS)


def _at_once(throttle: Throttle, clock: FakeClock) -> int:
    """How many requests may go before the next has to wait."""

    def has_to_wait() -> None:
        raise TimeoutError

    count = 0
    clock.after(0, has_to_wait)
    with ExitStack() as flight, suppress(TimeoutError):
        while True:
            flight.enter_context(throttle.slot())
            count += 1
    return count


def test_an_answer_from_before_the_refusal_does_not_end_the_probing(clock: FakeClock) -> None:
    """It was under way when the window closed, and says nothing of it."""
    throttle = _throttle(clock, parallel=4)
    with throttle.slot():
        _go(throttle, ok=False)
        throttle.answered(NO_HEADERS)
    probe = throttle.slot()
    probe.__enter__()
    began = clock.time
    clock.after(3, lambda: probe.__exit__(None, None, None))
    with throttle.slot():
        assert clock.time - began >= 3


def test_a_slot_is_given_back_after_a_failure(clock: FakeClock) -> None:
    """Whatever happens in it."""
    throttle = _throttle(clock, parallel=1)
    with pytest.raises(KeyError), throttle.working(), throttle.slot():
        raise KeyError
    with throttle.working(), throttle.slot():
        assert clock.time == 0
