"""Many pieces of work at once: a failure of some doesn't keep the others."""

from __future__ import annotations

from typing import NoReturn

import pytest

from bitbucket_hooks.api.worker_pool import WorkerPool
from bitbucket_hooks.reconcile.bulk import Incomplete, raise_failures
from support.clocks import FakeClock


def _bug() -> NoReturn:
    raise KeyError("odd")


def test_a_bug_in_one_piece(clock: FakeClock) -> None:
    """What the others did is known, so that the state can keep it; the bug is shown whole, once."""
    pieces = {"a": lambda: 1, "b": _bug, "c": lambda: 3, "d": _bug}
    outcome = WorkerPool(2, clock, print).run("fleet", pieces)
    assert outcome.done == {"a": 1, "c": 3}
    assert outcome.stopped is None
    with pytest.raises(Incomplete) as raised:
        raise_failures("fleet", {}, outcome)
    assert raised.value.message == (
        "fleet: 2 of 4 repositories failed, 2 are done\n"
        "  b: unforeseen KeyError\n  d: unforeseen KeyError"
    )
    assert raised.value.remedy.count("Traceback") == 1
    assert "in _bug" in raised.value.remedy
