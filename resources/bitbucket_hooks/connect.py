"""From an account's settings to a client: the real API, a signing proxy, or the sandbox."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import requests

from bitbucket_hooks.api.auth import Authenticator
from bitbucket_hooks.api.client import Client
from bitbucket_hooks.api.clock import Clock
from bitbucket_hooks.api.http import HttpSender
from bitbucket_hooks.api.oauth import TokenClient
from bitbucket_hooks.api.request_log import request_log_of
from bitbucket_hooks.api.retry import RetryingSender
from bitbucket_hooks.api.throttle import HOUR, Throttle
from bitbucket_hooks.api.transport import Endpoint, open_proxied_session, plain_session
from bitbucket_hooks.model.credentials import Anonymous, ApiToken, Credentials
from bitbucket_hooks.model.settings import Settings


def open_client(
    settings: Settings,
    notify: Callable[[str], None],
    before_write: Callable[[], None] = lambda: None,
    clock: Clock | None = None,
) -> Client:
    """Make the client of one account.

    `notify` hears of long waits; `before_write` is asked before every write and raises when it must
    not happen any more.
    """
    clock = clock or Clock()
    session, endpoint = _open_session(settings)
    caller = RetryingSender(
        HttpSender(session), _throttle(settings, notify, clock), clock, notify, before_write
    )
    return _client(endpoint, caller, identity(settings))


def open_signed_client(
    settings: Settings, notify: Callable[[str], None], proxy: str, clock: Clock | None = None
) -> Client:
    """Make a client of the public API whose calls a proxy signs; no credentials ever go this way.

    The proxy of Bitbucket Pipelines signs what it can read, so the API's address is one of plain
    http: it is the proxy that speaks TLS to the service (vendor's blog; unverified).
    """
    clock = clock or Clock()
    session, endpoint = open_proxied_session(proxy)
    caller = RetryingSender(HttpSender(session), _throttle(settings, notify, clock), clock, notify)
    return _client(endpoint, caller, Anonymous())


def _client(endpoint: Endpoint, caller: RetryingSender, who: Credentials) -> Client:
    ask = TokenClient(caller, endpoint).ask
    return Client(endpoint, caller, Authenticator(who, caller.clock, ask))


def _throttle(settings: Settings, notify: Callable[[str], None], clock: Clock) -> Throttle:
    return Throttle(
        clock=clock,
        notify=notify,
        max_wait=settings.max_wait,
        parallel=settings.parallel,
        limit=settings.known_limit,
        fixed=settings.rate_limit is not None,
        request_log=request_log_of(settings.api_url, identity(settings), clock, HOUR),
    )


def _open_session(settings: Settings) -> tuple[requests.Session, Endpoint]:
    """Make the session that reaches the account's API, or the sandbox inside this process."""
    session = plain_session(settings.parallel)
    if settings.sandbox is not None:
        return session, _mount_sandbox(session, settings.sandbox)
    # a proxy for this machine's own test server would only get in the way
    session.trust_env = not settings.api_url.startswith("http://")
    return session, Endpoint(settings.api_url)


def identity(settings: Settings) -> Credentials:
    """Who speaks: the account's credentials, or in a sandbox without any its owner."""
    if settings.sandbox is None or not isinstance(settings.credentials, Anonymous):
        return settings.credentials
    from bitbucket_hooks.sandbox.seed import OWNER_EMAIL, OWNER_TOKEN  # noqa: PLC0415 - as below

    return ApiToken(OWNER_EMAIL, OWNER_TOKEN)


def _mount_sandbox(session: requests.Session, path: Path) -> Endpoint:
    from bitbucket_hooks.sandbox.adapter import (  # noqa: PLC0415  # only a trial pays for it
        EMBEDDED_ORIGIN,
        SandboxAdapter,
    )

    session.mount(EMBEDDED_ORIGIN, SandboxAdapter(path))
    session.trust_env = False
    return Endpoint(f"{EMBEDDED_ORIGIN}/2.0")
