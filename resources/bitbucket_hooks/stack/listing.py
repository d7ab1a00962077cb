"""The project's stacks at a glance, from their files: how many hooks, where, and as whom."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from attrs import evolve, frozen

from bitbucket_hooks.model.errors import ConfigError, HooksError, printable
from bitbucket_hooks.model.globs import matching
from bitbucket_hooks.model.settings import Settings
from bitbucket_hooks.stack.config import of_namespace, own_account, read
from bitbucket_hooks.stack.entries import NAMESPACE
from bitbucket_hooks.stack.files import MAKE_STACK, project_name, stacks, written
from bitbucket_hooks.stack.secrecy import hidden


@frozen
class Listed:
    """A stack."""

    stack: str
    hooks: int
    """Entries in its configuration; each may mean many repositories."""
    workspace: str | None
    api_url: str
    identity: str
    """Whose credentials it has, as messages say it; never a secret."""
    rate_limit: int | None
    """Requests an hour that it may send; None: nothing limits it."""
    own_limit: bool
    """Whether its files say so, which no variable of the environment changes."""
    problems: tuple[str, ...]
    """What is wrong with its keys; `check` tells what is wrong with its hooks."""


def listed(globs: Sequence[str]) -> list[Listed]:
    """The stacks whose names match one of the globs; all without any.

    Raises ConfigError when a file can't be used, or a glob matches nothing.
    """
    names = stacks()
    meant = {glob: matching(glob, names) for glob in globs}
    if idle := [printable(glob, 60) for glob, found in meant.items() if not found]:
        raise ConfigError(
            f"no stack matches {', '.join(idle)}",
            f"Name one of: {', '.join(map(printable, names))}." if names else MAKE_STACK,
        )
    chosen = {name for found in meant.values() for name in found}
    return [_read_stack(name) for name in names if name in chosen or not globs]


def shared_out(found: Iterable[Listed]) -> list[Listed]:
    """The same, each with its part of the limit, when all run at once on machines of their own.

    Stacks that seem to have the same identity share one limit: two encrypted tokens may be the
    same, so this is never too much.
    """
    every = list(found)
    together = Counter((stack.api_url, stack.identity) for stack in every)
    return [
        evolve(
            stack, rate_limit=max(1, stack.rate_limit // together[stack.api_url, stack.identity])
        )
        if stack.rate_limit
        else stack
        for stack in every
    ]


def _read_stack(stack: str) -> Listed:
    values = {key: hidden(value) for key, value in written(stack).items()}
    config = read(of_namespace(NAMESPACE, values), values, project_name())
    own = own_account(values)
    try:
        settings = config.settings_of(None, own)
    except HooksError as error:
        raise ConfigError(f"the stack {printable(stack)}: {error.message}", error.remedy) from None
    return Listed(
        stack,
        len(config.entries),
        settings.workspace,
        settings.api_url,
        _identity(settings),
        settings.known_limit,
        "rateLimit" in own.values,
        config.problems,
    )


def _identity(settings: Settings) -> str:
    return "the sandbox" if settings.sandbox else settings.credentials.identity
