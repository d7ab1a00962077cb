"""What a stack config comes to: each entry with the repositories that it means."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from attrs import define, field, frozen

from bitbucket_hooks.api.errors import NotFound, PermissionRefused, ScopeMissing
from bitbucket_hooks.model.errors import ConfigError, HooksError, RemoteError, printable
from bitbucket_hooks.model.secret_source import read_secret
from bitbucket_hooks.stack.accounts import Accounts
from bitbucket_hooks.stack.config import ACCOUNTS, StackConfig
from bitbucket_hooks.stack.contexts import Blind
from bitbucket_hooks.stack.doubles import doubled
from bitbucket_hooks.stack.entries import NAMESPACE, Draft, EntryContext, HookEntry
from bitbucket_hooks.stack.entries import draft as draft_of
from bitbucket_hooks.stack.selection import Selection, did_you_mean, needs_listing

_NO_ACCESS: Final = (NotFound, PermissionRefused, ScopeMissing)


@frozen
class Declaration:
    """An entry, and the slugs of its repositories; empty for a hook of the workspace."""

    entry: HookEntry
    slugs: tuple[str, ...]
    url_path: str
    """Where the url was written, which tells whether it was given as a secret."""


def plan(config: StackConfig, accounts: Accounts) -> list[Declaration]:
    """Find out what each entry means.

    Raises ConfigError with every mistake at once, and ApiError when a workspace can't be listed.
    """
    unusable = accounts.mistakes()
    if unusable:  # nobody can be asked: what the text alone tells
        blind = drafts(config, Blind(accounts.own, config).context)
        raise ConfigError("\n".join([*unusable, *problems(config, blind)]))
    entries = drafts(config, lambda account, kind: accounts.get(account).context(kind))
    chosen = _Choice(accounts)
    chosen.choose_all(entries)
    found = [
        *problems(config, entries, chosen.problems),
        *doubled((account, draft, chosen.slugs(draft)) for account, draft in entries),
    ]
    if found:
        raise ConfigError("\n".join([*found, *_no_secrets(entries), *chosen.failure_messages()]))
    chosen.give_up()
    chosen.warn()
    return [
        Declaration(draft.entry(), chosen.slugs(draft), draft.paths["url"]) for _, draft in entries
    ]


def drafts(
    config: StackConfig, context_of: Callable[[str | None, str], EntryContext]
) -> list[tuple[str | None, Draft]]:
    """Read the entries, each with its account; `context_of` takes an account and a kind."""
    return [
        (
            written.account,
            draft_of(
                written.path,
                written.given,
                context_of(
                    written.account if written.account in config.accounts else None, written.kind
                ),
            ),
        )
        for written in config.entries
    ]


def problems(
    config: StackConfig,
    entries: Iterable[tuple[str | None, Draft]],
    more: Callable[[Draft], Iterable[str]] = lambda _: (),
) -> list[str]:
    """Everything that is wrong, each once; `more` tells what only the workspace shows."""
    found = [*config.problems, *_unknown_accounts(config)]
    for _, draft in entries:
        found += [*draft.problems, *more(draft)]
    return list(dict.fromkeys(found))


def _no_secrets(entries: Iterable[tuple[str | None, Draft]]) -> list[str]:
    """Tell of secrets that aren't where entries say, beside other mistakes.

    These alone keep nothing back: the provider looks for those of the resources that a run is for.
    """
    found: list[str] = []
    for _, draft in entries:
        source = None if "secret" in draft.values else draft.values.get("secretFrom")
        try:
            if source is not None:
                read_secret(source, draft.paths["secretFrom"])
        except ConfigError as error:
            found.append(error.in_a_line)
    return list(dict.fromkeys(found))


def _unknown_accounts(config: StackConfig) -> Iterable[str]:
    for written in config.entries:
        name = written.account
        if name is not None and name not in config.account_names:
            near = did_you_mean(name, config.account_names)
            remedy = near or f"; declare it under {NAMESPACE}:{ACCOUNTS}"
            path = written.given["account"].path
            yield f'{path}: there is no account "{printable(name, 60)}"{remedy}'


@define
class _Choice:
    """The repositories of every entry whose own part of that is in order."""

    accounts: Accounts
    made: dict[str, Selection] = field(factory=dict)
    failures: dict[tuple[str | None, str], HooksError] = field(factory=dict)
    """Why an account couldn't list a workspace."""

    def choose_all(self, drafts: Sequence[tuple[str | None, Draft]]) -> None:
        """Choose in each workspace that an account is to look at."""
        usable = [
            (name, draft)
            for name, draft in drafts
            if _selects(draft) and (name is None or name in self.accounts.config.accounts)
        ]
        for place in dict.fromkeys((name, draft.values["owner"]) for name, draft in usable):
            here = [draft for name, draft in usable if (name, draft.values["owner"]) == place]
            self._choose(*place, here)

    def _choose(self, name: str | None, owner: str, drafts: Sequence[Draft]) -> None:
        """Choose in one workspace: it is listed once, or once for each project if all name one."""
        account = self.accounts.get(name)
        projects = [draft.values.get("project") for draft in drafts]
        whole = None in projects
        try:
            for draft, project in zip(drafts, projects, strict=True):
                selection = Selection(draft).choose(
                    account.listed(owner, None if whole else project)
                )
                if selection.problems and not whole:  # only the whole tells what may be meant
                    selection = Selection(draft).choose(account.listed(owner, None))
                self.made[draft.path] = selection
        except _NO_ACCESS as error:
            if any(map(needs_listing, drafts)):
                self.failures[name, owner] = error
                return
            self.accounts.warn(f"not checked whether the repositories exist: {error.in_a_line}")
            self.made |= {draft.path: Selection(draft).literal() for draft in drafts}
        except HooksError as error:
            self.failures[name, owner] = error

    def failure_messages(self) -> list[str]:
        """What couldn't be listed, and why, each once."""
        return list(dict.fromkeys(map(str, self.failures.values())))

    def give_up(self) -> None:
        """Raise what kept workspaces from being listed, if anything did."""
        errors = list(self.failures.values())
        if len(self.failure_messages()) > 1:
            remote = any(error.exit_code == RemoteError.exit_code for error in errors)
            raise (RemoteError if remote else ConfigError)("\n".join(self.failure_messages()))
        if errors:
            raise errors[0]

    def problems(self, draft: Draft) -> list[str]:
        """What is wrong with an entry's choice."""
        return self.made[draft.path].problems if draft.path in self.made else []

    def slugs(self, draft: Draft) -> tuple[str, ...]:
        """The repositories of an entry."""
        return tuple(self.made[draft.path].slugs) if draft.path in self.made else ()

    def warn(self) -> None:
        """Tell what may be wrong."""
        for selection in self.made.values():
            for warning in selection.warnings:
                self.accounts.warn(warning)


def _selects(draft: Draft) -> bool:
    """Whether an entry is on repositories, and tells which."""
    keys = ("owner", "repositories", "exclude", "project", "strict")
    readable = all(key in draft.values for key in keys if key in draft.paths)
    named = "repositories" in draft.values or "project" in draft.values
    return readable and named and "owner" in draft.values and not draft.values.get("workspace")
