"""What a hook hangs on: a repository or a workspace."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import quote

from attrs import field, frozen
from attrs.converters import optional

_SLUG = re.compile(r"(?!\.{1,2}$)[a-z0-9_.\-]+|\{[0-9a-f\-]{36}\}", re.IGNORECASE)
_MAX_SLUG = 100  # characters; the API's own limit is unknown
_UUID = re.compile(r"\{[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\}")


def is_slug(text: str) -> bool:
    """Tell whether the API takes this as a slug, or as a UUID in braces in its place."""
    return _SLUG.fullmatch(text) is not None and len(text) <= _MAX_SLUG


def canonical_uuid(text: str) -> str:
    """Give a UUID the form that the API writes: lower case, in braces.

    Raises ValueError when it is no UUID.
    """
    uuid = "{" + text.strip().strip("{}").lower() + "}"
    if not _UUID.fullmatch(uuid):
        raise ValueError(f"{text!r} is no UUID")
    return uuid


def _lower(text: str) -> str:
    return text.lower()


@frozen
class Subject:
    """A repository of a workspace, or the workspace itself when `repository` is None."""

    workspace: str = field(converter=_lower)
    repository: str | None = field(default=None, converter=optional(_lower))
    uuid: str | None = field(default=None, eq=False, repr=False)
    """What it keeps when it is renamed, where that is known; requests go by it then."""

    @property
    def kind(self) -> str:
        """The API's word for it: `repository` or `workspace`."""
        return "workspace" if self.repository is None else "repository"

    @property
    def named(self) -> Subject:
        """Whatever has its name now."""
        return Subject(self.workspace, self.repository)

    @property
    def by_uuid(self) -> Subject:
        """The same with its uuid in the place of its name; as it is, where that isn't known."""
        if self.uuid is None:
            return self
        return Subject(*((self.workspace, self.uuid) if self.repository else (self.uuid,)))

    @property
    def is_named(self) -> bool:
        """Whether it is called by names alone, without a uuid in the place of one."""
        return "{" not in f"{self.workspace}{self.repository}"

    def __str__(self) -> str:
        if self.repository is None:
            return f"workspace {self.workspace}"
        return f"{self.workspace}/{self.repository}"


def path_of(subject: Subject, *parts: str) -> str:
    """A path of the API: that of a subject, or of something in it; every part is quoted."""
    base = (
        ["workspaces", subject.uuid or subject.workspace]
        if subject.repository is None
        else ["repositories", subject.workspace, subject.uuid or subject.repository]
    )
    return "/".join(map(_quoted, [*base, *parts]))


@lru_cache  # most parts are in every path
def _quoted(part: str) -> str:
    return quote(part, safe="")
