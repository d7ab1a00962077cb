"""New entries as lines of YAML, and the stack's file with them: as a diff, and in its place."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import yaml
from attrs import field, frozen

from bitbucket_hooks.filesystem.files import write_whole
from bitbucket_hooks.importing.drafting import NewEntry
from bitbucket_hooks.importing.splicing import added
from bitbucket_hooks.model.errors import ConfigError, printable
from bitbucket_hooks.stack.files import read_text
from bitbucket_hooks.stack.schema import with_modeline

_WIDTH: Final = 100
_LATER: Final = "(encrypted when it is written)"
_PLAIN: Final = re.compile(r"[A-Za-z][A-Za-z0-9 ._/()-]{0,60}[A-Za-z0-9)]|[A-Za-z]")
_PLAIN_URL: Final = re.compile(r"https?://[A-Za-z0-9:/._~-]*(?<!:)")
_ESCAPES: Final = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t"}

Encrypt = Callable[[Sequence[str]], Sequence[str]]
"""Gives values as the stack's encryption has them."""


@frozen
class File:
    """A stack's file as it was read."""

    path: Path
    text: str = field(repr=False)

    @classmethod
    def read(cls, path: Path) -> File:
        """Read it, with its line breaks as they are. Raises ConfigError."""
        return cls(path.resolve(), read_text(path))

    def diff(self, entries: Sequence[NewEntry], *, plain: bool) -> str:
        """The lines that would be added, as a unified diff without urls that may be secrets."""
        ciphers = {} if plain else {entry.url: _LATER for entry in entries if entry.url_is_secret}
        after = self._with(entries, [entry.shown_url for entry in entries], ciphers)
        name = printable(self.path.name)
        # no lines around it: they may be anything
        diff = difflib.unified_diff(
            self.text.splitlines(), after.splitlines(), name, name, n=0, lineterm=""
        )
        return "\n".join(diff)

    def write(self, entries: Sequence[NewEntry], encrypt: Encrypt, *, plain: bool) -> None:
        """Put the entries in, whole or not at all. Raises ConfigError."""
        secret = [] if plain else [entry.url for entry in entries if entry.url_is_secret]
        ciphers = dict(zip(secret, encrypt(secret), strict=True)) if secret else {}
        after = self._with(entries, [entry.url for entry in entries], ciphers)
        if File.read(self.path).text != self.text:
            raise ConfigError(
                f"{self.path.name} was changed meanwhile, so nothing is written", "Run this again."
            )
        write_whole(self.path, after)

    def _with(
        self, entries: Sequence[NewEntry], urls: Sequence[str], ciphers: Mapping[str, str]
    ) -> str:
        """The file's text with the entries; `ciphers` has the urls to encrypt, encrypted."""

        def render(indent: int) -> list[str]:
            return [
                line
                for entry, url in zip(entries, urls, strict=True)
                for line in _lines(entry, " " * indent, url, ciphers.get(entry.url))
            ]

        return with_modeline(added(self.path.name, self.text, render))


def _lines(entry: NewEntry, margin: str, url: str, cipher: str | None) -> Iterator[str]:
    """The lines of a list's item."""
    begin = f"{margin}- "
    for key, value in entry.values.items():
        if key == "url" and cipher is not None:
            yield from (f"{begin}url:", f"{margin}    secure: {cipher}")
        elif isinstance(value, list):
            line = f"{begin}{key}: [{', '.join(map(scalar, value))}]"
            items = [f"{margin}    - {scalar(item)}" for item in value]
            yield from [line] if len(line) <= _WIDTH else [f"{begin}{key}:", *items]
        else:
            yield f"{begin}{key}: {scalar(url if key == 'url' else value)}"
        begin = f"{margin}  "
    if entry.group.kind.secret_set:
        variable = re.sub("[^A-Z0-9]+", "_", entry.name.upper()).strip("_")
        prefix = "HOOK_" if variable[:1].isdigit() else ""
        yield f"{margin}  # secret: one is set on Bitbucket, and stays as it is. To manage it:"
        yield f"{margin}  # secretFrom: env:{prefix}{variable}_HOOK_SECRET"


def scalar(value: Any) -> str:
    """A value on one line; text that may be taken for something else in quotes, whatever it has."""
    if not isinstance(value, str):
        return json.dumps(value)
    if _PLAIN_URL.fullmatch(value) or (_PLAIN.fullmatch(value) and yaml.safe_load(value) == value):
        return value
    return '"' + "".join(map(_escaped, value)) + '"'


def _escaped(character: str) -> str:
    plain = character if character.isprintable() else f"\\U{ord(character):08x}"
    return _ESCAPES.get(character, plain)
