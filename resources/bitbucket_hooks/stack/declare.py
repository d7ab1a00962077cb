"""What `stacks/__main__.py` calls: the configuration's hooks as resources."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

import pulumi

from bitbucket_hooks.model.settings import Settings
from bitbucket_hooks.program.account import Provider, provider_for
from bitbucket_hooks.program.exclusive import RepositoryHooksExclusive, WorkspaceHooksExclusive
from bitbucket_hooks.program.hook_fleet import HookFleet
from bitbucket_hooks.program.invoke import clean_errors, client_of, stack_config
from bitbucket_hooks.program.workspace_hook import WorkspaceHook
from bitbucket_hooks.stack.accounts import Accounts
from bitbucket_hooks.stack.config import HOOKS, IGNORE, SHARED, read
from bitbucket_hooks.stack.emptied import refuse_to_lose_all
from bitbucket_hooks.stack.entries import NAMESPACE
from bitbucket_hooks.stack.plan import Declaration, plan
from bitbucket_hooks.stack.secrecy import secure_paths
from bitbucket_hooks.stack.values import keys, values_of

Declared: TypeAlias = HookFleet | WorkspaceHook

_PASSPHRASE: Final = "PULUMI_CONFIG_PASSPHRASE"  # noqa: S105  # its name
_ITSELF: Final = ""  # no slug: the workspace


def declare_hooks() -> dict[str, Any]:
    """Declare every hook of the stack config; gives their uuids, by name and repository.

    Raises pulumi.RunError, which the engine shows as it is, with all mistakes at once.
    """
    with clean_errors():
        config = read(values_of(NAMESPACE), keys(), pulumi.get_project())
        accounts = Accounts(stack_config(), config, client_of, pulumi.log.warn, pulumi.log.info)
        declarations = plan(config, accounts)
        if not config.entries:
            refuse_to_lose_all()
        _warn_of_open_passphrase(accounts.get(None).settings)
    hidden = _hidden_urls(declarations)
    providers = {name: provider_for(name, layer.values) for name, layer in config.accounts.items()}
    made = [
        (
            declaration,
            _declare(
                declaration,
                providers.get(declaration.entry.account or ""),
                hide_url=declaration.url_path in hidden,
            ),
        )
        for declaration in declarations
    ]
    if config.unmanaged != IGNORE:
        _watch(made, providers, accounts, config.unmanaged)
    return {declaration.entry.name: _uuids(hook) for declaration, hook in made}


def _warn_of_open_passphrase(settings: Settings) -> None:
    """`activate` sets a passphrase that everybody knows: fit for the sandbox alone."""
    if not settings.allows_private_urls and os.environ.get(_PASSPHRASE) == "sandbox":
        pulumi.log.warn(
            f"{_PASSPHRASE} is the one that ./activate sets for the sandbox, and everybody knows "
            "it; set your own before secrets get into this stack's state"
        )


def _hidden_urls(declarations: Sequence[Declaration]) -> set[str]:
    """The paths of the urls that were given as secrets; all, when that can't be told."""
    paths = {declaration.url_path for declaration in declarations}
    hidden: set[str] = set()
    for key in (HOOKS, SHARED):
        prefix = f"{NAMESPACE}:{key}"
        if pulumi.runtime.is_config_secret(prefix):
            secret_paths = secure_paths(pulumi.get_stack(), prefix)
            hidden |= (
                {path for path in paths if path.startswith(prefix)}
                if secret_paths is None
                else secret_paths
            )
    return hidden


def _declare(declared: Declaration, provider: Provider | None, *, hide_url: bool) -> Declared:
    """Make the resource of one declaration."""
    entry = declared.entry
    opts = pulumi.ResourceOptions(protect=entry.protect, provider=provider)
    properties = dict(entry.arguments)
    if hide_url:
        properties["url"] = pulumi.Output.secret(entry.url)
    if entry.workspace:
        return WorkspaceHook(entry.name, opts, workspace=entry.owner, **properties)
    return HookFleet(entry.name, opts, owner=entry.owner, repositories=declared.slugs, **properties)


def _uuids(hook: Declared) -> Any:
    """The output with the uuid of a hook, or the uuids of a fleet by repository."""
    return hook.uuid if isinstance(hook, WorkspaceHook) else hook.hooks


def _watch(
    made: Sequence[tuple[Declaration, Declared]],
    providers: Mapping[str, Provider],
    accounts: Accounts,
    on_unmanaged: str,
) -> None:
    """Look for hooks that nothing declares, wherever an account declares any.

    Of accounts that declare hooks in the same place, the first one looks, in an order of their
    names, so that the order of the entries means nothing.
    """
    places = {
        (declaration.entry.account or "", str(declaration.entry.owner)) for declaration, _ in made
    }
    watched: set[tuple[str, str, str]] = set()
    for account, owner in sorted(places):
        # what another account declares there isn't unmanaged
        there = [
            (declaration, hook) for declaration, hook in made if declaration.entry.owner == owner
        ]
        here = [
            declaration for declaration, _ in there if (declaration.entry.account or "") == account
        ]
        server = accounts.get(account or None).settings.api_url
        means = {(server, owner, slug) for declaration in here for slug in _hang_on(declaration)}
        free = {slug for _, _, slug in means - watched}
        watched |= means
        name = f"{account}/{owner}" if account else owner
        opts = pulumi.ResourceOptions(provider=providers.get(account))
        if free - {_ITSELF} or any(
            not declaration.entry.workspace and not declaration.slugs for declaration in here
        ):
            RepositoryHooksExclusive(
                name,
                opts,
                owner=owner,
                repositories=sorted(free - {_ITSELF}),
                hooks=[
                    hook
                    for declaration, hook in there
                    if isinstance(hook, HookFleet)
                    and (declaration in here or free & {*declaration.slugs})
                ],
                on_unmanaged=on_unmanaged,
            )
        if _ITSELF in free:
            WorkspaceHooksExclusive(
                name,
                opts,
                workspace=owner,
                hooks=[hook for _, hook in there if isinstance(hook, WorkspaceHook)],
                on_unmanaged=on_unmanaged,
            )


def _hang_on(declared: Declaration) -> Sequence[str]:
    """Where the hooks of a declaration hang: slugs, or the workspace itself."""
    return (_ITSELF,) if declared.entry.workspace else declared.slugs
