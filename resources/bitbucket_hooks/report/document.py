"""A report in words, before it is written in any format: texts whose parts a renderer escapes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from enum import Enum
from functools import partial
from typing import Final, TypeAlias

from attrs import evolve, field, frozen

from bitbucket_hooks.model.wording import counted, in_short


class Style(Enum):
    """How a part of a text stands out."""

    PLAIN = "plain"
    CODE = "code"
    """A value as it is in the configuration or at Bitbucket: it may come from anybody."""
    STRONG = "strong"
    """Our own words, or a number."""
    NAME = "name"
    """The name of a declaration."""


@frozen
class Span:
    """A part of a text; what it says is of no format."""

    text: str = field(converter=str)
    style: Style = Style.PLAIN
    brief: str | None = None
    """What stands for it where there is little room."""


code: Final = partial(Span, style=Style.CODE)
strong: Final = partial(Span, style=Style.STRONG)
name: Final = partial(Span, style=Style.NAME)


Text: TypeAlias = tuple[Span, ...]


class Mark(Enum):
    """What kind of thing a line says."""

    ADD = "+"
    CHANGE = "~"
    DELETE = "-"
    DRIFT = "≠"
    KEEP = "="
    WARN = "!"
    FAIL = "x"


WORDED: Final = "line"
"""The noun of items that are sentences, which don't stand side by side."""


@frozen
class Statement:
    """What is said of one thing, with the things that it is about for those who want to see each.

    Of a declaration, or of several that are alike, `lines` say what happens to it.
    """

    mark: Mark
    text: Text
    items: tuple[Text, ...] = ()
    noun: str = "repository"
    """What each of the items is, in the singular."""
    lines: tuple[Statement, ...] = ()


@frozen
class Section:
    """What is said of some declarations, under one heading."""

    title: str
    entries: tuple[Statement, ...]


@frozen
class Figure:
    """A number of the summary."""

    mark: Mark
    number: int
    label: str


@frozen
class Origin:
    """When and from what a report was written."""

    at: datetime
    """In UTC."""
    commit: str | None = None
    """The whole hash."""
    page: str | None = None
    """Where people see the commit."""
    is_dirty: bool = False
    """Whether files differ from the commit."""
    run: str | None = None
    """The page of the pipeline's run."""


@frozen
class Document:
    """A whole report, the most important first."""

    title: str
    context: str
    """Which run it was."""
    verdict: Text
    """What it comes to, in one sentence."""
    figures: tuple[Figure, ...]
    warnings: tuple[Statement, ...]
    sections: tuple[Section, ...]
    notes: tuple[Text, ...]
    """What a reader should know of the report's limits."""


def sentence(figures: Sequence[Figure]) -> Text:
    """What the figures say, in words; nothing where there are none."""
    if not figures:
        return ()
    first, *others = figures
    head = f"{counted(first.number, 'hook')} {first.label}"
    rest = (f"{figure.number:,} {figure.label}" for figure in others)
    return text(strong(", ".join([head, *rest])), ".")


def plain(words: Text) -> str:
    """A text without any format."""
    return "".join(span.text for span in words)


def text(*parts: str | Span | Text) -> Text:
    """Put a text together; a plain string is our own words."""
    found: list[Span] = []
    for part in parts:
        if isinstance(part, str):
            found.append(Span(part))
        else:
            found += [part] if isinstance(part, Span) else part
    return tuple(found)


def listed(parts: Iterable[Span | Text], between: str = ", ") -> Text:
    """Several in a row."""
    found: list[str | Span | Text] = []
    for part in parts:
        found += [between, part] if found else [part]
    return text(*found)


def first_of(values: Sequence[str], most: int, style: Callable[[str], Span] = name) -> Text:
    """The first of many, and how many more there are."""
    more = f" and {len(values) - most:,} more" if len(values) > most else ""
    return text(listed(map(style, values[:most])), more)


def codes(values: Iterable[str]) -> tuple[Text, ...]:
    """Values from outside, as the items of a statement."""
    return tuple(text(code(value)) for value in values)


def event_list(keys: Sequence[str]) -> Text:
    """Keys of events; many are counted where there is little room."""
    brief, whole = in_short(keys), listed(map(code, keys))
    if brief is None:
        return whole
    return (evolve(whole[0], brief=brief), *(evolve(span, brief="") for span in whole[1:]))
