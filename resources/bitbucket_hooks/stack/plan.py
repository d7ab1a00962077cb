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
from bitbucket_hooks.stack.entries import NAMESPACE, Draft, EntryContext, HookEntry, draft
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
        blind = drafts(config, Blind(accounts.own, config).of)
        raise ConfigError("\n".join([*unusable, *problems(config, blind)]))
    entries = drafts(config, lambda account, kind: accounts.of(account).context(kind))
    chosen = _Choice(accounts)
    chosen.choose_all(entries)
    found = [
        *problems(config, entries, chosen.problems),
        *doubled((account, one, chosen.slugs(one)) for account, one in entries),
    ]
    if found:
        raise ConfigError("\n".join([*found, *_no_secrets(entries), *chosen.told()]))
    chosen.give_up()
    chosen.warn()
    return [Declaration(one.entry(), chosen.slugs(one), one.paths["url"]) for _, one in entries]


def drafts(
    config: StackConfig, context_of: Callable[[str | None, str], EntryContext]
) -> list[tuple[str | None, Draft]]:
    """Read the entries, each with its account; `context_of` takes an account and a kind."""
    return [
        (
            written.account,
            draft(
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
    for _, one in entries:
        found += [*one.problems, *more(one)]
    return list(dict.fromkeys(found))


def _no_secrets(entries: Iterable[tuple[str | None, Draft]]) -> list[str]:
    """Tell of secrets that aren't where entries say, beside other mistakes.

    These alone keep nothing back: the provider looks for those of the resources that a run is for.
    """
    told: list[str] = []
    for _, one in entries:
        source = None if "secret" in one.values else one.values.get("secretFrom")
        try:
            if source is not None:
                read_secret(source, one.paths["secretFrom"])
        except ConfigError as error:
            told.append(error.in_a_line)
    return list(dict.fromkeys(told))


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
            (name, one)
            for name, one in drafts
            if _selects(one) and (name is None or name in self.accounts.config.accounts)
        ]
        for place in dict.fromkeys((name, one.values["owner"]) for name, one in usable):
            here = [one for name, one in usable if (name, one.values["owner"]) == place]
            self._choose(*place, here)

    def _choose(self, name: str | None, owner: str, drafts: Sequence[Draft]) -> None:
        """Choose in one workspace: it is listed once, or once for each project if all name one."""
        account = self.accounts.of(name)
        projects = [one.values.get("project") for one in drafts]
        whole = None in projects
        try:
            for one, project in zip(drafts, projects, strict=True):
                selection = Selection(one).choose(account.listed(owner, None if whole else project))
                if selection.problems and not whole:  # only the whole tells what may be meant
                    selection = Selection(one).choose(account.listed(owner, None))
                self.made[one.path] = selection
        except _NO_ACCESS as error:
            if any(map(needs_listing, drafts)):
                self.failures[name, owner] = error
                return
            self.accounts.warn(f"not checked whether the repositories exist: {error.in_a_line}")
            self.made |= {one.path: Selection(one).literal() for one in drafts}
        except HooksError as error:
            self.failures[name, owner] = error

    def told(self) -> list[str]:
        """What couldn't be listed, and why, each once."""
        return list(dict.fromkeys(map(str, self.failures.values())))

    def give_up(self) -> None:
        """Raise what kept workspaces from being listed, if anything did."""
        errors = list(self.failures.values())
        if len(self.told()) > 1:
            remote = any(error.exit_code == RemoteError.exit_code for error in errors)
            raise (RemoteError if remote else ConfigError)("\n".join(self.told()))
        if errors:
            raise errors[0]

    def problems(self, one: Draft) -> list[str]:
        """What is wrong with an entry's choice."""
        return self.made[one.path].problems if one.path in self.made else []

    def slugs(self, one: Draft) -> tuple[str, ...]:
        """The repositories of an entry."""
        return tuple(self.made[one.path].slugs) if one.path in self.made else ()

    def warn(self) -> None:
        """Tell what may be wrong."""
        for selection in self.made.values():
            for warning in selection.warnings:
                self.accounts.warn(warning)


def _selects(one: Draft) -> bool:
    """Whether an entry is on repositories, and tells which."""
    keys = ("owner", "repositories", "exclude", "project", "strict")
    readable = all(key in one.values for key in keys if key in one.paths)
    named = "repositories" in one.values or "project" in one.values
    return readable and named and "owner" in one.values and not one.values.get("workspace")
