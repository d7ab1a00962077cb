"""The directive `messages`: what the code says of errors and warnings, with the remedies."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from docs._advice import PASSED_ON, words_of
from docs._collected import Message, messages
from docutils import nodes  # type: ignore[import-untyped]
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective


class _Messages(SphinxDirective):
    """A list for each room: the message, and below it the remedy."""

    def run(self) -> list[nodes.Node]:
        """Make them."""
        found = sorted(messages(), key=lambda message: (message.room, message.text, message.remedy))
        return [
            part
            for room, some in groupby(found, key=lambda message: message.room)
            for part in (nodes.rubric(text=room), _list(some))
        ]


def _list(found: Iterable[Message]) -> nodes.Node:
    items = nodes.bullet_list()
    for text, some in groupby(found, key=lambda message: message.text):
        item = nodes.list_item("", nodes.paragraph("", "", nodes.literal(text=text)))
        remedies = [
            message.remedy for message in some if words_of(message.remedy.replace(PASSED_ON, ""))
        ]
        item += [nodes.paragraph(text=remedy) for remedy in dict.fromkeys(remedies)]
        items += item
    return items


def setup(app: Sphinx) -> dict[str, Any]:
    """Add the directive."""
    app.add_directive("messages", _Messages)
    return {"parallel_read_safe": True}
