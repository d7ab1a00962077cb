"""Texts and names in the room that there is."""

from __future__ import annotations

import hashlib
import re
from typing import Final

from bitbucket_hooks.publish.report import Render

MAX_KEY: Final = 40
"""Characters of a build status' key (seen in refusals); names of reports keep to it as well."""

_PRODUCT: Final = "bitbucket-hooks"
_PLAIN: Final = re.compile(r"[A-Za-z0-9_.~-]+")
_NOTE: Final = "\n\n*The rest is left out: it is longer than fits here.*\n"


def rendered(render: Render, limit: int) -> str:
    """The Markdown in at most `limit` characters; cut at the end of a line if it must be."""
    return cut(render(limit), limit, _NOTE)


def rendered_in_bytes(render: Render, limit: int) -> str:
    """The Markdown in at most `limit` bytes of UTF-8."""
    text = render(limit)
    size = len(text.encode())
    if size <= limit:
        return text
    # about as many characters as fit, given what those of this text take
    fewer = limit * len(text) // size
    text = cut(render(fewer), fewer, _NOTE)
    while len(text.encode()) > limit:
        fewer -= len(text.encode()) - limit
        text = cut(text, max(fewer, 0), _NOTE)
    return text


def cut(text: str, limit: int, note: str) -> str:
    """The text in at most `limit` characters: whole lines, and a note that there is more."""
    if len(text) <= limit:
        return text
    if limit <= len(note):
        return text[:limit]
    head = text[: limit - len(note) + 1]
    whole, newline, _ = head.rpartition("\n")
    return (whole if newline else head[:-1]) + note


def one_line(text: str, limit: int) -> str:
    """The text on one line of at most `limit` characters."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def key_of(project: str, stack: str) -> str:
    """The name of a stack's report and status: at most 40 characters that need no quoting."""
    name = f"{_PRODUCT}~{project}~{stack}"
    if len(name) <= MAX_KEY and _PLAIN.fullmatch(name):
        return name
    digest = hashlib.sha256(f"{project}\0{stack}".encode()).hexdigest()
    return f"{_PRODUCT}~{digest}"[:MAX_KEY]
