"""Names for new entries: from the description, else the url; the same in every run."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

from attrs import define, field, frozen

from bitbucket_hooks.importing.grouping import HookGroup
from bitbucket_hooks.model.urls import may_be_secret

_LONGEST: Final = 40
_SHORTEST: Final = 2
_MARKS: Final = re.compile(r"[^a-z0-9]+")


@frozen
class _Named:
    """A group of hooks that has a name, or is to get one."""

    group: HookGroup
    url: str

    @property
    def host(self) -> str:
        """The first label of the url's host."""
        return slugified((urlsplit(self.url).hostname or "").partition(".")[0])

    @property
    def path(self) -> str:
        """The end of the url's path, unless it may be secret."""
        path = "" if may_be_secret(self.url) else urlsplit(self.url).path
        return slugified("/".join(path.strip("/").split("/")[-2:]))

    @property
    def place(self) -> str:
        """Where its only hook is."""
        if self.group.workspace:
            return "workspace"
        return slugified(str(self.group.slugs[0])) if len(self.group.slugs) == 1 else ""


@define
class Names:
    """Gives each entry another name."""

    taken: set[str]
    _named: dict[str, _Named] = field(factory=dict, init=False)

    def name_for(self, group: HookGroup, url: str) -> str:
        """A name that nothing has: the plain one, or with what is special about the hook."""
        plain = slugified(group.kind.description or "")
        if len(plain) < _SHORTEST:
            plain = _of_url(url)
        hook = _Named(group, url)
        candidates = _candidates(plain, hook, self._named.get(plain))
        name = next(each for each in candidates if each not in self.taken)
        self.taken.add(name)
        self._named[name] = hook
        return name


def slugified(text: str) -> str:
    """The letters and digits of a text, as far as they are plain ones, with dashes between."""
    plain = unicodedata.normalize("NFKD", text[:1000]).encode("ascii", "ignore").decode().lower()
    return _short(_MARKS.sub("-", plain).strip("-"), _LONGEST)


def in_order(name: str) -> list[str | int]:
    """What to sort names by, so that `ci-2` comes before `ci-10`."""
    parts: list[str | int] = list(re.split(r"([0-9]+)", name))
    return [int(part) if number % 2 else part for number, part in enumerate(parts)]


def _of_url(url: str) -> str:
    parts = urlsplit(url)
    path = "" if may_be_secret(url) else parts.path
    return slugified(f"{(parts.hostname or '').removeprefix('www.')}{path}") or "hook"


def _candidates(plain: str, hook: _Named, first: _Named | None) -> Iterable[str]:
    """The plain name, then what sets the hook apart from the one that has that name."""
    yield plain
    if first is None:
        differences = [hook.place]
    else:
        common = set(_traits(first.group))
        differences = [trait for trait in _traits(hook.group) if trait not in common]
        pairs = ((hook.host, first.host), (hook.path, first.path), (hook.place, first.place))
        differences += [mine for mine, other in pairs if mine != other]
    for difference in differences:
        if difference not in ("", plain):
            yield _joined(plain, difference)
    for number in itertools.count(2):
        yield _joined(plain, str(number))


def _traits(group: HookGroup) -> Iterable[str]:
    kind = group.kind
    if not kind.active:
        yield "inactive"
    if kind.skip_cert_verification:
        yield "no-certificate-check"
    if not kind.secret_set:
        yield "no-secret"


def _joined(plain: str, more: str) -> str:
    more = more[: _LONGEST // 2].strip("-")
    return f"{_short(plain, _LONGEST - len(more) - 1)}-{more}"


def _short(text: str, most: int) -> str:
    """Cut between words where that leaves most of it."""
    if len(text) <= most:
        return text
    cut = text[:most].rpartition("-")[0]
    return (cut if len(cut) > most // 2 else text[:most]).strip("-")
