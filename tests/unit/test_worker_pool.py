"""Many pieces of work at once: what one of them fails at doesn't keep the others."""

from __future__ import annotations

from typing import NoReturn

from bitbucket_hooks.api.worker_pool import WorkerPool
from bitbucket_hooks.reconcile.incomplete import failure
from support.clocks import FakeClock


def _bug() -> NoReturn:
    raise KeyError("odd")


def test_a_bug_in_one_piece(clock: FakeClock) -> None:
    """What the others did is known, so that the state can keep it; the bug is told whole, once."""
    pieces = {"a": lambda: 1, "b": _bug, "c": lambda: 3, "d": _bug}
    outcome = WorkerPool(2, clock, print).run("fleet", pieces)
    assert outcome.done == {"a": 1, "c": 3}
    assert outcome.stopped is None
    told = failure("fleet", outcome)
    assert told is not None
    assert told[0] == (
        "fleet: 2 of 4 repositories failed, 2 are done\n"
        "  b: unforeseen KeyError\n  d: unforeseen KeyError"
    )
    assert told[1].count("Traceback") == 1
    assert "in _bug" in told[1]
