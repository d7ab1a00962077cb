"""From an account's settings to a client: the real API, a signing proxy, or the sandbox."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from bitbucket_hooks.api.auth import Authenticator
from bitbucket_hooks.api.client import Client
from bitbucket_hooks.api.clock import Clock
from bitbucket_hooks.api.connections import DirectSession, open_session
from bitbucket_hooks.api.open_log import open_request_log
from bitbucket_hooks.api.request import Endpoint
from bitbucket_hooks.api.retry import RetryingSender
from bitbucket_hooks.api.throttle import Throttle
from bitbucket_hooks.model.credentials import Anonymous, ApiToken, Credentials
from bitbucket_hooks.model.settings import PUBLIC_API, Settings


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
    session = open_session(settings.parallel)
    if settings.sandbox is None:
        # a proxy for this machine's own test server would only get in the way
        session.trust_env = not settings.api_url.startswith("http://")
        endpoint = Endpoint(settings.api_url)
    else:
        endpoint = _mount_sandbox(session, settings.sandbox)
    sender = _sender(settings, session, notify, clock or Clock())
    sender.before_write = before_write
    return Client(endpoint, sender, Authenticator(identity(settings), sender, endpoint))


def open_signed_client(
    settings: Settings, notify: Callable[[str], None], proxy: str, clock: Clock | None = None
) -> Client:
    """Make a client of the public API whose requests a proxy signs; no credentials go this way.

    The proxy of Bitbucket Pipelines signs what it can read, so the API's address is one of plain
    http: it is the proxy that speaks TLS to the service (vendor's blog; unverified).
    """
    session = open_session(parallel=1)
    session.trust_env = False  # neither another proxy nor a netrc's credentials
    session.proxies = {"http": proxy}
    endpoint = Endpoint(PUBLIC_API.replace("https://", "http://", 1))
    sender = _sender(settings, session, notify, clock or Clock())
    return Client(endpoint, sender, Authenticator(Anonymous(), sender, endpoint))


def _sender(
    settings: Settings, session: DirectSession, notify: Callable[[str], None], clock: Clock
) -> RetryingSender:
    throttle = Throttle(
        clock=clock,
        notify=notify,
        max_wait=settings.max_wait,
        parallel=settings.parallel,
        limit=settings.known_limit,
        fixed=settings.rate_limit is not None,
        request_log=open_request_log(
            settings.api_url, identity(settings), settings.pace, clock, notify
        ),
    )
    return RetryingSender(session, throttle, clock, notify)


def identity(settings: Settings) -> Credentials:
    """Who speaks: the account's credentials, or in a sandbox without any its owner."""
    if settings.sandbox is None or not isinstance(settings.credentials, Anonymous):
        return settings.credentials
    from bitbucket_hooks.sandbox.seed import OWNER_EMAIL, OWNER_TOKEN  # noqa: PLC0415 - as below

    return ApiToken(OWNER_EMAIL, OWNER_TOKEN)


def _mount_sandbox(session: DirectSession, path: Path) -> Endpoint:
    from bitbucket_hooks.sandbox.adapter import (  # noqa: PLC0415  # only a trial pays for it
        EMBEDDED_ORIGIN,
        SandboxAdapter,
    )

    session.mount(EMBEDDED_ORIGIN, SandboxAdapter(path))
    session.trust_env = False
    return Endpoint(f"{EMBEDDED_ORIGIN}/2.0")
