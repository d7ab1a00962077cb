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
    text = _clean(render(limit))
    size = len(text.encode())
    if size > limit:  # as many characters as fit, if the others are like these
        text = _clean(render(limit * len(text) // size))
    if len(text.encode()) <= limit:
        return text
    head = text.encode()[: limit - len(_NOTE)].decode(errors="ignore")
    return _whole_lines(head) + _NOTE


def cut(text: str, limit: int, note: str) -> str:
    """The text in at most `limit` characters: whole lines, and a note that there is more."""
    text = _clean(text)
    return text if len(text) <= limit else _whole_lines(text[: limit - len(note)]) + note


def one_line(text: str, limit: int) -> str:
    """The text on one line of at most `limit` characters."""
    line = " ".join(_clean(text).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def _whole_lines(text: str) -> str:
    """The text without its last line, of which a part is missing; a line alone stays."""
    whole, newline, _ = text.rpartition("\n")
    return whole if newline else text


def _clean(text: str) -> str:
    """The text without half characters, which JSON can spell and nobody else can write."""
    return text.encode("utf-8", "replace").decode()


def key_of(project: str, stack: str) -> str:
    """The name of a stack's report and status: at most 40 characters that need no quoting."""
    name = f"{_PRODUCT}~{project}~{stack}"
    if len(name) <= MAX_KEY and _PLAIN.fullmatch(name):
        return name
    digest = hashlib.sha256(f"{project}\0{stack}".encode()).hexdigest()
    return f"{_PRODUCT}~{digest}"[:MAX_KEY]
