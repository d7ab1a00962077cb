"""From an account's settings to the log of its identity's requests."""

from __future__ import annotations

import hashlib
import socket
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote, urlsplit

from bitbucket_hooks.api.clock import Clock
from bitbucket_hooks.api.local_log import LocalLog
from bitbucket_hooks.api.request_log import RequestLog
from bitbucket_hooks.api.shared_log import SharedLog, Store
from bitbucket_hooks.filesystem.folders import cache_folder
from bitbucket_hooks.model.credentials import AccessToken, ApiToken, Credentials, OAuthConsumer
from bitbucket_hooks.model.errors import ConfigError
from bitbucket_hooks.model.masking import SECRET, Mask
from bitbucket_hooks.model.urls import origin_shown


def open_request_log(
    api_url: str,
    credentials: Credentials,
    pace: str | None,
    clock: Clock,
    notify: Callable[[str], None],
) -> RequestLog | None:
    """The log of an identity; None without a store when this user has no folder for caches.

    Raises ConfigError when the driver of the store isn't installed.
    """
    budget = budget_name(api_url, credentials)
    folder = cache_folder()
    local = None if folder is None else LocalLog(folder / "pace" / f"{budget}.db", clock)
    store = open_store(pace)
    if store is None:
        return local
    return SharedLog(store, budget, _this_machine(folder), local, clock, notify)


def budget_name(api_url: str, credentials: Credentials) -> str:
    """What an identity's budget is called in logs and stores; it tells nothing of them."""
    return _digest(f"{api_url} {_counted_as(credentials)}")[:32]


def open_store(pace: str | None) -> Store | None:
    """The store that `bitbucket:pace` names; nothing is asked yet. None: there is none.

    Raises ConfigError when its driver isn't installed.
    """
    if pace is None or pace == SECRET:
        return None
    shown = origin_shown(pace)
    password = urlsplit(pace).password or ""
    hidden = {pace: shown, password: SECRET, unquote(password): SECRET}
    mask = Mask({secret: instead for secret, instead in hidden.items() if secret})
    kind = "redis" if pace.startswith("redis") else "postgres"
    try:
        if kind == "redis":
            from bitbucket_hooks.api.redis_store import RedisStore  # noqa: PLC0415  # an extra

            return RedisStore(pace, shown, mask)
        from bitbucket_hooks.api.postgres_store import PostgresStore  # noqa: PLC0415  # an extra

        return PostgresStore(pace, shown, mask)
    except ImportError:
        raise ConfigError(
            f"bitbucket:pace names {shown}, whose driver isn't installed",
            f"Run `pip install 'bitbucket-hooks[{kind}]'` in the environment that Pulumi uses.",
        ) from None


def _counted_as(credentials: Credentials) -> str:
    """Whom the service counts; a token only where nothing else says who it is."""
    match credentials:
        case ApiToken(email):
            return f"user {email}"
        case OAuthConsumer(client_id):
            return f"consumer {client_id}"
        case AccessToken(token):
            return f"token {_digest(token)}"
        case _:
            return "nobody"


def _this_machine(folder: Path | None) -> str:
    return _digest(f"{socket.gethostname()} {folder}")[:16]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
