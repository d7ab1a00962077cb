"""What is looked at: a project's stack with its configuration, or the environment alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, Final

from attrs import field, frozen

from bitbucket_hooks.connect import identity
from bitbucket_hooks.model.credentials import Anonymous
from bitbucket_hooks.model.errors import ConfigError, HooksError
from bitbucket_hooks.model.settings import CREDENTIAL_KEYS, Settings, environment
from bitbucket_hooks.model.settings import NAMESPACE as ACCOUNT
from bitbucket_hooks.stack.config import ACCOUNTS, StackConfig, of_namespace, own_account, read
from bitbucket_hooks.stack.entries import NAMESPACE as STACK
from bitbucket_hooks.stack.entries import Hidden
from bitbucket_hooks.stack.files import written
from bitbucket_hooks.stack.offline import Checked, check
from bitbucket_hooks.stack.secrecy import hidden

_ENVIRONMENT: Final = "the environment"


@frozen
class ConfiguredAccount:
    """One account: where its values come from, and what they come to."""

    name: str | None
    """None: the stack's own, or that of the environment."""
    settings: Settings | None
    """None: not usable, or encrypted."""
    problem: HooksError | None
    """Why it isn't usable."""
    source: str | None
    """What messages call the layer that its credentials are from; None: there are none."""
    api_url: str | None
    """Where its API is; None: not known."""

    @property
    def anonymous(self) -> bool:
        """Whether nothing can be asked that needs credentials."""
        return self.settings is None or isinstance(identity(self.settings), Anonymous)


@frozen
class Case:
    """A stack config, as its files have it and as the engine opens it."""

    stack: str | None = None
    given: Mapping[str, Any] = field(factory=dict, repr=False)
    """As the files have it, with `Hidden` for what is encrypted."""
    opened: Mapping[str, Any] | None = field(default=None, repr=False)
    """With the secrets open; None: they couldn't be."""
    checked: Checked | None = None
    """What the files declare."""

    @cached_property
    def config(self) -> StackConfig:
        """What the stack declares, nothing of it decrypted but its accounts."""
        opened = of_namespace(STACK, self.values).get(ACCOUNTS)
        values = of_namespace(STACK, self.given)
        return read({**values, ACCOUNTS: opened} if ACCOUNTS in values else values)

    @property
    def values(self) -> Mapping[str, Any]:
        """The configuration as open as can be."""
        return self.given if self.opened is None else self.opened

    def accounts(self) -> list[ConfiguredAccount]:
        """All accounts, the stack's own first; that one only if something may use it."""
        own, *others = (self._account(name) for name in (None, *self.config.accounts))
        used = {entry.account for entry in self.config.entries} or {None}
        return others if others and None not in used and own.source is None else [own, *others]

    def _account(self, name: str | None) -> ConfiguredAccount:
        own = own_account(self.values)
        try:
            settings = self.config.settings_of(name, own)
        except ConfigError as problem:
            return ConfiguredAccount(name, None, problem, None, None)
        given = [(of_namespace(ACCOUNT, self.values), own)]
        if name is not None:
            mine = of_namespace(STACK, self.values)[ACCOUNTS][name]
            given.insert(0, (mine, self.config.accounts[name]))
        for values, layer in given:
            if layer.credentials() is not None:
                if any(isinstance(values.get(key), Hidden) for key in CREDENTIAL_KEYS):
                    return ConfiguredAccount(
                        name, None, _encrypted(layer.name), layer.name, settings.api_url
                    )
                return ConfiguredAccount(name, settings, None, layer.name, settings.api_url)
        source = None if settings.sandbox or environment().credentials() is None else _ENVIRONMENT
        return ConfiguredAccount(name, settings, None, source, settings.api_url)

    def secrets(self) -> Iterator[str]:
        """Every value that the files have encrypted, as far as it is open here."""
        yield from _decrypted(self.given, self.opened or {})


def open_case(stack: str, opened: Mapping[str, Any] | None) -> Case:
    """Read the files of a stack, named with or without its organisation. Raises ConfigError."""
    name = stack.rpartition("/")[2]
    given = {key: hidden(value) for key, value in written(name).items()}
    return Case(stack, given, opened, check(name))


def _encrypted(source: str) -> ConfigError:
    return ConfigError(
        f"the credentials in {source} are encrypted, and can't be opened here",
        "See what is said of the engine and of the stack's secrets.",
    )


def _decrypted(given: Any, opened: Any) -> Iterator[str]:
    if isinstance(given, Hidden):
        if isinstance(opened, str):
            yield opened
    elif isinstance(given, Mapping) and isinstance(opened, Mapping):
        for key, value in given.items():
            yield from _decrypted(value, opened.get(key))
    elif isinstance(given, list) and isinstance(opened, list):
        for sealed, plain in zip(given, opened, strict=False):
            yield from _decrypted(sealed, plain)
