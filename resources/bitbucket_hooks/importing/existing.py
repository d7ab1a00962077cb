"""What a stack config has already: its entries, what new ones inherit, what is theirs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from attrs import define, evolve, frozen

from bitbucket_hooks.api.repositories import Repository
from bitbucket_hooks.importing.grouping import Listed, mine
from bitbucket_hooks.inventory.live import Addresses, Live, where
from bitbucket_hooks.model.adopt_policy import MATCH, NEVER
from bitbucket_hooks.model.errors import ConfigError, printable
from bitbucket_hooks.model.settings import CREDENTIAL_KEYS, Settings
from bitbucket_hooks.model.settings import NAMESPACE as ACCOUNT
from bitbucket_hooks.model.subject import Subject
from bitbucket_hooks.model.webhook import canonical_text
from bitbucket_hooks.stack.config import (
    DEFAULTS,
    SHARED,
    StackConfig,
    of_namespace,
    own_account,
    read,
)
from bitbucket_hooks.stack.contexts import Blind
from bitbucket_hooks.stack.entries import (
    NAMESPACE,
    Draft,
    EntryContext,
    Given,
    Hidden,
    is_mapping,
    merged,
)
from bitbucket_hooks.stack.files import written
from bitbucket_hooks.stack.plan import drafts, problems
from bitbucket_hooks.stack.secrecy import hidden
from bitbucket_hooks.stack.selection import Selection

_MOST: Final = 5


@frozen
class Stack:
    """A stack config."""

    name: str
    values: Mapping[str, Any]
    """Under our namespace's keys."""
    config: StackConfig
    contexts: Blind
    entries: tuple[tuple[str | None, Draft], ...]
    """Those there are, each with its account."""
    managed: frozenset[str] = frozenset()
    """The uuids of hooks that states have, its own or those of other stacks."""

    @property
    def workspace(self) -> str | None:
        """The workspace that the files name; that of a variable is not there in every run."""
        return self.contexts.own.values.get("workspace", "").lower() or None

    @property
    def settings(self) -> Settings:
        """The settings of the stack's own account, without credentials."""
        return self.contexts.settings(None)

    def context(self, kind: str) -> EntryContext:
        """What the rules of a new entry need to know."""
        return self.contexts.context(None, kind)

    def inherited(self, name: str) -> dict[str, Given]:
        """What an entry of a name has without saying so."""
        shared = self._mapping(SHARED).get(name)
        layers = (self._mapping(DEFAULTS), shared if is_mapping(shared) else {})
        return merged(("", layer) for layer in layers)

    @property
    def names(self) -> set[str]:
        """The names that entries have."""
        return {str(draft.values["name"]) for _, draft in self.entries}

    def _mapping(self, key: str) -> Mapping[str, Any]:
        value = self.values.get(key)
        return value if is_mapping(value) else {}


def open_stack(
    name: str, opened: Callable[[str], Mapping[str, Any]], managed: frozenset[str]
) -> Stack:
    """Read a stack config, through `opened` only where an entry's url is encrypted.

    `opened` gives all of it by its full keys, secrets in the clear; `managed` has the uuids that
    states have. Raises ConfigError.
    """
    values = {key: hidden(value) for key, value in written(name).items()}
    stack = _stack(name, values, values)
    if any(isinstance(draft.values["url"], Hidden) for _, draft in stack.entries):
        stack = _stack(name, values, {**values, **opened(name)})
    return evolve(stack, managed=managed)


def _stack(name: str, values: Mapping[str, Any], clear: Mapping[str, Any]) -> Stack:
    """The hooks are read from what is in the clear; the account without its credentials."""
    ours = of_namespace(NAMESPACE, clear)
    credentials = {f"{ACCOUNT}:{key}" for key in CREDENTIAL_KEYS}
    account = {
        key: value
        for key, value in values.items()
        if key not in credentials and not isinstance(value, Hidden)
    }
    config = read(ours)
    contexts = Blind(own_account(account), config)
    contexts.settings(None)
    entries = tuple(drafts(config, contexts.context))
    wrong = problems(config, entries)
    if wrong:
        more = f"\nand {len(wrong) - _MOST} more" if len(wrong) > _MOST else ""
        raise ConfigError(
            f"the stack config of {printable(name)} has mistakes:\n"
            + "\n".join(wrong[:_MOST])
            + more,
            f"Correct them first; `bitbucket-hooks check {printable(name)}` names them all.",
        )
    return Stack(name, ours, config, contexts, entries)


@define
class AlreadyDeclared:
    """The live hooks that the entries have, by uuid, and what can't be told of them."""

    uuids: set[str]
    doubts: list[str]


def declared(
    stack: Stack, listed: Listed, repositories: Sequence[Repository], addresses: Addresses
) -> AlreadyDeclared:
    """Find the live hooks that a stack's entries mean."""
    found = AlreadyDeclared(set(), [])
    workspace = next(iter(listed)).workspace
    claims = [
        (draft, subject)
        for _, draft in stack.entries
        if draft.values["owner"] == workspace
        for subject in _subjects(draft, workspace, repositories)
        if subject in listed
    ]
    for draft, subject in claims:
        if _names_one(draft):
            uuid = draft.values["adopt"]
            found.uuids |= {hook.uuid for hook in listed[subject] if hook.uuid == uuid}
    named = frozenset(found.uuids)
    for draft, subject in claims:
        if not _names_one(draft):
            free = [hook for hook in mine(listed[subject]) if hook.uuid not in named]
            _match(draft, subject, free, addresses, found)
    return found


def _match(
    draft: Draft,
    subject: Subject,
    hooks: Sequence[Live],
    addresses: Addresses,
    found: AlreadyDeclared,
) -> None:
    address, title = addresses.digest(draft.values["url"]), draft.values.get("description")
    wanted = None if title is None else canonical_text(title)
    meant = [
        hook
        for hook in hooks
        if hook.address == address and wanted in (None, canonical_text(hook.description or ""))
    ]
    found.uuids |= {hook.uuid for hook in meant}
    if len(meant) > 1:
        found.doubts.append(
            f'{where(subject)}: the entry "{draft.values["name"]}" matches {len(meant)} hooks, so '
            f"none of them is imported: {', '.join(hook.uuid for hook in meant)}; say which one "
            "with adopt, in an entry of that repository alone, or delete the others"
        )


def _names_one(draft: Draft) -> bool:
    return draft.values.get("adopt") not in (None, MATCH, NEVER)


def _subjects(
    draft: Draft, workspace: str, repositories: Sequence[Repository]
) -> Iterable[Subject]:
    if draft.values.get("workspace"):
        return [Subject(workspace)]
    slugs = Selection(draft).choose(repositories).slugs
    return [Subject(workspace, slug) for slug in slugs]
