"""Whether a refresh checks a repository or workspace in this run."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cached_property
from typing import Final

from attrs import define

from bitbucket_hooks.api.clock import Clock
from bitbucket_hooks.model.errors import ConfigError, printable
from bitbucket_hooks.model.refresh_turn import RefreshTurn
from bitbucket_hooks.model.settings import ALL, TURN
from bitbucket_hooks.model.subject import Subject
from bitbucket_hooks.reconcile.claims import Claims

_MAX_DIGITS: Final = 18


@define
class RefreshTurns:
    """The turn of this run, the same in all its processes."""

    turns: int
    claims: Claims
    clock: Clock
    notify: Callable[[RefreshTurn], None]
    """Hears of a turn that is only a part, once in a preview and once in an update."""

    def is_due(self, subject: Subject) -> bool:
        """Whether to check a subject now. Raises ConfigError when the variable can't be used."""
        return self._turn is None or self._turn.includes(str(subject))

    @cached_property
    def _turn(self) -> RefreshTurn | None:
        """None: everything is checked."""
        given = os.environ.get(TURN, "")
        if self.turns == 1 or given == ALL:
            return None
        today = str(self.clock.wall().toordinal())
        number = _number(given or self.claims.agreed("refresh turn", lambda: today))
        turn = RefreshTurn(number=(number - 1) % self.turns + 1, turns=self.turns)
        if self.claims.is_first("refresh turn notified"):
            self.notify(turn)
        return turn


def _number(given: str) -> int:
    if given.isascii() and given.isdigit() and len(given) <= _MAX_DIGITS:
        return int(given)
    raise ConfigError(
        f'{TURN} is "{printable(given, 60)}", which is no turn',
        f"Give a whole number that grows by one with each run, or {ALL}.",
    )
