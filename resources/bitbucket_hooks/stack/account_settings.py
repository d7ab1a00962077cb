"""The accounts of a stack, for commands that ask Bitbucket as its runs do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from bitbucket_hooks.model.errors import ConfigError
from bitbucket_hooks.model.settings import NAMESPACE as ACCOUNT
from bitbucket_hooks.model.settings import Settings
from bitbucket_hooks.stack.config import (
    ACCOUNTS,
    of_namespace,
    own_account,
    read,
    unknown_stack_keys,
)
from bitbucket_hooks.stack.entries import NAMESPACE
from bitbucket_hooks.stack.files import project_name, written
from bitbucket_hooks.stack.secrecy import has_secrets

_KEY: Final = f"{NAMESPACE}:{ACCOUNTS}"


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
    given = written(stack)
    account_keys = (key for key in given if not key.startswith(f"{NAMESPACE}:"))
    if unknown := [*unknown_stack_keys(account_keys, project_name())]:
        raise ConfigError("\n".join(unknown))
    values = _account_values(given)
    if any(map(has_secrets, values.values())):
        values = _account_values(opened(stack))
    config = read(of_namespace(NAMESPACE, values))
    own = own_account(values)
    yield config.settings_of(None, own)
    for name in config.accounts:
        try:
            yield config.settings_of(name, own)
        except ConfigError:  # `check` and `preview` tell of it
            continue


def _account_values(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: value for key, value in values.items() if key == _KEY or key.startswith(f"{ACCOUNT}:")
    }
