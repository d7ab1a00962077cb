"""What `stacks/__main__.py` calls: the configuration's hooks as resources."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

import pulumi
from pulumi.runtime import config as handed

from bitbucket_hooks.model.errors import ConfigError, printable
from bitbucket_hooks.model.resources import DYNAMIC
from bitbucket_hooks.model.safety import NAMED, REMEDY, is_forced
from bitbucket_hooks.model.settings import Settings
from bitbucket_hooks.model.wording import counted, first_names
from bitbucket_hooks.program.account import Provider, provider_for
from bitbucket_hooks.program.exclusive import RepositoryHooksExclusive, WorkspaceHooksExclusive
from bitbucket_hooks.program.hook_fleet import HookFleet
from bitbucket_hooks.program.invoke import clean_errors, client_of
from bitbucket_hooks.program.workspace_hook import WorkspaceHook
from bitbucket_hooks.stack.accounts import Accounts
from bitbucket_hooks.stack.config import HOOKS, IGNORE, SHARED, read
from bitbucket_hooks.stack.entries import HOOKS_PATH, NAMESPACE, Declaration
from bitbucket_hooks.stack.files import encrypted_paths
from bitbucket_hooks.stack.plan import plan

Declared: TypeAlias = HookFleet | WorkspaceHook

_PASSPHRASE: Final = "PULUMI_CONFIG_PASSPHRASE"  # noqa: S105  # its name
_ITSELF: Final = ""  # no slug: the workspace
_READ_STATE: Final = "pulumi:pulumi:readStackResourceOutputs"
"""A function of the engine itself (pkg/resource/deploy/builtins.go): no provider, no request."""
_OF_CONFIG: Final = (f"{DYNAMIC}HookFleet", f"{DYNAMIC}WorkspaceHook")
"""What entries become; a `Hook` is of a program's own."""


def declare_hooks(*, uuids: bool = False) -> dict[str, Any]:
    """Declare every hook of the stack config; gives by name how many there are.

    Of a workspace's one hook it gives the uuid. The engine prints a stack's outputs in each run, a
    line for each value: so only with `uuids` it gives those of fleets, by repository. Raises
    pulumi.RunError, which the engine shows as it is, with all mistakes at once.
    """
    return {declared.name: _shown(declared, hook, uuids=uuids) for declared, hook in _declare_all()}


def _shown(declared: Declaration, hook: Declared, *, uuids: bool) -> pulumi.Output[Any]:
    if isinstance(hook, WorkspaceHook):
        return hook.uuid
    # the number is known in a preview too, which doesn't know the uuids
    return hook.hooks if uuids else hook.repositories.apply(lambda _: len(declared.slugs))


def _declare_all() -> list[tuple[Declaration, Declared]]:
    """Every declaration of the stack config with its resource."""
    with clean_errors():
        config = read(_values(), pulumi.get_project())
        accounts = Accounts(config, client_of, pulumi.log.warn, pulumi.log.info)
        declarations = plan(config, accounts)
        if not config.entries and not is_forced():
            _refuse_to_lose_all()
        _warn_of_open_passphrase(accounts.get(None).settings)
    hidden = _hidden_urls(declarations)
    providers = {name: provider_for(name, layer.values) for name, layer in config.accounts.items()}
    made = [
        (declared, _declare(declared, providers, hide_url=declared.url_path in hidden))
        for declared in declarations
    ]
    if config.unmanaged != IGNORE:
        _watch(made, providers, accounts, config.unmanaged)
    return made


def _values() -> dict[str, Any]:
    """Every key that is set, whosever it is; ours with structured values as such, secrets open."""
    keys = {*handed.CONFIG.get(), *handed.get_config_env()}  # the SDK itself lists none
    texts = {key: pulumi.runtime.get_config(key) for key in sorted(keys)}
    structured = f"{NAMESPACE}:"
    return {
        key: _structured(text) if key.startswith(structured) else text
        for key, text in texts.items()
    }


def _structured(text: Any) -> Any:
    """Structured values come as JSON; what isn't any is text."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _refuse_to_lose_all() -> None:
    """Raise ConfigError when the state has hooks of a stack config that declares none."""
    hooks = dict(_hooks_in_state())
    if count := sum(hooks.values()):
        raise ConfigError(
            f"{HOOKS_PATH}: declares nothing, so that all {counted(count, 'hook')} of this stack "
            f"would be deleted: {first_names(sorted(hooks), NAMED)}",
            "Look whether the key or its namespace is misspelt; a program that declares all hooks "
            f"itself doesn't call declare_hooks(). {REMEDY}",
        )


def _hooks_in_state() -> Iterator[tuple[str, int]]:
    """The names of resources that entries became, each with how many hooks it has."""
    stack = f"{pulumi.get_organization()}/{pulumi.get_project()}/{pulumi.get_stack()}"
    try:
        answer = pulumi.runtime.invoke(_READ_STATE, {"stackName": stack}).value or {}
    except Exception as error:  # noqa: BLE001  # whatever the SDK makes of the engine's errors
        raise ConfigError(
            f"{HOOKS_PATH}: declares nothing, and whether the stack has hooks can't be told: "
            f"{printable(str(error))}",
            REMEDY,
        ) from None
    for urn, resource in (answer.get("outputs") or {}).items():
        *_, kind, name = urn.split("::")
        outputs = resource.get("outputs") or {}
        if kind.endswith(_OF_CONFIG):
            yield printable(name, 60), len(outputs["hooks"]) if "hooks" in outputs else 1


def _warn_of_open_passphrase(settings: Settings) -> None:
    """`activate` sets a passphrase that everybody knows: fit for the sandbox alone."""
    if not settings.allows_private_urls and os.environ.get(_PASSPHRASE) == "sandbox":
        pulumi.log.warn(
            f"{_PASSPHRASE} is the one that ./activate sets for the sandbox, and everybody knows "
            "it; set your own before secrets get into this stack's state"
        )


def _hidden_urls(declarations: Sequence[Declaration]) -> set[str]:
    """The paths of the urls that were given as secrets; all, when that isn't known."""
    paths = {declared.url_path for declared in declarations}
    hidden: set[str] = set()
    for key in (HOOKS, SHARED):
        prefix = f"{NAMESPACE}:{key}"
        if pulumi.runtime.is_config_secret(prefix):
            encrypted = encrypted_paths(pulumi.get_stack(), prefix)
            all_of_it = {path for path in paths if path.startswith(prefix)}
            hidden |= all_of_it if encrypted is None else encrypted
    return hidden


def _declare(
    declared: Declaration, providers: Mapping[str, Provider], *, hide_url: bool
) -> Declared:
    """Make the resource of one declaration."""
    provider = providers.get(declared.account or "")
    opts = pulumi.ResourceOptions(protect=declared.protect, provider=provider)
    properties = dict(declared.arguments)
    if hide_url:
        properties["url"] = pulumi.Output.secret(declared.url)
    name, owner = declared.name, declared.owner
    if declared.workspace:
        return WorkspaceHook(name, opts, workspace=owner, **properties)
    return HookFleet(name, opts, owner=owner, repositories=declared.slugs, **properties)


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
    watched: set[tuple[str, str, str]] = set()
    for account, owner in sorted({(d.account or "", d.owner) for d, _ in made}):
        # what another account declares there isn't unmanaged
        there = [(declared, hook) for declared, hook in made if declared.owner == owner]
        here = [declared for declared, _ in there if (declared.account or "") == account]
        server = accounts.get(account or None).settings.api_url
        slugs = {slug for d in here for slug in ((_ITSELF,) if d.workspace else d.slugs)}
        means = {(server, owner, slug) for slug in slugs}
        free = {slug for _, _, slug in means - watched}
        watched |= means
        name = f"{account}/{owner}" if account else owner
        opts = pulumi.ResourceOptions(provider=providers.get(account))
        if free - {_ITSELF} or any(not (d.workspace or d.slugs) for d in here):
            RepositoryHooksExclusive(
                name,
                opts,
                owner=owner,
                repositories=sorted(free - {_ITSELF}),
                hooks=[
                    hook
                    for declared, hook in there
                    if isinstance(hook, HookFleet)
                    and (declared in here or free & {*declared.slugs})
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
