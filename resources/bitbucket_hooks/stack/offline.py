"""What a stack's files declare, as far as it can be told without Bitbucket and without secrets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from attrs import define, field, frozen

from bitbucket_hooks.errors import HooksError, printable
from bitbucket_hooks.events import KEYS, suggest
from bitbucket_hooks.model.globs import matching
from bitbucket_hooks.settings import Layer, Settings
from bitbucket_hooks.stack.config import StackConfig, of_namespace, own_account, read
from bitbucket_hooks.stack.entries import NAMESPACE, Draft, EntryContext
from bitbucket_hooks.stack.files import written
from bitbucket_hooks.stack.plan import drafts, problems
from bitbucket_hooks.stack.secrecy import hidden

_SEE_EVENTS: Final = "see whether `bitbucket-hooks events` lists it"


@frozen
class Checked:
    """A stack's declarations, and what is wrong with them."""

    stack: str
    drafts: tuple[Draft, ...]
    unmanaged: str
    problems: tuple[str, ...]
    warnings: tuple[str, ...]


@define
class Contexts:
    """The rules' contexts without a network: only the bundled list of events is at hand."""

    own: Layer
    config: StackConfig
    warnings: list[str] = field(factory=list)
    _settings: dict[str | None, Settings] = field(factory=dict, init=False)

    def of(self, account: str | None, _kind: str) -> EntryContext:
        """The context of one entry. Raises ConfigError."""
        settings = self.settings(account)
        return EntryContext(
            settings.allows_private_urls, self._unknown, self._matching, settings.workspace
        )

    def settings(self, account: str | None) -> Settings:
        """The settings of an account. Raises ConfigError."""
        if account not in self._settings:
            self._settings[account] = self.config.settings_of(account, self.own)
        return self._settings[account]

    def _unknown(self, events: Iterable[str]) -> Mapping[str, str]:
        for event in sorted(set(events) - KEYS):
            near = suggest(event)
            remedy = f'did you mean "{near[0]}"?' if near else _SEE_EVENTS
            self._warn(f'"{printable(event, 60)}" is not in the bundled list of events; {remedy}')
        return {}

    @staticmethod
    def _matching(pattern: str) -> list[str]:
        return matching(pattern, sorted(KEYS))

    def _warn(self, text: str) -> None:
        if text not in self.warnings:
            self.warnings.append(text)


def check(stack: str, opened: Mapping[str, Any] | None = None) -> Checked:
    """Validate a stack's files. Raises ConfigError when they can't be read.

    `opened` has the configuration by its full keys, secrets in the clear, where the engine gave it.
    """
    values = {key: hidden(value) for key, value in written(stack).items()}
    config = read(of_namespace(NAMESPACE, {**values, **(opened or {})}))
    contexts = Contexts(own_account(values), config)
    try:
        contexts.settings(None)
        entries = drafts(config, contexts.of)
    except HooksError as error:
        found = [*config.problems, *str(error).splitlines()]
        return Checked(stack, (), config.unmanaged, tuple(found), ())
    return Checked(
        stack,
        tuple(one for _, one in entries),
        config.unmanaged,
        tuple(problems(config, entries)),
        tuple(contexts.warnings),
    )
