"""What the rules of an entry can go by where no server is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from attrs import define, field, frozen

from bitbucket_hooks.errors import ConfigError, printable
from bitbucket_hooks.events import KEYS, suggest
from bitbucket_hooks.model.globs import matching
from bitbucket_hooks.settings import Layer, Settings, value_of
from bitbucket_hooks.stack.config import StackConfig
from bitbucket_hooks.stack.entries import EntryContext

_SEE_EVENTS: Final = "see whether `bitbucket-hooks events` lists it"


@frozen
class Blind:
    """The contexts of entries, of which only the bundled list of events is known."""

    own: Layer
    config: StackConfig
    unknown: Callable[[Iterable[str]], Mapping[str, str]] = field(default=lambda _: {})
    """What to say of events: of those that the bundled list lacks, only a server can tell."""

    def of(self, account: str | None, _kind: str) -> EntryContext:
        """The context of one entry."""
        return EntryContext(
            self._allows_private_urls(account),
            self.unknown,
            self._matching,
            value_of(self.config.layers_of(account, self.own), "workspace"),
        )

    def settings(self, account: str | None) -> Settings:
        """The settings of an account. Raises ConfigError."""
        return self.config.settings_of(account, self.own)

    def _allows_private_urls(self, account: str | None) -> bool:
        try:
            return self.settings(account).allows_private_urls
        except ConfigError:  # a mistake of its own; whether this is one, nobody knows
            return True

    @staticmethod
    def _matching(pattern: str) -> list[str]:
        return matching(pattern, sorted(KEYS))


@define
class Doubts:
    """Events that the bundled list lacks, each told once."""

    warnings: list[str] = field(factory=list)

    def unknown(self, events: Iterable[str]) -> Mapping[str, str]:
        """Doubt events; refuse none."""
        for event in sorted(set(events) - KEYS):
            near = suggest(event)
            remedy = f'did you mean "{near[0]}"?' if near else _SEE_EVENTS
            text = f'"{printable(event, 60)}" is not in the bundled list of events; {remedy}'
            if text not in self.warnings:
                self.warnings.append(text)
        return {}
