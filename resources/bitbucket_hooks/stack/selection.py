"""Which repositories an entry means, and which entries mean the same hook."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from attrs import define, field

from bitbucket_hooks.api.repositories import Repository
from bitbucket_hooks.model.adopt_policy import MATCH, NEVER
from bitbucket_hooks.model.globs import is_glob, matching
from bitbucket_hooks.model.subject import Subject
from bitbucket_hooks.model.webhook import HookKey
from bitbucket_hooks.model.wording import did_you_mean
from bitbucket_hooks.stack.entries import HOOKS_PATH, Draft
from bitbucket_hooks.stack.files import Hidden


def needs_listing(draft: Draft) -> bool:
    """Whether only a listing shows which repositories are meant."""
    patterns = draft.values.get("repositories") or ()
    return "project" in draft.values or any(map(is_glob, patterns))


def selects(draft: Draft) -> bool:
    """Whether an entry is on repositories, and tells which."""
    keys = ("owner", "repositories", "exclude", "project", "strict")
    readable = all(key in draft.values for key in keys if key in draft.paths)
    named = "repositories" in draft.values or "project" in draft.values
    return readable and named and "owner" in draft.values and not draft.values.get("workspace")


def named_in(draft: Draft) -> list[str]:
    """The repositories that an entry calls by their names, as far as it is in order."""
    slugs = draft.values.get("repositories") or ()
    out = draft.values.get("exclude") or ()
    return [s for s in slugs if not is_glob(s) and not any(matching(glob, [s]) for glob in out)]


@define
class Selection:
    """The repositories of one entry, with what is wrong with it, and what may be."""

    draft: Draft
    slugs: list[str] = field(factory=list)
    problems: list[str] = field(factory=list)
    warnings: list[str] = field(factory=list)

    def choose(self, listed: Sequence[Repository]) -> Selection:
        """Apply the entry to what its workspace has."""
        project = self.draft.values.get("project")
        there = [repository for repository in listed if project in (None, repository.project)]
        if project is not None and not there:
            near = did_you_mean(project, {repository.project for repository in listed})
            remedy = near or "; check its key, and that the identity may read its repositories"
            self.problems.append(
                f"{self.draft.paths['project']}: no repository that this identity sees in "
                f'{self._workspace} is in a project "{project}"{remedy}'
            )
            return self
        names = {name: found.slug for found in there for name in (found.slug, found.uuid)}
        chosen = self._named(listed, names)
        out = self._left_out(chosen, names)
        self.slugs = [
            repository.slug
            for repository in there
            if repository.slug in chosen and repository.slug not in out
        ]
        if chosen and not self.slugs and not self.problems:
            self._doubt(
                f"{self.draft.paths['exclude']}: leaves out all {len(chosen):,} repositories that "
                "the entry means, so that it has no hooks"
            )
        return self

    def _named(self, listed: Sequence[Repository], names: Mapping[str, str]) -> set[str]:
        """The repositories that are named or matched; `names` has the slugs by slug and uuid."""
        patterns = self.draft.values.get("repositories")
        slugs = {*names.values()}
        if patterns is None:
            return slugs
        chosen: set[str] = set()
        for i, pattern in enumerate(patterns):
            path = f"{self.draft.paths['repositories']}[{i}]"
            found = _meant_by(pattern, names)
            if not found and is_glob(pattern):
                self._doubt(
                    f'{path}: "{pattern}" matches none of the {len(slugs):,} repositories that '
                    f"this identity sees in {self._where}"
                )
            elif not found:
                self.problems.append(f"{path}: {self._missing(pattern, listed)}")
            chosen.update(found)
        return chosen

    def _left_out(self, chosen: set[str], names: Mapping[str, str]) -> set[str]:
        out: set[str] = set()
        written = {*(self.draft.values.get("repositories") or ())}
        for i, pattern in enumerate(self.draft.values.get("exclude", ())):
            path = f"{self.draft.paths['exclude']}[{i}]"
            found = [slug for slug in _meant_by(pattern, names) if slug in chosen]
            if not found and path.startswith(self.draft.path):  # what is shared needn't fit all
                self._doubt(f'{path}: "{pattern}" leaves nothing out')
            self.problems += [
                f'{path}: "{pattern}" leaves "{slug}" out, which repositories names; '
                "remove one of the two"
                for slug in sorted(written.intersection(found))
            ]
            out.update(found)
        return out

    def _missing(self, slug: str, listed: Sequence[Repository]) -> str:
        if elsewhere := [found for found in listed if slug in (found.slug, found.uuid)]:
            return (
                f'"{slug}" is in the project {elsewhere[0].project}, not in '
                f"{self.draft.values['project']}; give it an entry without project"
            )
        near = did_you_mean(slug, [repository.slug for repository in listed])
        remedy = near or "; check its name, and that the identity may read it"
        return f'"{slug}" is no repository that this identity sees in {self._workspace}{remedy}'

    def _doubt(self, text: str) -> None:
        """An error where the entry is strict; else a warning."""
        if self.draft.values.get("strict"):
            self.problems.append(f"{text}; correct or remove it, or set strict: false")
        else:
            self.warnings.append(f"{text}; correct or remove it, unless it is meant")

    @property
    def _workspace(self) -> str:
        return str(self.draft.values["owner"])

    @property
    def _where(self) -> str:
        project = self.draft.values.get("project")
        return f"the project {project} of {self._workspace}" if project else self._workspace


def _meant_by(pattern: str, names: Mapping[str, str]) -> list[str]:
    """The slugs of the repositories that a glob, a slug or a uuid means."""
    if is_glob(pattern):
        return matching(pattern, dict.fromkeys(names.values()))
    return [names[pattern]] if pattern in names else []


def same_hooks(entries: Iterable[tuple[Draft, Iterable[str]]]) -> Iterator[str]:
    """Messages of entries, each with its repositories, that declare a hook of an earlier one.

    The same url on the same repository, and no other title. Accounts count as different, as they
    may speak to two servers; so do hooks that `adopt` names.
    """
    holders: dict[tuple[str | None, HookKey], Draft] = {}
    for draft, slugs in entries:
        both: dict[str, list[Subject]] = {}
        for key in _hook_keys(draft, slugs):
            holder = holders.setdefault((draft.account, key), draft)
            if holder.values.get("name") != draft.values.get("name"):  # else that is the mistake
                both.setdefault(holder.path, []).append(key.subject)
        for path, subjects in both.items():
            more = f" and {len(subjects) - 1:,} more" if len(subjects) > 1 else ""
            yield (
                f"{draft.path}: declares the same hook as {path.removeprefix(HOOKS_PATH)} on "
                f"{subjects[0]}{more}; give the two different urls or descriptions, or leave the "
                "repositories out of one"
            )


def _hook_keys(draft: Draft, slugs: Iterable[str]) -> Iterator[HookKey]:
    url, owner = draft.values.get("url"), draft.values.get("owner")
    title, adopt = draft.values.get("description"), draft.values.get("adopt", MATCH)
    if draft.problems or url is None or isinstance(url, Hidden) or isinstance(title, Hidden):
        return
    if owner is None or adopt not in (MATCH, NEVER):
        return
    subjects = [None] if draft.values.get("workspace") else slugs
    for slug in subjects:
        yield HookKey(Subject(owner, slug), url, title)
