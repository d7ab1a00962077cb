"""What the rules of an entry can go by where no server is asked."""

from __future__ import annotations

from attrs import frozen

from bitbucket_hooks.model.errors import ConfigError
from bitbucket_hooks.model.events import KEYS
from bitbucket_hooks.model.globs import matching
from bitbucket_hooks.model.settings import Layer, Settings, value_of
from bitbucket_hooks.stack.config import StackConfig
from bitbucket_hooks.stack.entries import EntryContext


@frozen
class Blind:
    """The contexts of entries, of which only the bundled list of events is known."""

    own: Layer
    config: StackConfig

    def context(self, account: str | None, _kind: str) -> EntryContext:
        """The context of one entry."""
        return EntryContext(
            self._allows_private_urls(account),
            lambda _: {},  # of events that the bundled list lacks, only a server can tell
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
