"""A report as Markdown, for GitHub and for Bitbucket, which knows no `<details>`.

A comment has a greatest size, so a report folds by itself until it fits: first the names of
repositories, then the lines of declarations, then declarations, the least important first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from html import escape
from typing import Final, TypeVar

from attrs import frozen

from bitbucket_hooks.model.errors import printable
from bitbucket_hooks.model.wording import counted
from bitbucket_hooks.report.document import (
    Document,
    Mark,
    ReportEntry,
    Section,
    Span,
    Statement,
    Style,
    Text,
)

_Thing = TypeVar("_Thing")


class Flavour(Enum):
    """Whose Markdown."""

    GITHUB = "github"
    BITBUCKET = "bitbucket"


LIMIT: Final = 32_000
"""Characters that a comment may have: Bitbucket takes 32,768."""

_SPECIAL: Final = re.compile(r"([\\`*_{}\[\]|<>~&$^])")
_LONGEST: Final = 400  # characters of a value
_SIGNS: Final = {
    Mark.ADD: "➕",  # noqa: RUF001  # a sign, not a letter
    Mark.CHANGE: "✏️",
    Mark.DELETE: "🗑️",
    Mark.DRIFT: "🔀",
    Mark.KEEP: "▫️",
    Mark.WARN: "⚠️",
    Mark.FAIL: "❌",
}


@frozen
class _Fold:
    """How much may be shown: items of a line, lines of an entry, entries of a section, warnings."""

    items: int
    lines: int = 1000
    entries: int = 10_000
    warnings: int = 10_000


_FOLDS: Final = (
    *(_Fold(items) for items in (2000, 600, 200, 60, 20, 8, 3)),
    *(_Fold(3, 12, entries, entries) for entries in (400, 150, 60, 30)),
    *(_Fold(0, 3, entries, entries) for entries in (30, 15, 8, 4, 2)),
    _Fold(0, 0, 1, 1),
)
_SHOWN_INLINE: Final = 10  # items where nothing unfolds
_LOST_INLINE: Final = 50  # of those that are deleted, which a reviewer wants to see by name


def render(
    document: Document,
    flavour: Flavour = Flavour.GITHUB,
    *,
    limit: int = LIMIT,
    more: str = "",
) -> str:
    """Write a report of at most `limit` characters; `more` is the page of its run (a url)."""
    whole = ""
    for fold in _FOLDS:
        writer = _Writer(flavour, fold, more)
        whole = writer.document(document)
        if len(whole) <= limit:
            return whole
    return _cut(whole, limit)


def _cut(whole: str, limit: int) -> str:
    """The last resort: whole lines from the top."""
    end = "\n\n…\n"
    kept = whole[: max(0, limit - len(end))].rpartition("\n")[0]
    return (kept + end)[:limit]


def escaped(text: str) -> str:
    """Text inside a line that means nothing to Markdown, mentions nobody and links nowhere."""
    return _unlinked(_SPECIAL.sub(r"\\\1", printable(text, _LONGEST)))


def code(text: str) -> str:
    """A code span around any text, backticks included."""
    safe = printable(text, _LONGEST) or " "
    longest = max((len(run) for run in re.findall("`+", safe)), default=0)
    fence = "`" * (longest + 1)
    space = " " if safe.startswith("`") or safe.endswith("`") else ""
    return f"{fence}{space}{safe}{space}{fence}"


def _span(span: Span) -> str:
    if span.style is Style.CODE:
        return code(span.text)
    if span.style is Style.NAME:
        return f"**{code(span.text)}**"
    head = span.text[: len(span.text) - len(span.text.lstrip())]
    tail = span.text[len(span.text.rstrip()) :]
    words = escaped(span.text.strip())
    strong = f"**{words}**" if words and span.style is Style.STRONG else words
    return f"{head}{strong}{tail}" if words else span.text


def _as_html(text: Text) -> str:
    """Text inside HTML, where Markdown means nothing; it mentions nobody and links nowhere."""
    return escape(_unlinked("".join(printable(span.text, _LONGEST) for span in text)))


def _unlinked(text: str) -> str:
    return text.replace("@", "@\u200b").replace("://", ":\u200b//").replace("www.", "www\u200b.")


def _inline(text: Text) -> str:
    return "".join(map(_span, text))


@frozen
class _Writer:
    """Writes a report with a given fold."""

    flavour: Flavour
    fold: _Fold
    more: str

    def document(self, document: Document) -> str:
        """Write the whole."""
        blocks = [f"## {escaped(document.title)}", self._summary(document)]
        if document.warnings:
            shown, rest = self._first(document.warnings, self.fold.warnings)
            lines = [row for line in shown for row in self._line(line, 0)]
            blocks.append("\n".join([*lines, *self._rest(rest, "warning", 0)]))
        blocks += [self._section(section) for section in document.sections]
        blocks += [f"*{_inline(note).strip()}*" for note in document.notes]
        blocks += [f"[The run that found this]({_target(self.more)})"] if self.more else []
        return "\n\n".join(block for block in blocks if block) + "\n"

    def _summary(self, document: Document) -> str:
        return f"{_inline(document.verdict)}\n\n{escaped(document.context)}"

    def _section(self, section: Section) -> str:
        shown, rest = self._first(section.entries, self.fold.entries)
        rows = [row for entry in shown for row in self._entry(entry)]
        return "\n".join(
            [f"### {escaped(section.title)}", "", *rows, *self._rest(rest, "declaration", 0)]
        )

    def _entry(self, entry: ReportEntry) -> Iterator[str]:
        yield f"- {_SIGNS[entry.mark]} {_inline(entry.text)}"
        yield from self._items(entry.items, "hook", 2)
        shown, rest = self._first(entry.lines, self.fold.lines)
        for line in shown:
            yield from self._line(line, 2)
        yield from self._rest(rest, "line", 2)

    def _line(self, line: Statement, indent: int) -> Iterator[str]:
        sign = f"{_SIGNS[line.mark]} " if indent == 0 else ""
        yield f"{' ' * indent}- {sign}{_inline(line.text)}"
        few = _LOST_INLINE if line.mark is Mark.DELETE else _SHOWN_INLINE
        yield from self._items(line.items, line.noun, indent + 2, few)

    def _items(
        self, items: Sequence[Text], noun: str, indent: int, few: int = _SHOWN_INLINE
    ) -> Iterator[str]:
        """The names behind a number: unfolding where the flavour can, else a `few` of them."""
        unfolds = self.flavour is Flavour.GITHUB
        most = self.fold.items if unfolds else min(self.fold.items, few)
        shown, rest = self._first(items, most)
        if not shown:
            return
        pad = " " * indent
        if unfolds and len(items) > _few(items):
            # a blank line would make the list around it a loose one, so this is HTML to its end
            names = ", ".join(map(_as_html, shown)) + (f" … and {rest:,} more" if rest else "")
            title = f"<summary>{counted(len(items), noun)}</summary>"
            yield f"{pad}<details>{title}{names}</details>"
            return
        names = ", ".join(_inline(self._short(item, len(items))) for item in shown)
        names += f" … and {rest:,} more" if rest else ""
        yield f"{pad}{names}" if unfolds else f"{pad}- {names}"

    def _short(self, item: Text, number: int) -> Text:
        """Of many in the open, the name is enough."""
        is_long = self.flavour is Flavour.BITBUCKET and number > _few([item])
        return item[:1] if is_long and item[0].style is Style.CODE else item

    def _first(self, things: Sequence[_Thing], most: int) -> tuple[Sequence[_Thing], int]:
        return things[:most], max(0, len(things) - most)

    def _rest(self, number: int, noun: str, indent: int) -> Iterable[str]:
        return [f"{' ' * indent}- … and {counted(number, f'more {noun}')}"] if number else []


def _few(items: Sequence[Text]) -> int:
    """How many items may stand in the open: short names are no bother."""
    return 4 if all(len(item) == 1 for item in items) else 2


def _target(url: str) -> str:
    """A link's target that ends where it should."""
    return re.sub(r"[\s()<>\\]", lambda match: f"%{ord(match.group()):02X}", url)
