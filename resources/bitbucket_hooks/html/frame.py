"""The frame of an HTML page that is one file: it fetches nothing, and runs its own script alone."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator
from html import escape
from typing import Final

from bitbucket_hooks.model.errors import printable

_LONGEST: Final = 2000  # characters of a value


def shown(text: str) -> str:
    """A value from outside, as far as a page shows it."""
    return printable(text, _LONGEST)


def safe(text: str) -> str:
    """A value from outside, as HTML."""
    return escape(shown(text), quote=True)


def framed(title: str, style: str, body: Iterable[str], script: str) -> Iterator[str]:
    """The lines of a page; its body is HTML, its title text."""
    own = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{own}'"
    yield "<!doctype html>"
    yield '<html lang="en">'
    yield "<head>"
    yield '<meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield '<meta name="color-scheme" content="light dark">'
    yield '<meta name="referrer" content="no-referrer">'
    yield f"<title>{safe(title)}</title>"
    yield f"<style>{style}</style>"
    yield "</head>"
    yield "<body>"
    yield from body
    yield f"<script>{script}</script>"
    yield "</body>"
    yield "</html>"
