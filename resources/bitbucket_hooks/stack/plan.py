"""What a stack config comes to: each entry with the repositories that it means."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from attrs import define, field

from bitbucket_hooks.api.errors import NotFound, PermissionRefused, ScopeMissing
from bitbucket_hooks.filesystem.secret_source import read_secret
from bitbucket_hooks.model.errors import ConfigError, HooksError, RemoteError, printable
from bitbucket_hooks.model.settings import mistakes
from bitbucket_hooks.model.wording import did_you_mean
from bitbucket_hooks.stack.accounts import Accounts, offline_context
from bitbucket_hooks.stack.config import ACCOUNTS, StackConfig
from bitbucket_hooks.stack.entries import NAMESPACE, Declaration, Draft, EntryContext
from bitbucket_hooks.stack.entries import draft as draft_of
from bitbucket_hooks.stack.selection import (
    Selection,
    named_in,
    needs_listing,
    same_hooks,
    selects,
)

_NO_ACCESS: Final = (NotFound, PermissionRefused, ScopeMissing)


def plan(config: StackConfig, accounts: Accounts) -> list[Declaration]:
    """Find out what each entry means.

    Raises ConfigError with every mistake at once, and ApiError when a workspace can't be listed.
    """
    unusable = mistakes(*config.layers_of(None))
    if unusable:  # nobody can be asked: what the text alone tells
        raise ConfigError("\n".join([*unusable, *problems(config, offline_drafts(config))]))
    drafts = _drafts(config, accounts.context)
    selections = _Selections(accounts)
    selections.choose_all(drafts)
    chosen = {draft.path: selections.made.get(draft.path, Selection(draft)) for draft in drafts}
    found = [
        *problems(config, drafts, lambda draft: chosen[draft.path].problems),
        *same_hooks((draft, chosen[draft.path].slugs) for draft in drafts),
    ]
    if found:
        failed = map(str, selections.failures.values())
        raise ConfigError("\n".join([*found, *_missing_secrets(drafts), *dict.fromkeys(failed)]))
    selections.raise_failures()
    for warning in (text for selection in chosen.values() for text in selection.warnings):
        accounts.warn(warning)
    return [draft.declaration(tuple(chosen[draft.path].slugs)) for draft in drafts]


def check_offline(config: StackConfig) -> tuple[list[Draft], list[str]]:
    """The entries, and everything that is wrong with a config as far as its text tells."""
    drafts = offline_drafts(config)
    return drafts, [
        *mistakes(*config.layers_of(None)),
        *problems(config, drafts),
        *same_hooks((draft, named_in(draft)) for draft in drafts),
    ]


def offline_drafts(config: StackConfig) -> list[Draft]:
    """Read the entries without asking a server."""
    return _drafts(config, lambda account, _: offline_context(config, account))


def _drafts(
    config: StackConfig, context_of: Callable[[str | None, str], EntryContext]
) -> list[Draft]:
    return [draft_of(entry, context_of(entry.account, entry.kind)) for entry in config.entries]


def problems(
    config: StackConfig,
    drafts: Iterable[Draft],
    more: Callable[[Draft], Iterable[str]] = lambda _: (),
) -> list[str]:
    """Everything that is wrong, each once; `more` tells what only the workspace shows."""
    found = [*config.problems, *_unknown_accounts(config)]
    for draft in drafts:
        found += [*draft.problems, *more(draft)]
    return list(dict.fromkeys(found))


def _unknown_accounts(config: StackConfig) -> Iterable[str]:
    for written in config.entries:
        name = written.account
        if name is not None and name not in config.account_names:
            near = did_you_mean(name, config.account_names)
            remedy = near or f"; declare it under {NAMESPACE}:{ACCOUNTS}"
            path = written.given["account"].path
            yield f'{path}: there is no account "{printable(name, 60)}"{remedy}'


def _missing_secrets(drafts: Iterable[Draft]) -> Iterable[str]:
    """Messages of secrets that aren't where entries say, beside other mistakes.

    These alone keep nothing back: the provider looks for those of the resources that a run is for.
    """
    found: dict[str, None] = {}
    for draft in drafts:
        source = None if "secret" in draft.values else draft.values.get("secretFrom")
        try:
            if source is not None:
                read_secret(source, draft.paths["secretFrom"])
        except ConfigError as error:
            found[error.in_a_line] = None
    return found


@define
class _Selections:
    """The repositories of every entry whose own part of that is in order."""

    accounts: Accounts
    made: dict[str, Selection] = field(factory=dict)
    """By the path of the entry."""
    failures: dict[tuple[str | None, str], HooksError] = field(factory=dict)
    """Why an account couldn't list a workspace."""

    def choose_all(self, drafts: Sequence[Draft]) -> None:
        """Choose in each workspace that an account is to look at."""
        known = (None, *self.accounts.config.accounts)
        places: dict[tuple[str | None, str], list[Draft]] = {}
        for draft in drafts:
            if selects(draft) and draft.account in known:
                places.setdefault((draft.account, draft.values["owner"]), []).append(draft)
        for (name, owner), here in places.items():
            try:
                self._choose(name, owner, here)
            except _NO_ACCESS as error:
                if any(map(needs_listing, here)):
                    self.failures[name, owner] = error
                    continue
                self.accounts.warn(f"not checked whether the repositories exist: {error.in_a_line}")
                self.made |= {draft.path: Selection(draft, named_in(draft)) for draft in here}
            except HooksError as error:
                self.failures[name, owner] = error

    def _choose(self, name: str | None, owner: str, drafts: Sequence[Draft]) -> None:
        """Choose in one workspace: it is listed once, or once for each project if all name one."""
        account = self.accounts.get(name)
        projects = [draft.values.get("project") for draft in drafts]
        whole = None in projects
        for draft, project in zip(drafts, projects, strict=True):
            listed = account.listed(owner, None if whole else project)
            selection = Selection(draft).choose(listed)
            if selection.problems and not whole:  # only the whole tells what may be meant
                selection = Selection(draft).choose(account.listed(owner, None))
            self.made[draft.path] = selection

    def raise_failures(self) -> None:
        """Raise what kept workspaces from being listed, if anything did."""
        errors = list(self.failures.values())
        messages = list(dict.fromkeys(map(str, errors)))
        if len(messages) > 1:
            remote = any(error.exit_code == RemoteError.exit_code for error in errors)
            raise (RemoteError if remote else ConfigError)("\n".join(messages))
        if errors:
            raise errors[0]
