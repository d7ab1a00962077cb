"""A webhook as the engine hands it to a policy: properties that may be secret, or not known yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, TypeAlias
from urllib.parse import SplitResult, urlsplit

Value: TypeAlias = object

KINDS: Final = {
    f"{prefix}{kind}": kind
    for prefix in ("pulumi-python:dynamic/bitbucket:", "bitbucket-hooks:index:")
    for kind in ("Hook", "HookFleet", "WorkspaceHook")
}
"""The names that messages have for our types of resources."""


class Unknown(Enum):
    """What a property has instead of a value that a preview doesn't know yet."""

    UNKNOWN = "unknown"


UNKNOWN: Final = Unknown.UNKNOWN


@dataclass(frozen=True)
class Secret:
    """A value that no message may show; its `repr` doesn't."""

    value: Value = field(repr=False)


class NotKnownYetError(Exception):
    """A rule asks for a property that a preview doesn't know yet; the message names both."""


@dataclass(frozen=True)
class Declared:
    """A hook of the program: its inputs in camelCase, and what Pulumi knows of it."""

    kind: str
    name: str
    properties: Mapping[str, Value]
    stack: str = ""
    protected: bool = False

    @property
    def title(self) -> str:
        """The hook as a reviewer knows it, such as `Hook "ci" (acme/api)`."""
        place = self._place()
        return f'{self.kind} "{self.name}"' + (f" ({place})" if place else "")

    def _place(self) -> str | None:
        if not (workspace := self._shown("owner") or self._shown("workspace")):
            return None
        repository, repositories = self._shown("repository"), self.properties.get("repositories")
        if isinstance(repositories, Mapping):
            if len(repositories) != 1:
                return f"{len(repositories)} repositories of {workspace}"
            (repository,) = repositories
        return f"{workspace}/{repository}" if repository else workspace

    def _shown(self, name: str) -> str | None:
        value = self.properties.get(name)
        return value if isinstance(value, str) else None

    def has(self, name: str) -> bool:
        """Tell whether a property is given, known or not."""
        return self.properties.get(name) is not None

    def value(self, name: str) -> Value:
        """Give a property for looking at, not for showing; None when it isn't given.

        Raises NotKnownYetError.
        """
        given = self.properties.get(name)
        bare = given.value if isinstance(given, Secret) else given
        if bare is UNKNOWN:
            raise NotKnownYetError(f'the preview can\'t tell "{name}" of {self.title}')
        return bare

    def is_secret(self, name: str) -> bool:
        """Tell whether a property was given as a Pulumi secret."""
        return isinstance(self.properties.get(name), Secret)

    @property
    def url(self) -> SplitResult:
        """Where it delivers to, in parts. One that can't be read has none.

        Raises NotKnownYetError.
        """
        given = self.value("url")
        try:
            parts = urlsplit(given if isinstance(given, str) else "")
            _ = parts.hostname, parts.port
        except ValueError:  # the provider says so
            return urlsplit("")
        return parts

    @property
    def receiver(self) -> str:
        """Where it delivers to as far as anybody may see: never a path or a query."""
        if self.is_secret("url"):
            return "an address that is a secret"
        if self.properties.get("url") is UNKNOWN:
            return "an address that isn't known yet"
        host = self.url.netloc.rpartition("@")[2]
        return f"{self.url.scheme}://{host}/…"
