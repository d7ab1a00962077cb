"""What a stack config has already: its entries, what new ones inherit, what is theirs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from attrs import frozen

from bitbucket_hooks.api.repositories import Repository
from bitbucket_hooks.importing.grouping import Listed
from bitbucket_hooks.inventory.live import Addresses, where
from bitbucket_hooks.model.adopt_policy import MATCH, NEVER
from bitbucket_hooks.model.errors import ConfigError, printable
from bitbucket_hooks.model.settings import CREDENTIAL_KEYS, Settings
from bitbucket_hooks.model.settings import NAMESPACE as ACCOUNT
from bitbucket_hooks.model.subject import Subject
from bitbucket_hooks.model.webhook import Desired
from bitbucket_hooks.pulumi_cli.values import mapping_of
from bitbucket_hooks.reconcile.adoption import candidates
from bitbucket_hooks.stack.accounts import offline_context
from bitbucket_hooks.stack.config import (
    DEFAULTS,
    SHARED,
    StackConfig,
    account_values,
    of_namespace,
    read,
)
from bitbucket_hooks.stack.entries import (
    NAMESPACE,
    Draft,
    EntryContext,
    Given,
    merged,
)
from bitbucket_hooks.stack.files import Hidden, hidden_config
from bitbucket_hooks.stack.plan import offline_drafts, problems
from bitbucket_hooks.stack.selection import Selection

_MOST: Final = 5


@frozen
class Stack:
    """A stack config."""

    values: Mapping[str, Any]
    """Under our namespace's keys."""
    config: StackConfig
    settings: Settings
    """Those of the stack's own account, without credentials."""
    context: EntryContext
    """What the rules of a new entry need to know."""
    entries: tuple[Draft, ...]
    """Those there are."""
    managed: frozenset[str]
    """The uuids of hooks that states have, its own or those of other stacks."""

    @property
    def workspace(self) -> str | None:
        """The workspace that the files name; that of a variable is not there in every run."""
        return self.config.own.values.get("workspace", "").lower() or None

    def inherited(self, name: str) -> dict[str, Given]:
        """What an entry of a name has without saying so."""
        shared = mapping_of(self.values.get(SHARED)).get(name)
        layers = (mapping_of(self.values.get(DEFAULTS)), mapping_of(shared))
        return merged(("", layer) for layer in layers)


def open_stack(
    name: str, opened: Callable[[str], Mapping[str, Any]], managed: frozenset[str]
) -> Stack:
    """Read a stack config, through `opened` only where an entry's url is encrypted.

    `opened` gives all of it by its full keys, secrets in the clear; `managed` has the uuids that
    states have. Raises ConfigError.
    """
    values = hidden_config(name)
    stack = _stack(name, values, values, managed)
    if any(isinstance(draft.values["url"], Hidden) for draft in stack.entries):
        return _stack(name, values, {**values, **opened(name)}, managed)
    return stack


def _stack(
    name: str, values: Mapping[str, Any], clear: Mapping[str, Any], managed: frozenset[str]
) -> Stack:
    """The hooks are read from what is in the clear; the account without its credentials."""
    credentials = {f"{ACCOUNT}:{key}" for key in CREDENTIAL_KEYS}
    account = {
        key: value
        for key, value in account_values(values).items()
        if key not in credentials and not isinstance(value, Hidden)
    }
    hooks = {key: value for key, value in clear.items() if key.startswith(f"{NAMESPACE}:")}
    config = read({**account, **hooks})
    settings = config.settings_of(None)
    entries = tuple(offline_drafts(config))
    wrong = problems(config, entries)
    if wrong:
        more = [f"and {len(wrong) - _MOST} more"] if len(wrong) > _MOST else []
        heading = f"the stack config of {printable(name)} has mistakes:"
        raise ConfigError(
            "\n".join([heading, *wrong[:_MOST], *more]),
            f"Correct them first; `bitbucket-hooks check {printable(name)}` names them all.",
        )
    context = offline_context(config, None)
    return Stack(of_namespace(NAMESPACE, clear), config, settings, context, entries, managed)


def declared(
    stack: Stack, listed: Listed, repositories: Sequence[Repository], addresses: Addresses
) -> tuple[set[str], list[str]]:
    """The uuids of the live hooks that a stack's entries mean, and which entries fit several."""
    workspace = next(iter(listed)).workspace
    claims = [
        (draft.values, subject)
        for draft in stack.entries
        if draft.values["owner"] == workspace
        for subject in _subjects(draft, workspace, repositories)
        if subject in listed
    ]
    named = {
        hook.uuid
        for values, subject in claims
        for hook in listed[subject]
        if hook.uuid == values.get("adopt")
    }
    uuids, doubts = set(named), []
    for values, subject in claims:
        if values.get("adopt") not in (None, MATCH, NEVER):
            continue
        desired = Desired.from_values(subject, values, url=addresses.digest(values["url"]))
        live = [hook.observed() for hook in listed[subject]]
        meant = [hook.uuid for hook in candidates(desired, live, MATCH, named.__contains__)]
        uuids.update(meant)
        if len(meant) > 1:
            doubts.append(
                f'{where(subject)}: the entry "{values["name"]}" matches {len(meant)} hooks, so '
                f"none of them is imported: {', '.join(meant)}; say which one with adopt, in an "
                "entry of that repository alone, or delete the others"
            )
    return uuids, doubts


def _subjects(
    draft: Draft, workspace: str, repositories: Sequence[Repository]
) -> Iterable[Subject]:
    if draft.values.get("workspace"):
        return [Subject(workspace)]
    slugs = Selection(draft).choose(repositories).slugs
    return [Subject(workspace, slug) for slug in slugs]
