"""What the stack's hooks come to: whether their repositories exist, what they need and cost."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Final

from attrs import define, evolve, field

from bitbucket_hooks.api.errors import ApiError
from bitbucket_hooks.api.repositories import Repository
from bitbucket_hooks.doctor.account import Needs
from bitbucket_hooks.doctor.configuration import Configuration
from bitbucket_hooks.doctor.connection import Connection
from bitbucket_hooks.doctor.findings import LET_IN, Finding, error, first, ok, unknown, warning
from bitbucket_hooks.doctor.limits import REFRESH
from bitbucket_hooks.doctor.scopes import READ
from bitbucket_hooks.model.errors import ConfigError
from bitbucket_hooks.model.globs import is_glob
from bitbucket_hooks.model.subject import Subject
from bitbucket_hooks.model.urls import comparable
from bitbucket_hooks.stack.accounts import Accounts
from bitbucket_hooks.stack.config import StackConfig
from bitbucket_hooks.stack.entries import Declaration, Draft
from bitbucket_hooks.stack.files import Hidden
from bitbucket_hooks.stack.offline import Checked
from bitbucket_hooks.stack.plan import plan

_MOST_PLACES: Final = 10
"""At which live hooks are looked at for what no declaration tells: a request each."""

Listed = dict[tuple[str, str], Sequence[Repository]]
"""The repositories of workspaces that were listed, by the API's address and the workspace."""


@define
class PlannedHooks:
    """The stack's hooks as they are to be, as far as the accounts' APIs answer."""

    configuration: Configuration
    connections: Mapping[str | None, Connection]
    notify: Callable[[str], None]
    listed: Listed = field(factory=dict, init=False)
    _declarations: list[Declaration] | None = field(default=None, init=False)
    _planning: dict[str | None, int] = field(factory=dict, init=False)
    """How many requests of each account it took to find out what the entries mean."""

    def repositories(self, checked: Checked) -> Iterator[Finding]:
        """Whether the repositories, projects and events that the hooks name are there."""
        config = self.configuration.declared
        if checked.problems or not config.entries:
            return
        entries = tuple(
            entry
            for entry in config.entries
            if (connection := self.connections.get(entry.account)) and connection.accepted
        )
        if not entries:
            what = "not looked at: no API has let these accounts in"
            yield unknown("repositories", what, LET_IN)
            return
        self.notify("looking for the repositories")
        warnings: list[str] = []
        try:
            self._plan(evolve(config, entries=entries), warnings.append)
        except ConfigError as failed:
            yield error(
                "repositories",
                "what the hooks name isn't all there",
                "Correct the stack config as it says.",
                first(str(failed).splitlines()),
            )
            return
        yield ok("repositories", "everything that the hooks name is there")
        if warnings:
            yield warning(
                "repositories",
                "perhaps not all as meant",
                "Correct what it says, unless it is meant.",
                first(warnings),
            )

    def _plan(self, config: StackConfig, warn: Callable[[str], None]) -> None:
        clients = {found.settings: found.client for found in self.connections.values()}
        accounts = Accounts(config, clients.__getitem__, warn, self.notify)
        before = {name: found.answers for name, found in self.connections.items()}
        self._declarations = plan(config, accounts)
        self._planning = {
            name: found.answers - before[name] for name, found in self.connections.items()
        }
        for declared in [found for found in self._declarations if found.slugs]:
            connection, account = self.connections[declared.account], accounts.get(declared.account)
            if declared.project is not None:
                connection.scopes.prove(READ)  # the plan wouldn't have come so far
                continue
            owner = declared.owner
            with suppress(ApiError):  # plain names do without
                # kept by the account: it costs nothing a second time
                listed = connection.ask(READ, partial(account.listed, owner, None))
                self.listed[account.settings.api_url, owner] = listed

    def live_secrets(self) -> dict[str, bool]:
        """Of hooks that declare no secret, by name, whether the live ones have one.

        As the API tells on the first place of each; on so many places at most, so not of all.
        """
        found: dict[str, bool] = {}
        looked_at: set[Subject] = set()
        for declaration in self._declarations or ():
            subject = next(iter(_subjects(declaration)), None)
            has_secret = {"secret", "secret_from"} & declaration.arguments.keys()
            if subject is None or has_secret or isinstance(declaration.url, Hidden):
                continue
            if len(looked_at | {subject}) > _MOST_PLACES:
                continue
            looked_at.add(subject)
            with suppress(ApiError):
                found[declaration.name] = any(
                    hook.secret_set and comparable(hook.url) == comparable(declaration.url)
                    for hook in self.connections[declaration.account].hooks_on(subject)
                )
        return found

    def needs(self, account: str | None) -> Needs | None:
        """What the hooks of an account ask of it; None: there is no stack."""
        if self.configuration.checked is None:
            return None
        drafts = [draft for draft in self.configuration.drafts if draft.account == account]
        if self._declarations is None:
            subjects = [subject for draft in drafts for subject in named_subjects(draft)]
        else:
            subjects = self._subjects_of(account)
        events = {event for draft in drafts for event in draft.values.get("events", ())}
        return Needs(frozenset(events), tuple(dict.fromkeys(subjects)))

    def costs(self, account: str | None) -> Mapping[str, int] | None:
        """How many requests each kind of run takes, where no repository has over 100 hooks.

        None: it isn't known, as nobody could tell which repositories are meant.
        """
        if self._declarations is None:
            return None if self.configuration.drafts else {}
        copies = self._subjects_of(account)
        planning = self._planning[account]
        refresh = planning + len(set(copies))
        return {"preview": planning, REFRESH: refresh, "first up": refresh + len(copies)}

    def _subjects_of(self, account: str | None) -> list[Subject]:
        return [
            subject
            for declaration in self._declarations or ()
            if declaration.account == account
            for subject in _subjects(declaration)
        ]


def _subjects(declaration: Declaration) -> list[Subject]:
    owner = declaration.owner
    if declaration.workspace:
        return [Subject(owner)]
    return [Subject(owner, slug) for slug in declaration.slugs]


def named_subjects(draft: Draft) -> list[Subject]:
    """Where an entry puts its hooks, as far as it says without a glob or a project."""
    values = draft.values
    if "owner" not in values:
        return []
    owner, named = str(values["owner"]), values.get("repositories", ())
    if values.get("workspace"):
        return [Subject(owner)]
    return [Subject(owner, slug) for slug in named if not is_glob(slug)]
