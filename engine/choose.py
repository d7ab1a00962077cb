"""The order of the ways to an engine."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine import build, cache, download, on_path
from engine.errors import NoEngineError, UnavailableError
from engine.progress import say


@dataclass(frozen=True)
class Way:
    """A way to an engine that ends in the cache."""

    label: str
    name: Callable[[], str]
    make: Callable[[Path], None]


WAYS = (
    Way(download.LABEL, download.name, download.make),
    Way(build.LABEL, build.name, build.make),
)


def folder(ways: Sequence[Way] = WAYS) -> Path:
    """Return the folder of the engine to use; `ways` serve in turn when PATH has none.

    Raises NoEngineError, with what each way answered, when there is none to be had.
    """
    try:
        return on_path.find()
    except UnavailableError as reason:
        return _cached(ways) or _obtain(ways, [(on_path.LABEL, reason)])


def _cached(ways: Sequence[Way]) -> Path | None:
    return next((found for way in ways if (found := cache.find(way.name()))), None)


def _obtain(ways: Sequence[Way], answers: list[tuple[str, UnavailableError]]) -> Path:
    try:
        with cache.lock():
            # Whoever held the lock may have made it.
            return _cached(ways) or _make(ways, answers)
    except UnavailableError as reason:
        raise NoEngineError([*answers, ("the cache", reason)]) from reason


def _make(ways: Sequence[Way], answers: list[tuple[str, UnavailableError]]) -> Path:
    for way in ways:
        if made := _try(way, answers):
            return made
    raise NoEngineError(answers)


def _try(way: Way, answers: list[tuple[str, UnavailableError]]) -> Path | None:
    try:
        return cache.add(way.name(), way.make)
    except UnavailableError as reason:
        say(f"{way.label}: {reason}")
        answers.append((way.label, reason))
        return None
