"""The stack's file with the new entries: how it would look, and putting it in its place."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from attrs import field, frozen

from bitbucket_hooks.filesystem.files import write_whole
from bitbucket_hooks.importing.addresses import shown_url
from bitbucket_hooks.importing.plan import Import
from bitbucket_hooks.importing.rendering import lines
from bitbucket_hooks.importing.splicing import added
from bitbucket_hooks.model.errors import ConfigError, printable
from bitbucket_hooks.model.urls import may_be_secret
from bitbucket_hooks.stack.files import read_text

_LATER: Final = "(encrypted when it is written)"

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

    def shown(self, imported: Import, *, plain: bool) -> str:
        """The lines that would be added, as a unified diff without urls that may be secrets."""
        ciphers = [None if plain or not secret else _LATER for _, secret in _urls(imported)]
        after = self._with(imported, [shown_url(url) for url, _ in _urls(imported)], ciphers)
        name = printable(self.path.name)
        # no lines around it: they may be anything
        diff = difflib.unified_diff(
            self.text.splitlines(), after.splitlines(), name, name, n=0, lineterm=""
        )
        return "\n".join(diff)

    def write(self, imported: Import, encrypt: Encrypt, *, plain: bool) -> None:
        """Put the entries in, whole or not at all. Raises ConfigError."""
        urls = _urls(imported)
        secret = [] if plain else [url for url, hide in urls if hide]
        ciphers = dict(zip(secret, encrypt(secret), strict=True)) if secret else {}
        after = self._with(imported, [url for url, _ in urls], [ciphers.get(u) for u, _ in urls])
        if File.read(self.path).text != self.text:
            raise ConfigError(
                f"{self.path.name} was changed meanwhile, so nothing is written", "Run this again."
            )
        write_whole(self.path, after)

    def _with(self, imported: Import, urls: Sequence[str], ciphers: Sequence[str | None]) -> str:
        def render(indent: int) -> list[str]:
            every = zip(imported.entries, urls, ciphers, strict=True)
            return [
                line for entry, url, cipher in every for line in lines(entry, indent, url, cipher)
            ]

        return added(self.path.name, self.text, render)


def _urls(imported: Import) -> list[tuple[str, bool]]:
    """The url of each entry, and whether it may be a secret."""
    urls = [imported.urls.whole(entry.group) for entry in imported.entries]
    return [(url, may_be_secret(url)) for url in urls]
