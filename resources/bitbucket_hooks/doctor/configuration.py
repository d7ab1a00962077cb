"""The configuration that is examined: a stack's, opened as far as can be, or the environment's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, Final

from attrs import field, frozen

from bitbucket_hooks.connect import identity
from bitbucket_hooks.model.credentials import Anonymous
from bitbucket_hooks.model.errors import ConfigError, HooksError
from bitbucket_hooks.model.rules import leaves
from bitbucket_hooks.model.settings import CREDENTIAL_KEYS, Settings, environment
from bitbucket_hooks.model.settings import NAMESPACE as ACCOUNT
from bitbucket_hooks.stack.config import (
    ACCOUNTS,
    StackConfig,
    account_values,
    of_namespace,
    read,
)
from bitbucket_hooks.stack.entries import NAMESPACE as STACK
from bitbucket_hooks.stack.entries import Draft
from bitbucket_hooks.stack.files import Hidden, hidden_config
from bitbucket_hooks.stack.offline import Checked, check

_ENVIRONMENT: Final = "the environment"


@frozen
class ConfiguredAccount:
    """One account: where its values come from, and what they come to."""

    name: str | None
    """None: the stack's own, or that of the environment."""
    settings: Settings | None = None
    """None: not usable, or encrypted."""
    source: str | None = None
    """What messages call the layer that its credentials are from; None: there are none."""
    api_url: str | None = None
    """Where its API is; None: not known."""
    problem: HooksError | None = None
    """Why it isn't usable."""

    @property
    def anonymous(self) -> bool:
        """Whether nothing can be asked that needs credentials."""
        return self.settings is None or isinstance(identity(self.settings), Anonymous)


@frozen
class Configuration:
    """A stack config, as its files have it and as the engine opens it."""

    stack: str | None = None
    given: Mapping[str, Any] = field(factory=dict, repr=False)
    """As the files have it, with `Hidden` for what is encrypted."""
    opened: Mapping[str, Any] | None = field(default=None, repr=False)
    """With the secrets open; None: they couldn't be."""
    checked: Checked | None = None
    """What the files declare."""

    @property
    def drafts(self) -> tuple[Draft, ...]:
        """The entries of the files."""
        return self.checked.drafts if self.checked else ()

    @property
    def values(self) -> Mapping[str, Any]:
        """The configuration as open as can be."""
        return self.given if self.opened is None else self.opened

    @cached_property
    def declared(self) -> StackConfig:
        """What the stack declares, nothing of it decrypted but its accounts."""
        hooks = {key: value for key, value in self.given.items() if key.startswith(f"{STACK}:")}
        return read({**hooks, **account_values(self.values)})

    @cached_property
    def accounts(self) -> list[ConfiguredAccount]:
        """All accounts, the stack's own first; that one only if something may use it."""
        own, *others = (self._account(name) for name in (None, *self.declared.accounts))
        used = {entry.account for entry in self.declared.entries} or {None}
        return others if others and None not in used and own.source is None else [own, *others]

    def _account(self, name: str | None) -> ConfiguredAccount:
        try:
            settings = self.declared.settings_of(name)
        except ConfigError as problem:
            return ConfiguredAccount(name, problem=problem)
        given = [(of_namespace(ACCOUNT, self.values), self.declared.own)]
        if name is not None:
            mine = of_namespace(STACK, self.values)[ACCOUNTS][name]
            given.insert(0, (mine, self.declared.accounts[name]))
        for values, layer in given:
            if layer.credentials() is None:
                continue
            if any(isinstance(values.get(key), Hidden) for key in CREDENTIAL_KEYS):
                encrypted = ConfigError(
                    f"the credentials in {layer.name} are encrypted, and can't be opened here",
                    "See what is said of the engine and of the stack's secrets.",
                )
                return ConfiguredAccount(name, None, layer.name, settings.api_url, encrypted)
            return ConfiguredAccount(name, settings, layer.name, settings.api_url)
        source = None if settings.sandbox or environment().credentials() is None else _ENVIRONMENT
        return ConfiguredAccount(name, settings, source, settings.api_url)

    def secrets(self) -> Iterator[str]:
        """Every value that the files have encrypted, as far as it is open here."""
        opened = dict(leaves(self.opened or {}))
        for place, value in leaves(self.given):
            if isinstance(value, Hidden) and isinstance(plain := opened.get(place), str):
                yield plain


def read_configuration(stack: str) -> Configuration:
    """Read the files of a stack, named with or without its organisation. Raises ConfigError."""
    name = stack.rpartition("/")[2]
    return Configuration(stack, hidden_config(name), checked=check(name))
