"""The shortest exact way to say which repositories are meant."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import attrs
from attrs import define, field, frozen

from bitbucket_hooks.model.globs import matching

_FEWEST_WHOLE: Final = 3  # repositories that a project or "*" stands for
_FEWEST: Final = 4  # repositories that any other glob stands for
_MOST_EXCLUDED: Final = 0.25  # of those that a glob matches
_CUT: Final = re.compile(r"[-_.]")


@frozen
class EntryTargets:
    """What an entry says: patterns, exclusions, a project."""

    repositories: Sequence[str] = ()
    exclude: Sequence[str] = ()
    project: str | None = None

    def keys(self) -> dict[str, Any]:
        """As an entry has it."""
        return attrs.asdict(self, filter=lambda _, value: bool(value))

    @property
    def cost(self) -> int:
        """How much there is to read."""
        return len(self.repositories) + len(self.exclude) + (self.project is not None)


@define
class Selector:
    """Knows every repository that a glob could reach."""

    projects: Mapping[str, str]
    """Each repository's project."""
    within: str | None = None
    """The project that all of them are of, where the rest of the workspace isn't known."""
    _counts: Counter[str] = field(init=False)

    def __attrs_post_init__(self) -> None:
        """Count once what every glob matches."""
        self._counts = Counter(glob for slug in self.projects for glob in _globs(slug))

    def choose(self, slugs: Iterable[str], *, names: bool = False) -> EntryTargets:
        """Say exactly these; `names`: by their names alone."""
        meant = sorted(slugs)
        shorter = [] if names or len(meant) < _FEWEST_WHOLE else self._ways(set(meant))
        return min(
            (targets for targets in shorter if targets.cost * 2 <= len(meant)),
            key=lambda targets: targets.cost,
            default=EntryTargets(meant),
        )

    def _ways(self, meant: set[str]) -> Iterator[EntryTargets]:
        every = set(self.projects)
        if self.within is None:
            yield from self._all_but(EntryTargets(["*"]), every, meant)
        for project in {self.projects.get(slug, "") for slug in meant} - {""}:
            inside = {slug for slug in every if self.projects[slug] == project}
            if meant <= inside:
                yield from self._all_but(EntryTargets(project=project), inside, meant)
        yield EntryTargets(self._cover(meant, every, few=_FEWEST), project=self.within)

    def _all_but(
        self, whole: EntryTargets, matched: set[str], meant: set[str]
    ) -> Iterator[EntryTargets]:
        """The whole without what isn't meant, unless that is too much of it."""
        out = matched - meant
        if len(out) <= len(matched) * _MOST_EXCLUDED:
            yield attrs.evolve(whole, exclude=self._cover(out, matched, few=2))

    def _cover(self, meant: set[str], among: set[str], *, few: int) -> list[str]:
        """Globs that match nothing else of these repositories, and the names that are left."""
        inside = Counter(glob for slug in meant for glob in _globs(slug))
        every = self._counts
        if len(among) != len(self.projects):
            every = Counter(glob for slug in among for glob in _globs(slug))
        exact = [glob for glob, count in inside.items() if count >= few and count == every[glob]]
        left, chosen = set(meant), []
        for glob in sorted(exact, key=lambda glob: (-inside[glob], len(glob), glob)):
            found = matching(glob, left)
            if len(found) >= few:
                chosen.append(glob)
                left.difference_update(found)
        return sorted(chosen) + sorted(left)


def _globs(slug: str) -> set[str]:
    """What begins or ends like it, up to a mark between words."""
    cuts = [found.start() for found in _CUT.finditer(slug, 1, len(slug) - 1)]
    return {glob for cut in cuts for glob in (f"{slug[: cut + 1]}*", f"*{slug[cut:]}")}
