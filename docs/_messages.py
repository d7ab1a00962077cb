"""The directive `messages`: what the code says of errors and warnings, with the remedies."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from attrs import frozen
from docutils import nodes  # type: ignore[import-untyped]
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

PACKAGE: Final = Path(__file__).parents[1] / "resources" / "bitbucket_hooks"
_DIFFERING: Final = re.compile(r"\{…\}")
_WORDS: Final = re.compile(r"\w{2}")
Place = tuple[int | None, int | None]


_SPOKEN: Final[dict[str, Place]] = {
    # where the text is among a call's arguments, and where the remedy, if it isn't in the text
    "problem": (0, None),
    "warn": (0, None),
    "note": (0, None),
    "UsageError": (0, None),
    "BadParameter": (0, None),
    "ClickException": (0, None),
}
_FOUND: Final[dict[str, Place]] = {
    "error": (1, 2),
    "warning": (1, 2),
    "note": (1, 2),
}  # by the doctor


@frozen
class Message:
    """What one place in the code may say; `{…}` stands for what differs."""

    room: str
    text: str
    remedy: str
    """Empty where the text tells it."""


def messages() -> list[Message]:
    """All errors of `HooksError`'s family, problems of declarations, findings, and warnings."""
    trees = {path: ast.parse(path.read_text("utf-8")) for path in sorted(PACKAGE.rglob("*.py"))}
    family = {**_SPOKEN, **dict.fromkeys(_family(trees.values()), (0, 1))}
    return [
        Message(room, *texts)
        for path, tree in trees.items()
        for room in [_room(path)]
        for texts in _said(tree, {**family, **(_FOUND if room == "doctor" else {})})
    ]


def _family(trees: Iterable[ast.Module]) -> set[str]:
    """The names of `HooksError` and all classes that derive from it."""
    bases = {
        one.name: {base.id for base in one.bases if isinstance(base, ast.Name)}
        for tree in trees
        for one in ast.walk(tree)
        if isinstance(one, ast.ClassDef)
    }
    family = {"HooksError"}
    while more := {name for name, of in bases.items() if of & family} - family:
        family |= more
    return family


def _said(tree: ast.Module, places: Mapping[str, Place]) -> Iterator[tuple[str, str]]:
    for one in ast.walk(tree):
        if isinstance(one, ast.Call):
            text, remedy = places.get(_name(one.func), (None, None))
            said = [_argument(one, text), _argument(one, remedy)]
            if _WORDS.search(_DIFFERING.sub("", said[0])):
                yield said[0], said[1]


def _name(called: ast.expr) -> str:
    match called:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""


def _argument(call: ast.Call, place: int | None) -> str:
    return "" if place is None or place >= len(call.args) else _text(call.args[place])


def _text(value: ast.expr) -> str:
    """The fixed words of a text; a name of a constant counts as something that differs."""
    match value:
        case ast.Constant(value=str(words)):
            return words
        case ast.JoinedStr(values=parts):
            return "".join(_text(part) for part in parts)
        case ast.BinOp(left=left, right=right):
            return _text(left) + _text(right)
        case _:
            return "{…}"


def _room(path: Path) -> str:
    parts = path.relative_to(PACKAGE).parts
    return parts[0] if len(parts) > 1 else "the package"


class _Messages(SphinxDirective):
    """A list for each room: the message, and below it the remedy."""

    def run(self) -> list[nodes.Node]:
        """Make them."""
        found = sorted(messages(), key=lambda one: (one.room, one.text))
        return [
            part
            for room, some in groupby(found, key=lambda one: one.room)
            for part in (nodes.rubric(text=room), _list(some))
        ]


def _list(found: Iterable[Message]) -> nodes.Node:
    items = nodes.bullet_list()
    for one in found:
        item = nodes.list_item("", nodes.paragraph("", "", nodes.literal(text=one.text)))
        if _WORDS.search(_DIFFERING.sub("", one.remedy)):
            item += nodes.paragraph(text=one.remedy)
        items += item
    return items


def setup(app: Sphinx) -> dict[str, Any]:
    """Add the directive."""
    app.add_directive("messages", _Messages)
    return {"parallel_read_safe": True}
