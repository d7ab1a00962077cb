"""What a stack's files declare, as far as it can be told without Bitbucket and without secrets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from attrs import frozen

from bitbucket_hooks.model.events import KEYS, no_such_event, quoted_with_meaning
from bitbucket_hooks.model.globs import is_glob
from bitbucket_hooks.model.settings import mistakes
from bitbucket_hooks.stack.config import StackConfig, of_namespace, own_account, read
from bitbucket_hooks.stack.contexts import Blind
from bitbucket_hooks.stack.doubles import doubled, named
from bitbucket_hooks.stack.entries import NAMESPACE, Draft
from bitbucket_hooks.stack.files import project_name, written
from bitbucket_hooks.stack.plan import drafts, problems
from bitbucket_hooks.stack.secrecy import hidden

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
    values = {key: hidden(value) for key, value in written(stack).items()}
    config = read(of_namespace(NAMESPACE, {**values, **(opened or {})}), values, project_name())
    own = own_account(values)
    entries = drafts(config, Blind(own, config).context)
    found = [
        *mistakes(*config.layers_of(None, own)),
        *problems(config, entries),
        *doubled((account, draft, named(draft)) for account, draft in entries),
    ]
    return Checked(
        stack,
        tuple(draft for _, draft in entries),
        config.unmanaged,
        tuple(found),
        tuple(_unknown_events(config)),
    )


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
