"""The budget of a refresh: which turn of the rotation a run is, and what the rotation goes over.

The engine asks for one resource after another and never says how many there are, so the state is
asked, with the engine's own command.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from typing import Any, Final

from bitbucket_hooks.api.clock import Clock
from bitbucket_hooks.model.errors import ConfigError, printable
from bitbucket_hooks.model.settings import ALL, TURN
from bitbucket_hooks.model.subject import Subject
from bitbucket_hooks.provider.engine_process import engine_command
from bitbucket_hooks.provider.sdk_hooks import current_urn, inform_run
from bitbucket_hooks.reconcile.claims import Claims
from bitbucket_hooks.reconcile.refresh_rotation import Turn, place_in, turn_of

_TYPE: Final = "pulumi-python:dynamic/bitbucket:"
_MAX_DIGITS: Final = 18
_SECONDS: Final = 300
_OR_ALL: Final = f"Or look at everything in this run, with {TURN}={ALL}."


def account_of(provider: str) -> str:
    """What tells the accounts of a stack apart: a provider's name, empty for the stack's own."""
    return "" if provider == "default" or provider.startswith("default_") else provider


def turn_of_run(budget: int | None, claims: Claims, clock: Clock) -> Turn | None:
    """The turn of this run, the same in all its processes; None: it looks at everything.

    Tells the user, once in a preview and once in an update. Raises ConfigError when the variable or
    the state can't be used.
    """
    given = os.environ.get(TURN, "")
    if budget is None or given == ALL:
        return None
    number = _number(given) if given else clock.wall().toordinal()
    known = claims.agreed(
        f"refresh turn, {budget}", lambda: turn_of(_places(), budget, number).as_text()
    )
    turn = Turn.from_text(known)
    if turn.turns > 1 and claims.is_first(f"refresh turn told, {budget}"):
        inform_run(str(turn))
    return turn


def _number(given: str) -> int:
    if given.isascii() and given.isdigit() and len(given) <= _MAX_DIGITS:
        return int(given)
    raise ConfigError(
        f'{TURN} is "{printable(given, 60)}", which is no turn',
        f"Give a whole number that grows by one with each run, or {ALL}.",
    )


def _places() -> set[str]:
    """Everything of which the stack's state knows hooks. Raises ConfigError."""
    stack = "::".join((current_urn() or "").split("::")[:2])
    resources = _resources()
    if not all(str(one.get("urn")).startswith(f"{stack}::") for one in resources):
        raise _unreadable("it gives another stack")
    return {place for one in resources for place in _places_of(one)}


def _resources() -> list[Mapping[str, Any]]:
    try:
        resources: list[Mapping[str, Any]] = json.loads(_exported())["deployment"]["resources"]
    except (json.JSONDecodeError, UnicodeDecodeError, LookupError, TypeError):
        raise _unreadable("what it gives is no state") from None
    return resources


def _exported() -> bytes:
    command = [*engine_command(), "export", "--non-interactive"]
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _unreadable(str(error)) from None
    if done.returncode:
        raise _unreadable(" ".join(done.stderr.decode("utf-8", "replace").split()))
    return done.stdout


def _unreadable(why: str) -> ConfigError:
    return ConfigError(
        f"bitbucket:refreshBudget: `pulumi stack export`, which tells what the rotation goes over, "
        f"can't be used: {printable(why, 300)}",
        f"Select the stack, or name it in full with --stack. {_OR_ALL}",
    )


def _places_of(resource: Mapping[str, Any]) -> Iterator[str]:
    """What a refresh lists for one resource of the state."""
    outputs = resource.get("outputs") or {}
    if not str(resource.get("type")).startswith(_TYPE):
        return
    account = account_of(str(resource.get("provider")).rpartition("::")[0].rpartition("::")[2])
    owner = outputs.get("workspace") or outputs.get("owner")
    for slug in _slugs(outputs):
        if isinstance(owner, str) and isinstance(slug, str | None):
            yield place_in(account, Subject(owner, slug))


def _slugs(outputs: Mapping[str, Any]) -> list[Any]:
    if "workspace" in outputs:
        return [None]
    if "repository" in outputs:
        return [outputs["repository"]]
    # of a fleet, those that have a copy; of what may be on repositories, all
    is_fleet = isinstance(outputs.get("repositories"), Mapping)
    return list((outputs.get("hooks") if is_fleet else outputs.get("repositories")) or ())
