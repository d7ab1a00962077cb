"""Who speaks to Bitbucket, whether it answers, and what it lets them do."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, Final
from urllib.parse import quote

from attrs import define, evolve, field, frozen

from bitbucket_hooks.api.client import Client
from bitbucket_hooks.api.clock import Clock
from bitbucket_hooks.api.errors import (
    ApiError,
    AuthenticationFailed,
    NotFound,
    PermissionRefused,
    RateLimited,
    Refused,
    ScopeMissing,
)
from bitbucket_hooks.api.hooks import HookApi
from bitbucket_hooks.api.oauth import Grant, TokenClient
from bitbucket_hooks.connect import identity, open_client
from bitbucket_hooks.doctor.case import ConfiguredAccount
from bitbucket_hooks.doctor.findings import (
    LET_IN,
    Finding,
    error,
    failure,
    note,
    ok,
    unknown,
    warning,
)
from bitbucket_hooks.doctor.observing import Observer
from bitbucket_hooks.doctor.scopes import LIST, READ, ScopedAction, Scopes, actions
from bitbucket_hooks.model.credentials import (
    AccessToken,
    Anonymous,
    ApiToken,
    Credentials,
    OAuthConsumer,
    misplaced,
)
from bitbucket_hooks.model.errors import HooksError, printable
from bitbucket_hooks.model.settings import Settings
from bitbucket_hooks.model.subject import Subject
from bitbucket_hooks.model.webhook import Observed
from bitbucket_hooks.stack.entries import Draft

PATIENCE: Final = 10.0
"""Seconds for which a call is repeated, or held back by a rate limit: a doctor's time is short."""

_MINUTE: Final = 60.0
_HOUR: Final = 3600.0
_ONE: Final = {"pagelen": "1"}
_API_TOKENS: Final = "https://id.atlassian.com/manage-profile/security/api-tokens"
_CREDENTIALS: Final = (
    "Set bitbucket:oauthToken, or bitbucket:username (Atlassian email) and bitbucket:password "
    "(API token), in the stack or as BITBUCKET_OAUTH_TOKEN, BITBUCKET_USERNAME, BITBUCKET_PASSWORD."
)
_APP_PASSWORD: Final = re.compile(r"ATBB[A-Za-z0-9]{20,}")
"""How app passwords looked, as far as people have shown theirs (unverified)."""


@frozen
class Needs:
    """What the stack's hooks ask of one account."""

    drafts: tuple[Draft, ...] = ()
    repositories: tuple[Subject, ...] = ()
    """Those that are meant, as far as it is known."""

    @property
    def events(self) -> set[str]:
        """All events that hooks listen to."""
        return {event for draft in self.drafts for event in draft.values.get("events", ())}

    @property
    def workspaces(self) -> list[Subject]:
        """The workspaces with hooks of their own."""
        wide = (draft.values for draft in self.drafts if draft.values.get("workspace"))
        return [Subject(owner) for owner in dict.fromkeys(str(values["owner"]) for values in wide)]

    @property
    def samples(self) -> list[Subject]:
        """One repository of each workspace that has some."""
        return list(
            {
                repository.workspace: repository for repository in reversed(self.repositories)
            }.values()
        )


@define
class Talk:
    """What one account and the API have said to each other."""

    account: ConfiguredAccount
    client: Client
    observer: Observer
    answers: bool = False
    """Whether the API answers, and takes the credentials."""
    grant: Grant | None = field(default=None, repr=False)
    _granted: frozenset[str] | None = None
    _proven: set[str] = field(factory=set)
    _hooks: dict[Subject, Sequence[Observed]] = field(factory=dict, repr=False)

    @property
    def scopes(self) -> Scopes:
        """What is known of the credentials' scopes."""
        granted = self.observer.scopes or self._granted
        if granted is None and self.grant is not None and self.grant.scopes is not None:
            granted = frozenset(self.grant.scopes)
        api_token = isinstance(self.client.auth.credentials, ApiToken)
        return Scopes(api_token, granted, frozenset(self._proven))

    def ask(self, action: ScopedAction | None, request: Callable[[], Any]) -> Any:
        """Ask something; an answer proves the scope of the action. Raises ApiError."""
        try:
            answer = request()
        except ScopeMissing as missing:
            self._granted = frozenset(missing.granted)
            raise
        if action is not None:
            self.prove(action)
        return answer

    def prove(self, action: ScopedAction) -> None:
        """Note that an answer came which takes the scope of an action."""
        self._proven.add(self.scopes.scope_for(action))

    def hooks_on(self, place: Subject) -> Sequence[Observed]:
        """The hooks of a repository or of a workspace, listed once. Raises ApiError."""
        if place not in self._hooks:
            listing = self.ask(LIST, partial(HookApi(lambda: self.client).listing, place))
            self._hooks[place] = listing.hooks
        return self._hooks[place]

    def close(self) -> None:
        """Hang up."""
        self.client.close()


def open_talk(
    account: ConfiguredAccount, settings: Settings, notify: Callable[[str], None]
) -> Talk:
    """Make the client of an account, one that gives up soon."""
    brief = evolve(settings, max_wait=PATIENCE)
    clock = Clock()
    client = open_client(brief, notify, clock=clock)
    client.caller.patience = PATIENCE
    talk = Talk(account, client, Observer(clock))
    talk.observer.attach(client)
    return talk


def credentials(account: ConfiguredAccount) -> Iterator[Finding]:
    """Which kind, from which layer; nothing is asked."""
    settings = account.settings
    if account.problem is not None:
        yield failure("credentials", account.problem)
        return
    if settings is None or account.anonymous:
        yield error("credentials", "there are none", _CREDENTIALS)
        return
    who = identity(settings)
    source = f", from {account.source}" if account.source else ", the owner of the sandbox"
    yield from _odd(who, f"{who.identity}{source}")


def _odd(who: Credentials, what: str) -> Iterator[Finding]:
    if wrong := misplaced(who):
        yield error("credentials", *wrong)
    elif isinstance(who, ApiToken) and ("@" not in who.email or _APP_PASSWORD.fullmatch(who.token)):
        kind = what if "@" in who.email else what.replace("the API token", "the password", 1)
        yield error(
            "credentials",
            f"{kind} looks like an app password, and those were removed in July 2026",
            f"Make an API token with Bitbucket scopes at {_API_TOKENS}; the username is then the "
            "email of the Atlassian account.",
        )
    else:
        yield ok("credentials", what)


_LIMITED: Final = (
    f"rate limit: every request was refused for {PATIENCE:.0f} s, so nothing can be asked now"
)
_WAIT: Final = "Bitbucket counts over an hour: wait, and find out what else uses this identity."


def greet(talk: Talk) -> Iterator[Finding]:
    """Find out whether the API answers, and whom it takes this for."""
    who = talk.client.auth.credentials
    try:
        if isinstance(who, Anonymous):
            talk.client.get("hook_events", "asking for the kinds of hooks")
            return
        if isinstance(who, OAuthConsumer):
            talk.grant = TokenClient(talk.client.caller, talk.client.endpoint).grant(who)
        yield _identity(talk)
    except RateLimited:
        yield error("identity", _LIMITED, _WAIT, remote=True)
    except HooksError as failed:
        yield failure("identity", failed)
    else:
        talk.answers = True


def _identity(talk: Talk) -> Finding:
    try:
        user = talk.ask(None, lambda: talk.client.get("user", "asking who this is"))
    except ScopeMissing:
        return note("identity", f"{_kind(talk)}; it may not ask who it is, which nothing needs")
    except (PermissionRefused, NotFound):
        return note("identity", f"{_kind(talk)}, which belongs to no user")
    except (AuthenticationFailed, Refused):
        if not isinstance(talk.client.auth.credentials, AccessToken):
            raise
        return _accepted_elsewhere(talk)
    name = user.get("display_name") or user.get("nickname") or "somebody without a name"
    uuid = user.get("uuid")
    named = f"{printable(str(name), 100)}{f' {printable(str(uuid), 60)}' if uuid else ''}"
    return ok("identity", named if user.get("type") == "user" else f"{_kind(talk)}: {named}")


def _accepted_elsewhere(talk: Talk) -> Finding:
    """Whether a token that `/user` turned down is taken at all: it has no user to tell of.

    With which status such a token is turned down there is unverified. Raises ApiError.
    """
    place = talk.account.settings.workspace if talk.account.settings else None
    if place is None:
        talk.client.get("hook_events", "asking for the kinds of hooks")
        return unknown(
            "identity",
            "not known whether the token is accepted: it may not ask who it is",
            "Set bitbucket:workspace or BITBUCKET_WORKSPACE, so that more can be asked.",
        )
    operation = f"workspace {place}: listing the repositories"
    with suppress(ScopeMissing, PermissionRefused, NotFound):
        talk.ask(READ, partial(next, talk.client.paged(_listing(place), operation, _ONE)))
    return note("identity", f"{_kind(talk)}, which belongs to no user")


def _listing(workspace: str) -> str:
    """The path of a workspace's repositories."""
    return f"repositories/{quote(workspace, safe='')}"


def _kind(talk: Talk) -> str:
    who = talk.client.auth.credentials
    if not isinstance(who, AccessToken):
        return "accepted"
    # public documentation: these headers come with such tokens only
    if talk.observer.limit is not None:
        return "an access token of a repository, a project or a workspace"
    return "an access token of a repository, a project or a workspace, or an OAuth token"


def access(talk: Talk, needs: Needs) -> Iterator[Finding]:
    """Look whether hooks can be listed: of one repository of each workspace, and of workspaces."""
    for place in [*needs.samples, *needs.workspaces]:
        role = "an owner of the workspace" if place.repository is None else "an administrator"
        try:
            talk.hooks_on(place)
        except ScopeMissing:
            continue  # that is told as a whole
        except ApiError as failed:
            yield failure("access", failed)
        else:
            yield ok("access", f"{place}: {role}{_of_several(place, needs)}")


def _of_several(place: Subject, needs: Needs) -> str:
    count = sum(repository.workspace == place.workspace for repository in needs.repositories)
    if place.repository is None or count == 1:
        return ""
    return f" (looked at one of {count:,} repositories)"


def alone(talk: Talk, _: Needs) -> Iterator[Finding]:
    """Where there is no stack: look whether the account's workspace can be listed."""
    settings = talk.account.settings
    if settings is None or settings.workspace is None:
        return
    place = Subject(settings.workspace)
    operation = f"{place}: listing the repositories"
    pages = talk.client.paged(_listing(place.workspace), operation, _ONE)
    try:
        talk.ask(READ, partial(next, pages))
    except ScopeMissing:
        return
    yield ok("access", f"{place}: its repositories can be listed")


def scopes(talk: Talk, needs: Needs) -> Iterator[Finding]:
    """Hold what the hooks need against what the credentials may."""
    if talk.account.anonymous:
        return
    if not talk.answers:
        yield unknown("scopes", "not looked at: the API hasn't accepted the credentials", LET_IN)
        return
    yield from talk.scopes.findings(actions(needs.events))


def expiry(talk: Talk) -> Iterator[Finding]:
    """When the credentials run out, as far as that can be known."""
    match talk.client.auth.credentials:
        case ApiToken() if talk.account.settings and not talk.account.settings.sandbox:
            yield note(
                "expiry",
                "the API doesn't tell; API tokens last a year at most",
                f"See {_API_TOKENS}, and note the day.",
            )
        case AccessToken():
            yield note(
                "expiry",
                "the API doesn't tell; an OAuth token given as one lasts hours",
                "See Access tokens, in the settings of its repository, project or workspace.",
            )
        case OAuthConsumer():
            if talk.grant is not None:
                yield _lifetime(talk.grant)


def _lifetime(grant: Grant) -> Finding:
    hours = grant.life >= _HOUR
    life = f"{grant.life / _HOUR:.3g} h" if hours else f"{grant.life / _MINUTE:.3g} min"
    what = f"each token lasts {life} and is renewed by itself; the consumer's secret stays"
    if grant.life < _MINUTE:
        return warning("expiry", what, "Set the clock of this machine, or ask who runs the API.")
    return ok("expiry", what)
