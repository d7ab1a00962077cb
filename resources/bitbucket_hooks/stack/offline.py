"""What stacks' files declare, as far as it is known without Bitbucket and without secrets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from attrs import evolve, frozen

from bitbucket_hooks.model.errors import ConfigError, HooksError, printable
from bitbucket_hooks.model.events import KEYS, no_such_event, quoted_with_meaning
from bitbucket_hooks.model.globs import is_glob
from bitbucket_hooks.model.part import Part
from bitbucket_hooks.stack.config import StackConfig, of_namespace, read
from bitbucket_hooks.stack.entries import NAMESPACE, Draft
from bitbucket_hooks.stack.files import hidden_config, project_name, stacks_like
from bitbucket_hooks.stack.plan import check_offline

NO_HOOKS: Final = (
    "the stack config declares no hooks; a preview tells which ones a program declares itself"
)


@frozen
class Checked:
    """A stack's declarations, and what is wrong with them."""

    stack: str
    drafts: tuple[Draft, ...]
    unmanaged: str
    problems: tuple[str, ...]
    warnings: tuple[str, ...]


def check(stack: str, opened: Mapping[str, Any] | None = None) -> Checked:
    """Validate a stack's files. Raises ConfigError when they can't be read.

    `opened` has the configuration by its full keys, secrets in the clear, where the engine gave it.
    """
    values = hidden_config(stack)
    clear = {f"{NAMESPACE}:{k}": v for k, v in of_namespace(NAMESPACE, opened or {}).items()}
    config = read({**values, **clear}, project_name())
    drafts, problems = check_offline(config)
    warnings = tuple(_unknown_events(config))
    return Checked(stack, tuple(drafts), config.unmanaged, tuple(problems), warnings)


def _unknown_events(config: StackConfig) -> Iterator[str]:
    """The events that the bundled list lacks: only the live list may refuse one."""
    lists = {
        given.path: given.value
        for given in (entry.given.get("events") for entry in config.entries)
        if given is not None and isinstance(given.value, list)
    }
    for path, events in lists.items():
        for index, event in enumerate(events):
            if isinstance(event, str) and not is_glob(event) and event not in KEYS:
                yield f"{path}[{index}]: {no_such_event(event, KEYS, quoted_with_meaning)}"


@frozen
class StackSummary:
    """A stack at a glance: how many hooks, where, and as whom."""

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
    shares_budget: bool
    """Whether all machines draw on one budget, so that nobody needs a part of its own."""
    problems: tuple[str, ...]
    """What is wrong with its keys; `check` tells what is wrong with its hooks."""


def summaries(globs: Sequence[str], part: Part | None = None) -> list[StackSummary]:
    """The stacks whose names match one of the globs, all without any; of these, the part.

    Raises ConfigError when one of their files can't be used, or a glob matches nothing.
    """
    chosen = stacks_like(globs)
    return [_summary(name) for name in (part.take(chosen) if part else chosen)]


def _summary(stack: str) -> StackSummary:
    config = read(hidden_config(stack), project_name())
    try:
        settings = config.settings_of(None)
    except HooksError as error:
        raise ConfigError(f"the stack {printable(stack)}: {error.message}", error.remedy) from None
    return StackSummary(
        stack,
        len(config.entries),
        settings.workspace,
        settings.api_url,
        "the sandbox" if settings.sandbox else settings.credentials.identity,
        settings.known_limit,
        "rateLimit" in config.own.values,
        settings.pace is not None,
        config.problems,
    )


def with_shared_limits(found: Sequence[StackSummary]) -> list[StackSummary]:
    """The same, each with its part of the limit, when all run at once on machines of their own.

    Stacks that seem to have the same identity share one limit: two encrypted tokens may be the
    same, so this is never too much. Those that draw on one budget stay as they are.
    """
    together = Counter((stack.api_url, stack.identity) for stack in found)
    return [
        evolve(
            stack, rate_limit=max(1, stack.rate_limit // together[stack.api_url, stack.identity])
        )
        if stack.rate_limit and not stack.shares_budget
        else stack
        for stack in found
    ]
