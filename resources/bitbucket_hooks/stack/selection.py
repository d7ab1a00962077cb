"""Which repositories an entry means: names, globs, exclusions and projects over what exists."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from typing import Final

from attrs import define, field

from bitbucket_hooks.api.repositories import Repository
from bitbucket_hooks.model.globs import is_glob, matching
from bitbucket_hooks.stack.entries import Draft

_NEAR: Final = 3
_CUTOFF: Final = 0.6


def needs_listing(draft: Draft) -> bool:
    """Whether it can't be told without a listing which repositories are meant."""
    patterns = draft.values.get("repositories") or ()
    return "project" in draft.values or any(map(is_glob, patterns))


@define
class Selection:
    """The repositories of one entry, with what is wrong with it, and what may be."""

    draft: Draft
    slugs: list[str] = field(factory=list)
    problems: list[str] = field(factory=list)
    warnings: list[str] = field(factory=list)

    def literal(self) -> Selection:
        """Take the names as they are, where the workspace can't be listed."""
        named = self.draft.values["repositories"]
        out = self.draft.values.get("exclude", ())
        self.slugs = [slug for slug in named if not any(matching(glob, [slug]) for glob in out)]
        return self

    def choose(self, listed: Sequence[Repository]) -> Selection:
        """Apply the entry to what its workspace has."""
        project = self.draft.values.get("project")
        there = [repository for repository in listed if project in (None, repository.project)]
        if project is not None and not there:
            self._no_such_project(project, listed)
            return self
        chosen = self._named(listed, there)
        out = self._left_out(chosen, there)
        self.slugs = [
            repository.slug
            for repository in there
            if repository.slug in chosen and repository.slug not in out
        ]
        if chosen and not self.slugs and not self.problems:
            self._doubt(
                f"{self._path('exclude')}: leaves out all {len(chosen):,} repositories that the "
                "entry means, so that it has no hooks"
            )
        return self

    def _named(self, listed: Sequence[Repository], there: Sequence[Repository]) -> set[str]:
        """The repositories that are named or matched."""
        patterns = self.draft.values.get("repositories")
        slugs = [repository.slug for repository in there]
        if patterns is None:
            return set(slugs)
        chosen: set[str] = set()
        for i, pattern in enumerate(patterns):
            path = f"{self._path('repositories')}[{i}]"
            found = _found(pattern, there)
            if not found and is_glob(pattern):
                self._no_match(path, pattern, len(slugs))
            elif not found:
                self.problems.append(f"{path}: {self._missing(pattern, listed)}")
            chosen.update(found)
        return chosen

    def _left_out(self, chosen: set[str], there: Sequence[Repository]) -> set[str]:
        out: set[str] = set()
        for i, pattern in enumerate(self.draft.values.get("exclude", ())):
            path = f"{self._path('exclude')}[{i}]"
            found = [slug for slug in _found(pattern, there) if slug in chosen]
            if not found and path.startswith(self.draft.path):  # what is shared needn't fit all
                self._doubt(f'{path}: "{pattern}" leaves nothing out')
            named = set(found) & set(self.draft.values.get("repositories") or ())
            self.problems += [
                f'{path}: "{pattern}" leaves "{slug}" out, which repositories names; '
                "remove one of the two"
                for slug in sorted(named)
            ]
            out.update(found)
        return out

    def _missing(self, slug: str, listed: Sequence[Repository]) -> str:
        elsewhere = next(
            (repository for repository in listed if slug in (repository.slug, repository.uuid)),
            None,
        )
        if elsewhere is not None:
            return (
                f'"{slug}" is in the project {elsewhere.project}, not in '
                f"{self.draft.values['project']}; give it an entry without project"
            )
        near = did_you_mean(slug, [repository.slug for repository in listed])
        remedy = near or "; check its name, and that the identity may read it"
        return f'"{slug}" is no repository that this identity sees in {self._workspace}{remedy}'

    def _no_match(self, path: str, pattern: str, count: int) -> None:
        project = self.draft.values.get("project")
        where = f"the project {project} of {self._workspace}" if project else self._workspace
        self._doubt(
            f'{path}: "{pattern}" matches none of the {count:,} repositories that this identity '
            f"sees in {where}"
        )

    def _no_such_project(self, project: str, listed: Sequence[Repository]) -> None:
        near = did_you_mean(project, {repository.project for repository in listed})
        remedy = near or "; check its key, and that the identity may read its repositories"
        self.problems.append(
            f"{self._path('project')}: no repository that this identity sees in "
            f'{self._workspace} is in a project "{project}"{remedy}'
        )

    def _doubt(self, text: str) -> None:
        """An error where the entry is strict; else a warning."""
        if self.draft.values.get("strict"):
            self.problems.append(f"{text}; correct or remove it, or set strict: false")
        else:
            self.warnings.append(f"{text}; correct or remove it, unless it is meant")

    @property
    def _workspace(self) -> str:
        return str(self.draft.values["owner"])

    def _path(self, key: str) -> str:
        return self.draft.paths[key]


def _found(pattern: str, there: Iterable[Repository]) -> list[str]:
    if is_glob(pattern):
        return matching(pattern, [repository.slug for repository in there])
    return [
        repository.slug for repository in there if pattern in (repository.slug, repository.uuid)
    ]


def nearest(name: str, known: Iterable[str]) -> list[str]:
    """What there is that is spelt almost as a name, the nearest first."""
    return difflib.get_close_matches(name, sorted(known), n=_NEAR, cutoff=_CUTOFF)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Name the nearest of what there is, as the rest of a sentence; nothing when none is near."""
    near = nearest(name, known)
    return (
        "; did you mean " + " or ".join(f'"{candidate}"' for candidate in near) + "?"
        if near
        else ""
    )
