"""A report as Markdown, for GitHub and for Bitbucket, which knows no `<details>`.

A comment has a greatest size, so a report folds by itself until it fits: first the names of
repositories, then the lines of declarations, then declarations, the least important first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from enum import Enum
from html import escape
from typing import Final

from attrs import frozen

from bitbucket_hooks.model.errors import printable
from bitbucket_hooks.model.wording import counted
from bitbucket_hooks.report.document import Document, Mark, Span, Statement, Style, Text


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
    """How much may be shown: items of a line, lines of an entry, entries of a section."""

    items: int
    lines: int = 1000
    entries: int = 10_000


_FOLDS: Final = (
    *(_Fold(items) for items in (2000, 600, 200, 60, 20, 8, 3)),
    *(_Fold(3, 12, entries) for entries in (400, 150, 60, 30)),
    *(_Fold(0, 3, entries) for entries in (30, 15, 8, 4, 2)),
    _Fold(0, 0, 1),
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
        whole = _Writer(fold, unfolds=flavour is Flavour.GITHUB).document(document, more)
        if len(whole) <= limit:
            return whole
    end = "\n\n…\n"  # the last resort: whole lines from the top
    kept = whole[: max(0, limit - len(end))].rpartition("\n")[0]
    return (kept + end)[:limit]


def _escaped(text: str) -> str:
    """Text inside a line that means nothing to Markdown, mentions nobody and links nowhere."""
    return _unlinked(_SPECIAL.sub(r"\\\1", printable(text, _LONGEST)))


def _code(text: str) -> str:
    """A code span around any text, backticks included."""
    safe = printable(text, _LONGEST) or " "
    longest = max((len(run) for run in re.findall("`+", safe)), default=0)
    fence = "`" * (longest + 1)
    space = " " if safe.startswith("`") or safe.endswith("`") else ""
    return f"{fence}{space}{safe}{space}{fence}"


def _span(span: Span) -> str:
    if span.style is Style.CODE:
        return _code(span.text)
    if span.style is Style.NAME:
        return f"**{_code(span.text)}**"
    head = span.text[: len(span.text) - len(span.text.lstrip())]
    tail = span.text[len(span.text.rstrip()) :]
    words = _escaped(span.text.strip())
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

    fold: _Fold
    unfolds: bool
    """Whether names can stand in a `<details>`."""

    def document(self, document: Document, more: str) -> str:
        """Write the whole, with a link to the page of its run."""
        fold = self.fold
        target = re.sub(r"[\s()<>\\]", lambda found: f"%{ord(found.group()):02X}", more)
        blocks = [
            f"## {_escaped(document.title)}",
            _inline(document.verdict),
            _escaped(document.context),
            "\n".join(self._lines(document.warnings, fold.entries, "warning")),
        ]
        for section in document.sections:
            lines = self._lines(section.entries, fold.entries, "declaration")
            blocks += [f"### {_escaped(section.title)}", "\n".join(lines)]
        blocks += [f"*{_inline(note).strip()}*" for note in document.notes]
        blocks += [f"[The run that found this]({target})"] if more else []
        return "\n\n".join(block for block in blocks if block) + "\n"

    def _lines(
        self, lines: Sequence[Statement], most: int, noun: str, indent: int = 0
    ) -> Iterator[str]:
        pad = " " * indent
        for line in lines[:most]:
            sign = "" if indent else f"{_SIGNS[line.mark]} "
            yield f"{pad}- {sign}{_inline(line.text)}"
            yield from self._items(line, indent + 2)
            yield from self._lines(line.lines, self.fold.lines, "line", indent + 2)
        if len(lines) > most:
            yield f"{pad}- … and {counted(len(lines) - most, f'more {noun}')}"

    def _items(self, line: Statement, indent: int) -> Iterator[str]:
        """The names behind a number: unfolding where that can be, else a few of them."""
        items, most = line.items, self.fold.items
        if not self.unfolds:
            is_lost = line.mark is Mark.DELETE and not line.lines
            most = min(most, _LOST_INLINE if is_lost else _SHOWN_INLINE)
        shown = items[:most]
        if not shown:
            return
        pad = " " * indent
        rest = f" … and {len(items) - most:,} more" if len(items) > most else ""
        if not self.unfolds:
            names = ", ".join(_inline(_shortened(item, len(items))) for item in shown)
            yield f"{pad}- {names}{rest}"
        elif len(items) > _few(items):
            # a blank line would make the list around it a loose one, so this is HTML to its end
            names = ", ".join(map(_as_html, shown))
            title = f"<summary>{counted(len(items), line.noun)}</summary>"
            yield f"{pad}<details>{title}{names}{rest}</details>"
        else:
            yield f"{pad}{', '.join(map(_inline, shown))}{rest}"


def _shortened(item: Text, number: int) -> Text:
    """Of many in the open, the name is enough."""
    return item[:1] if number > _few([item]) and item[0].style is Style.CODE else item


def _few(items: Sequence[Text]) -> int:
    """How many items may stand in the open: short names are no bother."""
    return 4 if all(len(item) == 1 for item in items) else 2
