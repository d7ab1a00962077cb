"""The accounts that a stack's hooks are declared with, and what can be asked through each."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from attrs import define, field, frozen

from bitbucket_hooks.api.event_catalogue import Catalogue
from bitbucket_hooks.api.hooks import HookApi
from bitbucket_hooks.api.repositories import Repository, RepositoryApi
from bitbucket_hooks.model.settings import Layer, Settings, mistakes
from bitbucket_hooks.stack.config import StackConfig
from bitbucket_hooks.stack.entries import EntryContext

if TYPE_CHECKING:
    from bitbucket_hooks.api.client import Client  # it brings requests along


@frozen
class Account:
    """One account: its settings, the events of its API, and the repositories that it sees."""

    settings: Settings
    catalogue: Catalogue
    repositories: RepositoryApi
    _listed: dict[tuple[str, str | None], list[Repository]] = field(factory=dict, init=False)

    def context(self, kind: str) -> EntryContext:
        """What the rules of an entry need to know of this account."""
        return EntryContext(
            self.settings.allows_private_urls,
            partial(self.catalogue.unknown, kind),
            partial(self.catalogue.matching, kind),
            self.settings.workspace,
        )

    def listed(self, workspace: str, project: str | None) -> list[Repository]:
        """The repositories of a workspace, or of one project; asked once. Raises ApiError."""
        key = (workspace, project)
        if key not in self._listed:
            self._listed[key] = self.repositories.of(workspace, project)
        return self._listed[key]


@define
class Accounts:
    """All accounts of a stack, each opened when it is first asked for."""

    own: Layer
    """The stack config."""
    config: StackConfig
    client_of: Callable[[Settings], Client]
    warn: Callable[[str], None]
    notify: Callable[[str], None]
    _opened: dict[str | None, Account] = field(factory=dict, init=False)

    def get(self, name: str | None) -> Account:
        """An account by its name; None is the stack's own. Raises ConfigError."""
        if name not in self._opened:
            self._opened[name] = self._open(name)
        return self._opened[name]

    def mistakes(self) -> list[str]:
        """Everything for which the stack's own account can't be opened, with the remedies."""
        return mistakes(*self.config.layers_of(None, self.own))

    def _open(self, name: str | None) -> Account:
        settings = self.config.settings_of(name, self.own)
        client = self.client_of(settings)
        catalogue = Catalogue(HookApi(lambda: client), self.warn)
        return Account(settings, catalogue, RepositoryApi(client, self.notify))
