"""Asks the API on behalf of each account: who, what is there, what is allowed, what it costs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Final

from attrs import define, evolve, field

from bitbucket_hooks.api.errors import ApiError
from bitbucket_hooks.api.repositories import Repository
from bitbucket_hooks.doctor import account as accounts
from bitbucket_hooks.doctor import limits, machine, stack
from bitbucket_hooks.doctor.account import Needs, Talk, open_talk
from bitbucket_hooks.doctor.case import Case, ConfiguredAccount
from bitbucket_hooks.doctor.findings import (
    LET_IN,
    CheckSection,
    Finding,
    error,
    guarded,
    note,
    unknown,
)
from bitbucket_hooks.doctor.scopes import READ
from bitbucket_hooks.model.globs import is_glob
from bitbucket_hooks.model.subject import Subject
from bitbucket_hooks.model.urls import comparable
from bitbucket_hooks.stack.accounts import Account, Accounts
from bitbucket_hooks.stack.config import StackConfig, own_account
from bitbucket_hooks.stack.entries import Draft, Hidden, HookEntry
from bitbucket_hooks.stack.plan import Declaration, plan

_MOST_PLACES: Final = 10
"""At which live hooks are looked at for what no declaration tells: a request each."""


@define
class Calls:
    """All conversations that a stack's accounts have with their APIs."""

    case: Case
    accounts: list[ConfiguredAccount]
    notify: Callable[[str], None]
    listed: dict[tuple[str, str], Sequence[Repository]] = field(factory=dict, init=False)
    """The repositories of the workspaces that were listed, by address and workspace."""
    _talks: dict[str | None, Talk] = field(factory=dict, init=False)
    _greetings: dict[str | None, list[Finding]] = field(factory=dict, init=False)
    _declarations: list[Declaration] | None = field(default=None, init=False)
    _looking: dict[str | None, int] = field(factory=dict, init=False)
    _warned: list[str] = field(factory=list, init=False)

    def greet(self) -> None:
        """Call each API."""
        for account in self.accounts:
            self.notify(f"asking the API{f' for {account.name}' if account.name else ''}")
            self._greetings[account.name] = guarded("identity", partial(self._greet, account))

    def _greet(self, account: ConfiguredAccount) -> Iterator[Finding]:
        if account.settings is None:
            return
        sandbox = account.settings.sandbox
        if sandbox is not None and not sandbox.parent.is_dir():
            what = f"the sandbox {sandbox} can't be made: its folder isn't there"
            yield error("identity", what, "Name a file in a folder that is there.")
        elif sandbox is not None and not sandbox.exists():
            yield note("identity", "the sandbox isn't there yet: the first run makes it")
        else:
            talk = self._talks[account.name] = open_talk(account, account.settings, self.notify)
            yield from accounts.greet(talk)

    def close(self) -> None:
        """Hang up everywhere."""
        for talk in self._talks.values():
            talk.close()

    def repositories(self) -> list[Finding]:
        """Whether what the stack's hooks name is there, where the API answers."""
        config, checked = self.case.config, self.case.checked
        if checked is None or checked.problems or not config.entries:
            return []
        answering = {name for name, talk in self._talks.items() if talk.answers}
        entries = tuple(entry for entry in config.entries if entry.account in answering)
        if not entries:
            what = "not looked at: no API has let these accounts in"
            return [unknown("repositories", what, LET_IN)]
        self.notify("looking for the repositories")
        asked = evolve(config, entries=entries)
        return guarded(
            "repositories", lambda: stack.online(lambda: self._plan(asked), self._warned)
        )

    def _plan(self, config: StackConfig) -> None:
        by_settings = {talk.account.settings: talk for talk in self._talks.values()}
        opened = Accounts(
            own_account(self.case.values),
            config,
            lambda settings: by_settings[settings].client,
            self._warned.append,
            self.notify,
        )
        before = self._counts()
        try:
            self._declarations = plan(config, opened)
        finally:
            after = self._counts()
            self._looking = {name: after[name] - before[name] for name in after}
        for declaration in self._declarations:
            if declaration.slugs:
                self._remember(declaration.entry, opened.get(declaration.entry.account))

    def _counts(self) -> dict[str | None, int]:
        return {name: talk.observer.answers for name, talk in self._talks.items()}

    def _remember(self, entry: HookEntry, opened: Account) -> None:
        """Keep the listing of a whole workspace, which costs nothing a second time."""
        talk, owner = self._talks[entry.account], str(entry.owner)
        if entry.project is not None:
            talk.prove(READ)  # the plan wouldn't have come so far
            return
        with suppress(ApiError):  # plain names do without
            listed = talk.ask(READ, partial(opened.listed, owner, None))
            self.listed[opened.settings.api_url, owner] = listed

    def live_secrets(self) -> dict[str, bool]:
        """Of hooks that declare no secret, by name, whether the live ones have one.

        As the API tells on the first place of each; on so many places at most, so not of all.
        """
        found: dict[str, bool] = {}
        places: set[Subject] = set()
        for declaration in self._declarations or ():
            entry, place = declaration.entry, next(iter(_places(declaration)), None)
            is_open = not {"secret", "secret_from"} & entry.arguments.keys() and not isinstance(
                entry.url, Hidden
            )
            if place is None or not is_open or len(places | {place}) > _MOST_PLACES:
                continue
            places.add(place)
            with suppress(ApiError):
                found[entry.name] = any(
                    hook.secret_set and comparable(hook.url) == comparable(entry.url)
                    for hook in self._talks[entry.account].hooks_on(place)
                )
        return found

    def sections(self) -> Iterator[CheckSection]:
        """What there is to say of each account."""
        for account in self.accounts:
            about = account.name or ""
            yield CheckSection("account", about, tuple(self._account(account)))
            talk = self._talks.get(account.name)
            if talk is not None and talk.answers:
                yield CheckSection("rate limit", about, tuple(self._limits(talk)))

    def _account(self, account: ConfiguredAccount) -> Iterator[Finding]:
        yield from guarded("credentials", lambda: accounts.credentials(account))
        yield from self._greetings[account.name]
        talk = self._talks.get(account.name)
        if talk is None:
            return
        needs = self._needs(account.name)
        if talk.answers:
            self.notify("looking at the account's rights")
            check = accounts.access if self.case.checked else accounts.alone
            yield from guarded("access", lambda: check(talk, needs))
        yield from guarded("scopes", lambda: accounts.scopes(talk, needs))
        yield from guarded("expiry", lambda: accounts.expiry(talk))

    def _limits(self, talk: Talk) -> Iterator[Finding]:
        yield from guarded("pace", lambda: limits.pace(talk))
        if self._declarations is not None:
            yield from guarded("requests", lambda: limits.fits(self._cost(talk), talk))
        elif self._drafts():
            what = "not counted: it isn't known which repositories are meant"
            yield unknown("requests", what, "Mend first what is said of the repositories.")

    def _cost(self, talk: Talk) -> limits.Cost:
        name = talk.account.name
        mine = [
            declaration
            for declaration in self._declarations or ()
            if declaration.entry.account == name
        ]
        copies = [place for declaration in mine for place in _places(declaration)]
        return limits.Cost(self._looking.get(name, 0), len(set(copies)), len(copies))

    def _needs(self, name: str | None) -> Needs:
        drafts = [draft for draft in self._drafts() if draft.values.get("account") == name]
        if self._declarations is not None:
            mine = (
                declaration
                for declaration in self._declarations
                if declaration.entry.account == name
            )
            places = (
                place for declaration in mine for place in _places(declaration) if place.repository
            )
        else:
            places = (place for draft in drafts for place in _named(draft.values))
        return Needs(tuple(drafts), tuple(dict.fromkeys(places)))

    def _drafts(self) -> tuple[Draft, ...]:
        return self.case.checked.drafts if self.case.checked else ()

    def network(self) -> Iterator[Finding]:
        """The way to each API, once for each address."""
        apis = {
            settings.api_url: settings
            for settings in (account.settings for account in self.accounts)
            if settings
        }
        for url, settings in apis.items():
            yield from guarded("api", partial(machine.address, settings))
            yield from guarded("proxy", partial(machine.proxy, settings))
            yield from guarded("tls", partial(machine.authorities, settings))
            yield from guarded("clock", partial(machine.clock, self._ahead(url), settings))

    def _ahead(self, api_url: str) -> float | None:
        offsets = [
            talk.observer.ahead
            for talk in self._talks.values()
            if talk.account.api_url == api_url and talk.observer.ahead is not None
        ]
        return min(offsets, key=abs, default=None)


def _places(declaration: Declaration) -> Iterable[Subject]:
    owner = str(declaration.entry.owner)
    return (
        [Subject(owner)]
        if declaration.entry.workspace
        else [Subject(owner, s) for s in declaration.slugs]
    )


def _named(values: Mapping[str, object]) -> Iterable[Subject]:
    """The repositories that an entry names without a glob."""
    named = values.get("repositories")
    slugs = named if isinstance(named, (list, tuple)) and "owner" in values else ()
    return [Subject(str(values["owner"]), slug) for slug in slugs if not is_glob(slug)]
