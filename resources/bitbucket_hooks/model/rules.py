"""What each property of a declared webhook may be. Used for resources and stack config alike.

Every rule takes a value, gives it in canonical form or raises `Problem` with the rest of a sentence
that begins with the property's name. No rule shows the value of a url or a secret.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, TypeVar

from attrs import frozen

from bitbucket_hooks.model.adopt_policy import canonical_policy
from bitbucket_hooks.model.errors import printable
from bitbucket_hooks.model.subject import canonical_uuid, is_slug
from bitbucket_hooks.model.urls import url_problem

MAX_SECRET: Final = 128
"""Characters; public API description."""

REPORT: Final = "report"
DELETE: Final = "delete"
"""What an exclusive does about the hooks that it doesn't name."""

_SOURCES: Final = ("env:", "file:")
_KINDS: Final = {
    bool: "true or false",
    int: "a number",
    float: "a number",
    str: "text",
    dict: "a mapping",
    list: "a list",
    type(None): "nothing",
}

_T = TypeVar("_T")


class Problem(ValueError):
    """Everything that is wrong with one value, each with its place behind the property's name."""

    def __init__(self, *parts: tuple[str, str]) -> None:
        """Take pairs of place (`""`, `[1]`) and what is wrong there."""
        super().__init__("; ".join(text for _, text in parts))
        self.parts = parts


def problem(text: str) -> Problem:
    """A problem of the value as a whole."""
    return Problem(("", text))


@frozen
class Context:
    """What rules need to know beyond the value."""

    allow_private_urls: bool
    unknown_events: Callable[[Iterable[str]], Mapping[str, str]]
    """Of events, those that no hook can listen to, each with what to say about it."""


Rule = Callable[[Any, Context], Any]


def slug(value: Any, _: Context) -> str:
    """A workspace's or repository's slug, or its UUID in braces."""
    text = _text(value).strip()
    if not text:
        raise problem("must not be empty; write it as in the address of its page")
    if not is_slug(text):
        raise problem(
            f'is "{printable(text, 60)}", which is no slug; write it as in the address of its page '
            "(letters, digits, . _ -), without the workspace and without slashes"
        )
    return text.lower()


def each_repository(rule: Rule) -> Rule:
    """The rule for a list of repositories, of which each has to pass a rule."""

    def listed(value: Any, context: Context) -> list[Any]:
        if isinstance(value, str) or not isinstance(value, Iterable):
            raise problem(f"must be a list of repositories, not {kind_of(value)}")
        return _all_of(_placed(value), lambda item: rule(item, context))

    return listed


slugs: Final = each_repository(slug)
"""The slugs of repositories, as they are listed."""


def uuids(value: Any, _: Context) -> list[str]:
    """The uuids of hooks: some, lists of them, or mappings to them, as a fleet's output is."""
    return sorted(set(_all_of(leaves(value), _uuid)))


def _uuid(value: Any) -> str:
    text = _text(value)
    try:
        return canonical_uuid(text)
    except ValueError:
        raise problem(
            f'is "{printable(text, 60)}", which is no uuid of a hook; copy the one that it has'
        ) from None


def leaves(value: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """Every value inside lists and mappings, with its place."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from leaves(item, f"{place}.{key}")
    elif isinstance(value, (list, tuple)):
        for inner, item in _placed(value):
            yield from leaves(item, f"{place}{inner}")
    else:
        yield place, value


def _placed(items: Iterable[_T]) -> Iterator[tuple[str, _T]]:
    return ((f"[{i}]", item) for i, item in enumerate(items))


def _all_of(placed: Iterable[tuple[str, Any]], check: Callable[[Any], _T]) -> list[_T]:
    """Check every item; one `Problem` has those of all, each with its place."""
    found: list[_T] = []
    wrong: list[tuple[str, str]] = []
    for place, item in placed:
        try:
            found.append(check(item))
        except Problem as error:
            wrong += [(f"{place}{inner}", text) for inner, text in error.parts]
    if wrong:
        raise Problem(*wrong)
    return found


def url(value: Any, context: Context) -> str:
    """The address that receives deliveries."""
    text = _text(value)
    if found := url_problem(text, allow_private=context.allow_private_urls):
        raise problem(found)
    return text


def description(value: Any, _: Context) -> str:
    """The title that the web page shows; how long it may be, only the API knows."""
    return _text(value)


def events(value: Any, context: Context) -> list[str]:
    """The events that a hook listens to: at least one, each known."""
    if isinstance(value, str) or not isinstance(value, (list, tuple, set, frozenset)):
        raise problem(f"must be a list of event keys, not {kind_of(value)}")
    if not value:
        raise problem("must not be empty; the API needs at least one event, such as repo:push")
    keys = _all_of(_placed(value), _text)
    if unknown := context.unknown_events(keys):
        raise Problem(*((place, unknown[key]) for place, key in _placed(keys) if key in unknown))
    return list(canonical_events(keys))


def canonical_events(keys: Iterable[str]) -> tuple[str, ...]:
    """Events as a set has them: the API refuses doubled ones and keeps no order."""
    return tuple(sorted(set(keys)))


def boolean(value: Any, _: Context) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise problem(f"must be true or false, not {kind_of(value)}")
    return value


def secret(value: Any, _: Context) -> str:
    """The secret that signs deliveries; empty says: none."""
    text = _text(value)
    if len(text) > MAX_SECRET:
        raise problem(
            f"has {len(text)} characters; shorten it, as the API takes at most {MAX_SECRET}"
        )
    return text


def secret_from(value: Any, _: Context) -> str:
    """Where the secret is read from when it is needed."""
    text = _text(value)
    if not is_secret_source(text):
        raise problem("must be env:NAME or file:PATH; it names the secret's place, never its value")
    return text


def is_secret_source(text: str) -> bool:
    """Tell whether a text names the place of a secret: `env:NAME` or `file:PATH`."""
    return text.startswith(_SOURCES) and text not in _SOURCES


def adopt(value: Any, _: Context) -> str:
    """Whether, or which hook, a create adopts."""
    text = _text(value)
    try:
        return canonical_policy(text)
    except ValueError:
        raise problem('must be "match", "never" or the uuid of a hook') from None


def on_unmanaged(value: Any, _: Context) -> str:
    """What an exclusive does about the hooks that it doesn't name."""
    if value not in (REPORT, DELETE):
        raise problem(f'must be "{REPORT}" or "{DELETE}"')
    return str(value)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise problem(f"must be text, not {kind_of(value)}")
    return value


def kind_of(value: Any) -> str:
    """What a value is, in words for a message."""
    return _KINDS.get(type(value), type(value).__name__)
