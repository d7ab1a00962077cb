"""Which sandbox, and which of its hooks, a command means."""

from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from bitbucket_hooks.model.errors import ConfigError, printable
from bitbucket_hooks.model.settings import Settings, project_root
from bitbucket_hooks.model.urls import veiled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bitbucket_hooks.sandbox.admin import Sandbox
    from bitbucket_hooks.sandbox.webhook import StoredHook

DATABASE: Final = ".sandbox.db"
"""The sandbox of the stack `dev`, beside the project's `Pulumi.yaml`."""

_UUID: Final = re.compile(r"\{?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\}?", re.IGNORECASE)


def sandbox_path(given: str | None) -> Path:
    """Find the sandbox's file: as given, from `BITBUCKET_API_URL`, or the project's own."""
    if given:
        return Path(given)
    configured = Settings(api_url=os.environ.get("BITBUCKET_API_URL", "")).sandbox
    root = project_root()
    if configured:
        return configured
    if not (root / "Pulumi.yaml").is_file():
        raise ConfigError(
            "no sandbox is named, and this is no Pulumi project's folder",
            "Name the sandbox's file with --db PATH, set BITBUCKET_API_URL=sandbox:PATH, or change "
            "to the project's folder.",
        )
    return root / DATABASE


def missing_sandbox(path: Path) -> ConfigError:
    """The error for a command that only reads, which makes no new sandbox."""
    return ConfigError(
        f"there is no sandbox at {path}",
        "Name one that is there, or make it with `pulumi up` on the stack dev or "
        "`bitbucket-hooks sandbox serve`.",
    )


@contextlib.contextmanager
def opened(given: str | None, *, create: bool = False) -> Iterator[Sandbox]:
    """Open the sandbox that is meant."""
    from bitbucket_hooks.sandbox.admin import Sandbox

    path = sandbox_path(given)
    if not path.exists():
        if not create:
            raise missing_sandbox(path)
        click.echo(f"A new sandbox: {path}", err=True)
    with Sandbox(path) as sandbox:
        yield sandbox


def names_of(sandbox: Sandbox) -> dict[str, str]:
    """Give the names that people know repositories and workspaces by, for each uuid."""
    names = {repository.uuid: repository.full_name for repository in sandbox.repositories()}
    return names | {workspace.uuid: workspace.slug for workspace in sandbox.workspaces()}


def find_hook(sandbox: Sandbox, where: str, text: str | None) -> StoredHook:
    """Find a hook by its uuid, or in `WORKSPACE[/REPOSITORY]` by a part of description or url.

    Raises a short error unless there is exactly one.
    """
    if _UUID.fullmatch(where):
        return sandbox.hook(where)
    hooks = found = sandbox.hooks(where)
    if text:
        found = [hook for hook in hooks if text in (hook.description, hook.url, hook.uuid)]
        found = found or [hook for hook in hooks if _mentions(hook, text.casefold())]
    if len(found) == 1:
        return found[0]
    what = f'"{text}" in {where}' if text else where
    if found:
        raise ConfigError(
            f"{len(found)} webhooks match {what}", f"Name one by its uuid: {_listed(found)}."
        )
    raise ConfigError(
        f"no webhook matches {what}",
        f"Name one of those of {where}: {_listed(hooks)}."
        if hooks
        else f"Add one with `bitbucket-hooks sandbox add-hook {where} URL`: {where} has none.",
    )


def _mentions(hook: StoredHook, text: str) -> bool:
    return text in f"{hook.description}\n{hook.url}".casefold()


def _listed(hooks: list[StoredHook]) -> str:
    names = (f"{hook.uuid} {printable(veiled(hook.description or hook.url))}" for hook in hooks)
    return ", ".join(names)
