"""The accounts of a stack: their settings, and what can be asked through each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from attrs import define, field, frozen

from bitbucket_hooks.api.event_catalogue import Catalogue
from bitbucket_hooks.api.hooks import HookApi
from bitbucket_hooks.api.repositories import Repository, RepositoryApi
from bitbucket_hooks.model import events
from bitbucket_hooks.model.errors import ConfigError
from bitbucket_hooks.model.globs import matching
from bitbucket_hooks.model.settings import Settings, value_of
from bitbucket_hooks.stack.config import (
    StackConfig,
    account_values,
    read,
    unknown_stack_keys,
)
from bitbucket_hooks.stack.entries import NAMESPACE, EntryContext
from bitbucket_hooks.stack.files import encrypted_config, paths_in, project_name

if TYPE_CHECKING:
    from bitbucket_hooks.api.client import Client  # it brings requests along


@frozen
class Account:
    """One account: its settings, the events of its API, and the repositories that it sees."""

    settings: Settings
    catalogue: Catalogue
    repositories: RepositoryApi
    _listed: dict[tuple[str, str | None], list[Repository]] = field(factory=dict, init=False)

    def listed(self, workspace: str, project: str | None) -> list[Repository]:
        """The repositories of a workspace, or of one project; asked once. Raises ApiError."""
        key = (workspace, project)
        if key not in self._listed:
            self._listed[key] = self.repositories.in_workspace(workspace, project)
        return self._listed[key]


@define
class Accounts:
    """All accounts of a stack, each opened when it is first asked for."""

    config: StackConfig
    client_of: Callable[[Settings], Client]
    warn: Callable[[str], None]
    notify: Callable[[str], None]
    _opened: dict[str | None, Account] = field(factory=dict, init=False)

    def get(self, name: str | None) -> Account:
        """An account by its name; None is the stack's own. Raises ConfigError."""
        if name not in self._opened:
            settings = self.config.settings_of(name)
            client = self.client_of(settings)
            catalogue = Catalogue(HookApi(lambda: client), self.warn)
            self._opened[name] = Account(settings, catalogue, RepositoryApi(client, self.notify))
        return self._opened[name]

    def context(self, account: str | None, kind: str) -> EntryContext:
        """What the rules of an entry need to know, as the server of its account tells."""
        found = self.get(account if account in self.config.accounts else None)
        return EntryContext(
            found.settings.allows_private_urls,
            partial(found.catalogue.unknown, kind),
            partial(found.catalogue.matching, kind),
            found.settings.workspace,
        )


def offline_context(config: StackConfig, account: str | None) -> EntryContext:
    """What the rules of an entry can go by where no server is asked: the bundled events."""
    try:
        allows_private_urls = config.settings_of(account).allows_private_urls
    except ConfigError:  # a mistake of its own; whether this is one, nobody knows
        allows_private_urls = True
    return EntryContext(
        allows_private_urls,
        lambda _: {},  # of events that the bundled list lacks, only a server can tell
        lambda pattern: matching(pattern, sorted(events.KEYS)),
        value_of(config.layers_of(account), "workspace"),
    )


def own_settings(stack: str, opened: Callable[[str], Mapping[str, Any]]) -> Settings:
    """The settings of a stack's own account. Raises ConfigError."""
    return next(_settings(stack, opened))


def settings_for(
    stack: str, opened: Callable[[str], Mapping[str, Any]], workspace: str | None
) -> Settings:
    """The settings of a stack's account for a workspace: its own, unless another one names that.

    `opened` gives the stack config with its secrets by the full keys; it is asked only where the
    files have an account encrypted. Raises ConfigError.
    """
    every = list(_settings(stack, opened))
    named = {
        settings.workspace.lower(): settings for settings in reversed(every) if settings.workspace
    }
    if workspace is None:
        return next(reversed(named.values()), every[0])
    return named.get(workspace.lower(), every[0])


def _settings(stack: str, opened: Callable[[str], Mapping[str, Any]]) -> Iterator[Settings]:
    """The settings of each account, the stack's own first."""
    given = encrypted_config(stack)
    keys = (key for key in given if not key.startswith(f"{NAMESPACE}:"))
    if unknown := [*unknown_stack_keys(keys, project_name())]:
        raise ConfigError("\n".join(unknown))
    values = account_values(given)
    if any(paths_in(values)):
        values = account_values(opened(stack))
    config = read(values)
    yield config.settings_of(None)
    for name in config.accounts:
        try:
            yield config.settings_of(name)
        except ConfigError:  # `check` and `preview` tell of it
            continue
