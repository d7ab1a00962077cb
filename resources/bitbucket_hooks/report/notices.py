"""The turn of a refresh under a budget, as the run said it."""

from __future__ import annotations

import re
from typing import Final

from bitbucket_hooks.pulumi_cli.run import Run, Turn

_TURN: Final = re.compile(
    r"refresh budget: checking ([\d,]+) of ([\d,]+) ([a-z ]+), turn ([\d,]+) of ([\d,]+);.*"
)


def turn_of(run: Run) -> Turn | None:
    """What a refresh under a budget looked at; None: at everything, if there was one."""
    found = (_TURN.fullmatch(one.message.strip()) for one in run.diagnostics)
    told = next((match.groups() for match in found if match), None)
    if told is None:
        return None
    checked, total, number, turns = (int(told[i].replace(",", "")) for i in (0, 1, 3, 4))
    return Turn(checked, total, told[2], number, turns)
