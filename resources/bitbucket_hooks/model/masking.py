"""Takes secrets out of text from outside, in every spelling in which it may echo them.

A service may put what it was sent into JSON, into the printed form of a dictionary or into HTML,
or show it as part of a url, and one of these inside another. So each character of a secret is
looked for in all of its spellings, and the secret as a whole in base64.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator, Mapping
from html.entities import codepoint2name
from itertools import groupby
from typing import Final

from attrs import define, field

SECRET: Final = "[secret]"  # noqa: S105  # what stands for one
"""What is shown in a secret's place."""

_SHORT_ESCAPES: Final = {"\n": "n", "\r": "r", "\t": "t", "\b": "b", "\f": "f"}
_ENTITIES: Final = {**codepoint2name, ord("'"): "apos"}


@define
class Mask:
    """Puts what may be shown in the place of secrets."""

    hidden: Mapping[str, str] = field(repr=False)
    """Each secret, and what may be shown in its place."""
    _shown: list[str] = field(init=False, repr=False)
    _pattern: re.Pattern[str] | None = field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        """Look for all at once, at the same place for the longest: one may hold another."""
        secrets = sorted(filter(None, self.hidden), key=len, reverse=True)
        self._shown = [self.hidden[secret] for secret in secrets]
        # a group for each, whose number tells which one was found
        groups = _either(f"({_either(_spellings(secret))})" for secret in secrets)
        self._pattern = re.compile(groups) if secrets else None

    def over(self, text: str) -> str:
        """The text without them."""
        if self._pattern is None:
            return text
        return self._pattern.sub(lambda found: self._shown[(found.lastindex or 1) - 1], text)


def _spellings(secret: str) -> Iterator[str]:
    """Expressions for a secret: character by character, and in base64 without its padding."""
    yield "".join(_run(char, len(list(run))) for char, run in groupby(secret))
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        yield re.escape(encode(secret.encode("utf-8", "surrogateescape")).decode().rstrip("="))


def _run(char: str, times: int) -> str:
    """An expression for a character that stands there several times on end."""
    if char == "\\":  # of which there are only more, however often it is escaped
        return rf"(?:\\{{{times},{8 * times}}}|(?:{_either(_escapes(char))}){{{times}}})"
    return f"(?:{_either([re.escape(char), *_escapes(char)])}){{{times}}}"


def _either(expressions: Iterable[str]) -> str:
    return "|".join(expressions)


def _escapes(char: str) -> Iterator[str]:
    """Expressions for a character as JSON, Python, HTML and urls escape it, over and over too."""
    code = ord(char)
    utf16 = char.encode("utf-16-be", "surrogatepass").hex()
    units = "".join(rf"\\{{1,8}}u{utf16[at : at + 4]}" for at in range(0, len(utf16), 4))
    percent = "".join(f"%(?:25){{0,3}}{byte:02x}" for byte in char.encode("utf-8", "surrogatepass"))
    number = f"&(?:amp;){{0,3}}#(?:0*{code}|x0*{code:x});"
    yield rf"(?i:{units}|\\{{1,8}}(?:x{code:02x}|u{code:08x})|{percent}|{number})"
    if name := _ENTITIES.get(code):
        yield f"&(?:amp;){{0,3}}{name};"
    if char in _SHORT_ESCAPES:
        yield rf"\\{{1,8}}{_SHORT_ESCAPES[char]}"
    if char in "\"'/":
        yield rf"\\{{1,8}}{char}"
    if char == " ":
        yield r"\+"
