"""The checks of an account: who it is, whether the API takes it, and what it is allowed to do."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from typing import Final
from urllib.parse import quote

from attrs import frozen

from bitbucket_hooks.api.errors import (
    ApiError,
    AuthenticationFailed,
    NotFound,
    PermissionRefused,
    RateLimited,
    Refused,
    ScopeMissing,
)
from bitbucket_hooks.connect import identity
from bitbucket_hooks.doctor.configuration import ConfiguredAccount
from bitbucket_hooks.doctor.connection import PATIENCE, Connection
from bitbucket_hooks.doctor.findings import (
    LET_IN,
    Checks,
    Finding,
    error,
    failure,
    note,
    ok,
    unknown,
    warning,
)
from bitbucket_hooks.doctor.scopes import READ, actions
from bitbucket_hooks.model.credentials import (
    AccessToken,
    Anonymous,
    ApiToken,
    OAuthConsumer,
    misplaced,
)
from bitbucket_hooks.model.errors import HooksError, printable
from bitbucket_hooks.model.subject import Subject

_MINUTE: Final = 60.0
_HOUR: Final = 3600.0
_API_TOKENS: Final = "https://id.atlassian.com/manage-profile/security/api-tokens"
_CREDENTIALS: Final = (
    "Set bitbucket:oauthToken, or bitbucket:username (Atlassian email) and bitbucket:password "
    "(API token), in the stack or as BITBUCKET_OAUTH_TOKEN, BITBUCKET_USERNAME, BITBUCKET_PASSWORD."
)
_APP_PASSWORD: Final = re.compile(r"ATBB[A-Za-z0-9]{20,}")
"""How app passwords looked, as far as people have shown theirs (unverified)."""
_LIMITED: Final = (
    f"rate limit: every request was refused for {PATIENCE:.0f} s, so nothing can be asked now"
)
_WAIT: Final = "Bitbucket counts over an hour: wait, and find out what else uses this identity."


@frozen
class Needs:
    """What the stack's hooks ask of one account."""

    events: frozenset[str] = frozenset()
    """All events that hooks listen to."""
    subjects: tuple[Subject, ...] = ()
    """The repositories and workspaces with hooks, each once, as far as they are known."""


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
    what = f"{who.identity}{source}"
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


def identify(connection: Connection) -> Iterator[Finding]:
    """Find out whether the API answers, and whom it takes this for."""
    client = connection.client
    who = client.auth.credentials
    try:
        if isinstance(who, Anonymous):
            client.get("hook_events", "asking for the kinds of hooks")
            return
        if isinstance(who, OAuthConsumer):
            grant = connection.grant = client.auth.grant(who)
            if grant.scopes is not None and connection.scopes.granted is None:
                connection.scopes.granted = frozenset(grant.scopes)
        yield _user(connection)
        connection.accepted = True
    except RateLimited:
        yield error("identity", _LIMITED, _WAIT, remote=True)
    except HooksError as failed:
        yield failure("identity", failed)


def _user(connection: Connection) -> Finding:
    try:
        user = connection.ask(None, lambda: connection.client.get("user", "asking who this is"))
    except ScopeMissing:
        what = f"{_kind(connection)}; it may not ask who it is, which nothing needs"
        return note("identity", what)
    except (PermissionRefused, NotFound):
        return note("identity", f"{_kind(connection)}, which belongs to no user")
    except (AuthenticationFailed, Refused):
        if not isinstance(connection.client.auth.credentials, AccessToken):
            raise
        return _accepted_elsewhere(connection)
    name = user.get("display_name") or user.get("nickname") or "somebody without a name"
    uuid = user.get("uuid")
    named = f"{printable(str(name), 100)}{f' {printable(str(uuid), 60)}' if uuid else ''}"
    kind = "" if user.get("type") == "user" else f"{_kind(connection)}: "
    return ok("identity", f"{kind}{named}")


def _accepted_elsewhere(connection: Connection) -> Finding:
    """Whether a token that `/user` turned down is taken at all: it has no user.

    With which status such a token is turned down there is unverified. Raises ApiError.
    """
    workspace = connection.settings.workspace
    if workspace is None:
        connection.client.get("hook_events", "asking for the kinds of hooks")
        return unknown(
            "identity",
            "not known whether the token is accepted: it may not ask who it is",
            "Set bitbucket:workspace or BITBUCKET_WORKSPACE, so that more can be asked.",
        )
    with suppress(ScopeMissing, PermissionRefused, NotFound):
        _list_repositories(connection, workspace)
    return note("identity", f"{_kind(connection)}, which belongs to no user")


def _list_repositories(connection: Connection, workspace: str) -> None:
    """Read one repository of a workspace. Raises ApiError."""
    path = f"repositories/{quote(workspace, safe='')}"
    operation = f"{Subject(workspace)}: listing the repositories"
    connection.ask(READ, partial(next, connection.client.pages(path, operation, {"pagelen": "1"})))


def _kind(connection: Connection) -> str:
    if not isinstance(connection.client.auth.credentials, AccessToken):
        return "accepted"
    # public documentation: the headers of the limit come with such tokens only
    other = "" if connection.limit is not None else ", or an OAuth token"
    return f"an access token of a repository, a project or a workspace{other}"


def access(connection: Connection, needs: Needs | None) -> Iterator[Finding]:
    """Look whether hooks can be listed: of one repository of each workspace, and of workspaces.

    Where there is no stack, whether the account's workspace can be listed.
    """
    if not connection.accepted:
        return
    if needs is None:
        workspace = connection.settings.workspace
        with suppress(ScopeMissing):  # that is said as a whole
            if workspace is not None:
                _list_repositories(connection, workspace)
                yield ok("access", f"{Subject(workspace)}: its repositories can be listed")
        return
    repositories = [subject for subject in needs.subjects if subject.repository is not None]
    workspaces = [subject for subject in needs.subjects if subject.repository is None]
    samples = {subject.workspace: subject for subject in reversed(repositories)}
    counts = Counter(subject.workspace for subject in repositories)
    for subject in [*samples.values(), *workspaces]:
        role = "an owner of the workspace"
        if subject.repository is not None:
            count = counts[subject.workspace]
            sampled = f" (looked at one of {count:,} repositories)" if count > 1 else ""
            role = f"an administrator{sampled}"
        try:
            connection.hooks_on(subject)
        except ScopeMissing:
            continue
        except ApiError as failed:
            yield failure("access", failed)
        else:
            yield ok("access", f"{subject}: {role}")


def scopes(connection: Connection, needs: Needs | None) -> Iterator[Finding]:
    """Hold what the hooks need against what the credentials may."""
    if connection.account.anonymous:
        return
    if not connection.accepted:
        yield unknown("scopes", "not looked at: the API hasn't accepted the credentials", LET_IN)
        return
    yield from connection.scopes.findings(actions(needs.events if needs else ()))


def expiry(connection: Connection, _: object) -> Iterator[Finding]:
    """When the credentials run out, as far as that can be known."""
    match connection.client.auth.credentials:
        case ApiToken() if not connection.settings.sandbox:
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
        case OAuthConsumer() if connection.grant is not None:
            life = connection.grant.life
            lasts = f"{life / _HOUR:.3g} h" if life >= _HOUR else f"{life / _MINUTE:.3g} min"
            what = f"each token lasts {lasts} and is renewed by itself; the consumer's secret stays"
            if life < _MINUTE:
                remedy = "Set the clock of this machine, or ask who runs the API."
                yield warning("expiry", what, remedy)
            else:
                yield ok("expiry", what)


CHECKS: Final[Checks] = {"access": access, "scopes": scopes, "expiry": expiry}
"""Of an account that has a connection to its API."""
