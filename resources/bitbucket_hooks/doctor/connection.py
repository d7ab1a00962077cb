"""One account's connection to its API, and what answers tell beside what was asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timezone
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any, Final, TypeVar

import requests
from attrs import define, evolve, field

from bitbucket_hooks.api.auth import Grant
from bitbucket_hooks.api.client import Client
from bitbucket_hooks.api.errors import ScopeMissing
from bitbucket_hooks.api.hooks import HookApi
from bitbucket_hooks.connect import open_client
from bitbucket_hooks.doctor.configuration import ConfiguredAccount
from bitbucket_hooks.doctor.scopes import LIST, ScopedAction, Scopes
from bitbucket_hooks.model.credentials import ApiToken
from bitbucket_hooks.model.errors import printable
from bitbucket_hooks.model.settings import Settings
from bitbucket_hooks.model.subject import Subject
from bitbucket_hooks.model.webhook import Observed

PATIENCE: Final = 10.0
"""Seconds for which a call is repeated, or held back by a rate limit: a doctor's time is short."""

T = TypeVar("T")


@define
class Connection:
    """An account that talks to its API, and hears every answer."""

    account: ConfiguredAccount
    settings: Settings
    client: Client
    accepted: bool = False
    """Whether the API answers, and takes the credentials."""
    grant: Grant | None = field(default=None, repr=False)
    """The token of an OAuth consumer."""
    answers: int = 0
    limit: int | None = None
    """Requests an hour, from `X-RateLimit-Limit`: it comes with access tokens only."""
    limit_is_near: bool = False
    """From `X-RateLimit-NearLimit`."""
    clock_ahead: float | None = None
    """Seconds by which the clock here is ahead of the service's, as far as whole seconds tell."""
    scopes: Scopes = field(init=False)
    _hooks: dict[Subject, Sequence[Observed]] = field(factory=dict, init=False, repr=False)

    @scopes.default
    def _(self) -> Scopes:
        return Scopes(isinstance(self.client.auth.credentials, ApiToken))

    @classmethod
    def open(
        cls, account: ConfiguredAccount, settings: Settings, notify: Callable[[str], None]
    ) -> Connection:
        """Make the client of an account, one that gives up soon."""
        client = open_client(evolve(settings, max_wait=PATIENCE), notify)
        client.sender.patience = PATIENCE
        connection = cls(account, settings, client)
        client.sender.session.hooks["response"].append(connection._hear)
        return connection

    def _hear(self, response: requests.Response, **_: Any) -> None:
        self.answers += 1
        headers = response.headers
        limit = headers.get("X-RateLimit-Limit", "")
        if limit.isascii() and limit.isdigit():
            self.limit = int(limit[:9])
        if headers.get("X-RateLimit-NearLimit", "").lower() == "true":
            self.limit_is_near = True
        if scopes := headers.get("X-OAuth-Scopes", "").replace(",", " ").split():
            self.scopes.granted = frozenset(printable(scope, 80) for scope in scopes)
        try:
            time = parsedate_to_datetime(headers.get("Date", ""))
        except (TypeError, ValueError, OverflowError):
            return
        there = time.replace(tzinfo=time.tzinfo or timezone.utc)
        ahead = (self.client.sender.clock.wall() - there).total_seconds()
        if self.clock_ahead is None or abs(ahead) < abs(self.clock_ahead):
            self.clock_ahead = ahead

    def ask(self, action: ScopedAction | None, request: Callable[[], T]) -> T:
        """Ask something; an answer proves the scope of the action. Raises ApiError."""
        try:
            answer = request()
        except ScopeMissing as missing:
            self.scopes.granted = self.scopes.granted or frozenset(missing.granted)
            raise
        if action is not None:
            self.scopes.prove(action)
        return answer

    def hooks_on(self, subject: Subject) -> Sequence[Observed]:
        """The hooks of a repository or of a workspace, listed once. Raises ApiError."""
        if subject not in self._hooks:
            api = HookApi(lambda: self.client)
            self._hooks[subject] = self.ask(LIST, partial(api.listing, subject)).hooks
        return self._hooks[subject]
