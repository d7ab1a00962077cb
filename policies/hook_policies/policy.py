"""A policy: its name, how strict it is by default, what can be configured, and its rule."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Final, Literal, TypeAlias

from hook_policies.declared import Declared

Level: TypeAlias = Literal["mandatory", "advisory"]
Options: TypeAlias = Mapping[str, Any]
"""What is configured, by name; the engine has checked it against the schemas below."""
Rule: TypeAlias = Callable[[Declared, Options], str | None]
"""Gives the message for a hook that doesn't comply; may raise NotKnownYetError."""


@dataclass(frozen=True)
class Option:
    """What can be configured of a policy, as a JSON schema without the default."""

    schema: Mapping[str, object]
    default: object


def texts(description: str, *default: str) -> Option:
    """An option that is a list of texts."""
    items = {"type": "string", "minLength": 1}
    return Option(
        {"type": "array", "items": items, "description": description}, default=list(default)
    )


EXEMPT: Final = texts("names of resources, or globs, that this policy says nothing of")


@dataclass(frozen=True)
class Policy:
    """One thing that reviewers may ask of a hook."""

    name: str
    description: str
    level: Level
    rule: Rule
    own_options: Mapping[str, Option] = field(default_factory=dict)

    @property
    def options(self) -> Mapping[str, Option]:
        """All that can be configured, by name."""
        return {**self.own_options, "exempt": EXEMPT}

    def complaint(self, hook: Declared, config: Options) -> str | None:
        """Give the message for a hook that doesn't comply.

        Raises NotKnownYetError when a preview doesn't know enough.
        """
        options = {name: config.get(name, option.default) for name, option in self.options.items()}
        # What is only looked up (Hook.get) declares nothing.
        if not hook.has("url") or matches(hook.name, options["exempt"]):
            return None
        return self.rule(hook, options)


def matches(name: str, patterns: Iterable[str]) -> bool:
    """Tell whether a name, in any case, is one of these or matches one of these globs."""
    return any(fnmatchcase(name.lower(), pattern.lower()) for pattern in patterns)
