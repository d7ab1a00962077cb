"""What `stacks/__main__.py` calls: the configuration's hooks as resources."""

from __future__ import annotations

import os
from typing import Any, Final

import pulumi

from bitbucket_hooks.api.client import open_client
from bitbucket_hooks.api.hooks import HookApi
from bitbucket_hooks.errors import HooksError
from bitbucket_hooks.hook import Hook
from bitbucket_hooks.model.rules import Context
from bitbucket_hooks.reconcile.catalogue import Catalogue
from bitbucket_hooks.settings import NAMESPACE, Settings, environment, layer, resolve
from bitbucket_hooks.stack.entries import KEY, Entry, structure
from bitbucket_hooks.stack.secrecy import is_secret, secret_urls
from bitbucket_hooks.workspace_hook import WorkspaceHook

_PASSPHRASE: Final = "PULUMI_CONFIG_PASSPHRASE"  # noqa: S105  # its name


def declare_hooks() -> dict[str, Any]:
    """Declare every hook of the stack's configuration; gives their uuids, by name and repository.

    Raises pulumi.RunError, which the engine shows as it is, with all mistakes at once.
    """
    try:
        settings = resolve(layer("the stack config", pulumi.Config(NAMESPACE).get), environment())
        entries = _entries(settings)
    except HooksError as error:
        raise pulumi.RunError(str(error)) from None
    _warn_of_open_passphrase(settings)
    return {entry.name: _declare(entry, url) for entry, url in entries}


def _warn_of_open_passphrase(settings: Settings) -> None:
    """`activate` sets a passphrase that everybody knows: fit for the sandbox alone."""
    if not settings.allows_private_urls and os.environ.get(_PASSPHRASE) == "sandbox":
        pulumi.log.warn(
            f"{_PASSPHRASE} is the one that ./activate sets for the sandbox, and everybody knows "
            "it. Set your own before secrets get into this stack's state."
        )


def _entries(settings: Settings) -> list[tuple[Entry, pulumi.Input[str]]]:
    config = pulumi.Config(KEY.partition(":")[0])
    catalogue = Catalogue(HookApi(open_client(settings, pulumi.log.warn)), pulumi.log.warn)

    def context_of(kind: str) -> Context:
        return Context(settings.allows_private_urls, lambda events: catalogue.unknown(kind, events))

    entries = structure(config.get_object("hooks") or [], context_of)
    hidden = _hidden_urls(config, len(entries))
    return [
        (entry, pulumi.Output.secret(entry.url) if i in hidden else entry.url)
        for i, entry in enumerate(entries)
    ]


def _hidden_urls(config: pulumi.Config, count: int) -> set[int]:
    """Keep a url secret that was given as one, and every url when that can't be told."""
    if not is_secret(config, "hooks"):
        return set()
    told = secret_urls(pulumi.get_stack(), config.full_key("hooks"))
    return set(range(count)) if told is None else told


def _declare(entry: Entry, url: pulumi.Input[str]) -> Any:
    opts = pulumi.ResourceOptions(protect=entry.protect)
    properties: dict[str, Any] = {
        "url": url,
        "description": entry.description,
        "events": entry.events,
        "active": entry.active,
        "secret": entry.secret,
        "secret_from": entry.secret_from,
        "skip_cert_verification": entry.skip_cert_verification,
        "history_enabled": entry.history_enabled,
        "adopt": entry.adopt,
    }
    if entry.workspace:
        return WorkspaceHook(entry.name, opts, **properties).uuid
    return {
        repository: Hook(
            f"{entry.name}/{repository}", opts, repository=repository, **properties
        ).uuid
        for repository in entry.repositories
    }
