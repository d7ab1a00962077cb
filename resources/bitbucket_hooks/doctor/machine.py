"""The way from this machine to the API: address, proxy, authorities, clock."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from requests.utils import get_environ_proxies, select_proxy

from bitbucket_hooks.doctor.findings import LET_IN, Finding, error, ok, unknown, warning
from bitbucket_hooks.model.errors import printable
from bitbucket_hooks.model.settings import Settings

_BUNDLES: Final = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
"""The variables that name other authorities, in the order in which the HTTP library asks."""

_SOME: Final = 60.0
_FAR: Final = 300.0
_SET_CLOCK: Final = "Let this machine set its clock by the network (NTP)."


def address(settings: Settings) -> Iterator[Finding]:
    """Where the API is."""
    if settings.sandbox is not None:
        fresh = not settings.sandbox.exists() and settings.sandbox.parent.is_dir()
        there = ", which the first run makes" if fresh else ""
        yield ok("api", f"the embedded sandbox, {settings.sandbox}{there}; no network is used")
        return
    local = " (a test server)" if settings.allows_private_urls else ""
    yield ok("api", f"{settings.api_url}{local}")


def proxy(settings: Settings) -> Iterator[Finding]:
    """The proxy on the way, as the HTTP library takes it from the environment."""
    if not settings.api_url.startswith("https://"):
        return  # neither the sandbox nor a test server on this machine is asked through one
    found = select_proxy(settings.api_url, get_environ_proxies(settings.api_url))
    if found is None:
        bypassed = any(name.lower() == "https_proxy" and value for name, value in _named().items())
        why = ", as NO_PROXY says" if bypassed else ""
        yield ok("proxy", f"none{why}")
        return
    shown = _proxy_shown(found)
    if shown is None:
        yield error(
            "proxy",
            "the proxy's address can't be read",
            "Set HTTPS_PROXY to http://HOST:PORT, or take it out of the environment.",
        )
        return
    yield ok("proxy", f"{shown} (HTTPS_PROXY or ALL_PROXY; NO_PROXY makes exceptions)")


def _named() -> Mapping[str, str]:
    return {name: value for name, value in os.environ.items() if name.lower().endswith("_proxy")}


def _proxy_shown(url: str) -> str | None:
    """A proxy's address without its password; None when it can't be one."""
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if not host:
        return None
    user = "(credentials hidden)@" if parts.username or parts.password else ""
    return printable(f"{parts.scheme}://{user}{host}{f':{port}' if port else ''}", 200)


def authorities(settings: Settings) -> Iterator[Finding]:
    """Whose certificates are trusted, where that isn't the usual."""
    if not settings.api_url.startswith("https://"):
        return
    name = next((variable for variable in _BUNDLES if os.environ.get(variable)), None)
    if name is None:
        yield ok("tls", "trusts the usual authorities")
        return
    path = Path(os.environ[name])
    if not path.exists():
        yield error(
            "tls",
            f"{name} names {path}, which isn't there",
            f"Correct {name}, or take it out of the environment.",
        )
        return
    yield ok("tls", f"trusts the authorities of {path} alone ({name})")


def clock(ahead: float | None, settings: Settings) -> Iterator[Finding]:
    """Whether the clock here goes as the API's does; `ahead` is in seconds."""
    if settings.sandbox is not None:
        return
    if ahead is None:
        yield unknown("clock", "no answer of the API told the time", LET_IN)
        return
    off = abs(ahead)
    where = "ahead of" if ahead > 0 else "behind"
    if off > _FAR:
        yield error(
            "clock",
            f"{_length(off)} {where} the API's: certificates and signed requests are refused",
            _SET_CLOCK,
        )
    elif off > _SOME:
        yield warning("clock", f"{_length(off)} {where} the API's", _SET_CLOCK)
    else:
        yield ok("clock", "goes with the API's")


def _length(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:,} h {minutes} min" if hours else f"{minutes} min {rest} s"
