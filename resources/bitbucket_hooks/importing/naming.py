"""Names for new entries: from the description, else the url; the same in every run."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

from attrs import define, field

from bitbucket_hooks.importing.addresses import may_be_secret
from bitbucket_hooks.importing.grouping import Group

_LONGEST: Final = 40
_SHORTEST: Final = 2
_MARKS: Final = re.compile(r"[^a-z0-9]+")


@define
class Names:
    """Gives each entry another name."""

    taken: set[str]
    _groups: dict[str, Group] = field(factory=dict, init=False)

    def of(self, group: Group, url: str) -> str:
        """A name that nothing has: the plain one, or with what is special about the hook."""
        plain = slugified(group.kind.description or "")
        if len(plain) < _SHORTEST:
            plain = _of_url(url)
        first = self._groups.get(plain)
        name = next(one for one in _candidates(plain, group, first, url) if one not in self.taken)
        self.taken.add(name)
        self._groups[name] = group
        return name


def slugified(text: str) -> str:
    """The letters and digits of a text, as far as they are plain ones, with dashes between."""
    plain = unicodedata.normalize("NFKD", text[:1000]).encode("ascii", "ignore").decode().lower()
    return _short(_MARKS.sub("-", plain).strip("-"), _LONGEST)


def _of_url(url: str) -> str:
    parts = urlsplit(url)
    path = "" if may_be_secret(url) else parts.path
    return slugified(f"{(parts.hostname or '').removeprefix('www.')}{path}") or "hook"


def _candidates(plain: str, group: Group, first: Group | None, url: str) -> Iterable[str]:
    """The plain name, then what sets the hook apart from the one that has that name."""
    yield plain
    common = set(_traits(first)) if first else set()
    told = [one for one in _traits(group) if first and one not in common]
    if first and first.kind.address != group.kind.address:
        label = slugified((urlsplit(url).hostname or "").partition(".")[0])
        told += [label] if label not in ("", plain) else []
    told += _place(group)
    for one in told:
        yield _joined(plain, one)
    best = _joined(plain, told[-1]) if told else plain
    number = 2
    while True:
        yield _joined(best, str(number))
        number += 1


def _traits(group: Group) -> Iterable[str]:
    kind = group.kind
    if not kind.active:
        yield "inactive"
    if kind.skip_cert_verification:
        yield "no-certificate-check"
    if not kind.secret_set:
        yield "no-secret"


def _place(group: Group) -> Iterable[str]:
    if group.workspace:
        yield "workspace"
    elif len(group.slugs) == 1:
        yield slugified(str(group.slugs[0])) or "repository"


def _joined(plain: str, more: str) -> str:
    more = more[: _LONGEST // 2].strip("-")
    return f"{_short(plain, _LONGEST - len(more) - 1)}-{more}"


def _short(text: str, most: int) -> str:
    """Cut between words where that leaves most of it."""
    if len(text) <= most:
        return text
    cut = text[:most].rpartition("-")[0]
    return (cut if len(cut) > most // 2 else text[:most]).strip("-")
