"""Names for new entries: from the description, else the url; the same in every run."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Final
from urllib.parse import urlsplit

from attrs import define, field

from bitbucket_hooks.importing.grouping import HookGroup
from bitbucket_hooks.model.urls import may_be_secret

_LONGEST: Final = 40
_SHORTEST: Final = 2
_MARKS: Final = re.compile(r"[^a-z0-9]+")


@define
class Names:
    """Gives each entry another name."""

    taken: set[str]
    _traits: dict[str, Sequence[str]] = field(factory=dict, init=False)
    """By names that were given."""

    def name_for(self, group: HookGroup, url: str) -> str:
        """A name that nothing has: the plain one, or with what is special about the hook."""
        address = urlsplit(url)
        host, path = address.hostname or "", "" if may_be_secret(url) else address.path
        plain = _slugified(group.kind.description or "")
        if len(plain) < _SHORTEST:
            plain = _slugified(f"{host.removeprefix('www.')}{path}") or "hook"
        traits = _traits(group, host, path)
        candidates = _candidates(plain, traits, self._traits.get(plain))
        name = next(candidate for candidate in candidates if candidate not in self.taken)
        self.taken.add(name)
        self._traits[name] = traits
        return name


def in_order(name: str) -> list[str | int]:
    """What to sort names by, so that `ci-2` comes before `ci-10`."""
    parts: list[str | int] = list(re.split(r"([0-9]+)", name))
    return [int(part) if number % 2 else part for number, part in enumerate(parts)]


def _traits(group: HookGroup, host: str, path: str) -> Sequence[str]:
    """What may set a hook apart from others; last where it is, if it is in one place."""
    kind, slugs = group.kind, group.slugs
    return (
        "" if kind.active else "inactive",
        "no-certificate-check" if kind.skip_cert_verification else "",
        "" if kind.secret_set else "no-secret",
        _slugified(host.partition(".")[0]),
        _slugified("/".join(path.strip("/").split("/")[-2:])),
        "workspace" if group.workspace else _slugified(str(slugs[0])) if len(slugs) == 1 else "",
    )


def _candidates(plain: str, traits: Sequence[str], first: Sequence[str] | None) -> Iterable[str]:
    """The plain name, then what sets the hook apart from the one that has that name."""
    yield plain
    differences = traits[-1:]
    if first is not None:
        differences = [trait for trait, other in zip(traits, first, strict=True) if trait != other]
    for difference in differences:
        if difference not in ("", plain):
            yield _joined(plain, difference)
    for number in itertools.count(2):
        yield _joined(plain, str(number))


def _slugified(text: str) -> str:
    """The letters and digits of a text, as far as they are plain ones, with dashes between."""
    plain = unicodedata.normalize("NFKD", text[:1000]).encode("ascii", "ignore").decode().lower()
    return _short(_MARKS.sub("-", plain).strip("-"), _LONGEST)


def _joined(plain: str, more: str) -> str:
    more = more[: _LONGEST // 2].strip("-")
    return f"{_short(plain, _LONGEST - len(more) - 1)}-{more}"


def _short(text: str, most: int) -> str:
    """Cut between words where that leaves most of it."""
    if len(text) <= most:
        return text
    cut = text[:most].rpartition("-")[0]
    return (cut if len(cut) > most // 2 else text[:most]).strip("-")
