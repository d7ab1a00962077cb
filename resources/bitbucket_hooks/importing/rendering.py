"""A new entry as lines of YAML, in the style of the files that are there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

import yaml

from bitbucket_hooks.importing.drafting import New

WIDTH: Final = 100
_PLAIN: Final = re.compile(r"[A-Za-z][A-Za-z0-9 ._/()-]{0,60}[A-Za-z0-9)]|[A-Za-z]")
_ESCAPES: Final = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t"}
_BYTE: Final = 0x100
_WIDE: Final = 0x10000
_VARIABLE: Final = re.compile(r"[^A-Z0-9]+")


def lines(entry: New, indent: int, url: str | None, cipher: str | None) -> Iterator[str]:
    """The lines of a list's item; the url as it is to be written, or encrypted."""
    margin = " " * indent
    for number, (key, value) in enumerate(entry.values.items()):
        begin = f"{margin}- " if number == 0 else f"{margin}  "
        if key == "url":
            yield from _url(begin, f"{margin}    ", url, cipher)
        elif isinstance(value, list):
            yield from _list(f"{begin}{key}:", f"{margin}    ", value)
        else:
            yield f"{begin}{key}: {scalar(value)}"
    if entry.group.kind.secret_set:
        yield f"{margin}  # secret: one is set on Bitbucket, and stays as it is. To manage it:"
        yield f"{margin}  # secretFrom: env:{variable(entry.name)}"


def _url(begin: str, margin: str, url: str | None, cipher: str | None) -> Iterator[str]:
    if cipher is None:
        yield f"{begin}url: {scalar(url)}"
    else:
        yield f"{begin}url:"
        yield f"{margin}secure: {cipher}"


def _list(begin: str, margin: str, values: Sequence[str]) -> Iterator[str]:
    line = f"{begin} [{', '.join(map(scalar, values))}]"
    if len(line) <= WIDTH:
        yield line
        return
    yield begin
    for value in values:
        yield f"{margin}- {scalar(value)}"


def scalar(value: Any) -> str:
    """A value on one line; text that may be taken for something else in quotes, whatever it has."""
    if not isinstance(value, str):
        return json.dumps(value)
    if _PLAIN.fullmatch(value) and yaml.safe_load(value) == value:
        return value
    if value.startswith(("http://", "https://")) and _plain_url(value):
        return value
    return '"' + "".join(map(_escaped, value)) + '"'


def _plain_url(url: str) -> bool:
    return re.fullmatch(r"[A-Za-z0-9:/._~-]+", url) is not None and not url.endswith(":")


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isprintable():
        return character
    code = ord(character)
    if code < _BYTE:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < _WIDE else f"\\U{code:08x}"


def variable(name: str) -> str:
    """The name of a variable for an entry's secret."""
    plain = _VARIABLE.sub("_", name.upper()).strip("_")
    return f"{'HOOK_' if plain[:1].isdigit() else ''}{plain}_HOOK_SECRET"
