"""The way from this machine to the API: address, proxy, authorities, clock."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from requests.utils import get_environ_proxies, select_proxy

from bitbucket_hooks.doctor.findings import LET_IN, Checks, Finding, error, ok, unknown, warning
from bitbucket_hooks.model.errors import printable
from bitbucket_hooks.model.settings import Settings

_BUNDLES: Final = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
"""The variables that name other authorities, in the order in which the HTTP library asks."""

_SOME: Final = 60.0
_FAR: Final = 300.0
_SET_CLOCK: Final = "Let this machine set its clock by the network (NTP)."


def address(settings: Settings, _: object) -> Iterator[Finding]:
    """Where the API is."""
    if settings.sandbox is not None:
        fresh = not settings.sandbox.exists() and settings.sandbox.parent.is_dir()
        there = ", which the first run makes" if fresh else ""
        yield ok("api", f"the embedded sandbox, {settings.sandbox}{there}; no network is used")
    else:
        local = " (a test server)" if settings.allows_private_urls else ""
        yield ok("api", f"{settings.api_url}{local}")


def proxy(settings: Settings, _: object) -> Iterator[Finding]:
    """The proxy on the way, as the HTTP library takes it from the environment."""
    if not settings.api_url.startswith("https://"):
        return  # neither the sandbox nor a test server on this machine is asked through one
    found = select_proxy(settings.api_url, get_environ_proxies(settings.api_url))
    if found is None:
        bypassed = os.environ.get("https_proxy") or os.environ.get("HTTPS_PROXY")
        yield ok("proxy", "none, as NO_PROXY says" if bypassed else "none")
        return
    try:
        parts = urlsplit(found if "://" in found else f"http://{found}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host:
        yield error(
            "proxy",
            "the proxy's address can't be read",
            "Set HTTPS_PROXY to http://HOST:PORT, or take it out of the environment.",
        )
        return
    user = "(credentials hidden)@" if "@" in parts.netloc else ""
    shown = printable(f"{parts.scheme}://{user}{host}{f':{port}' if port else ''}", 200)
    yield ok("proxy", f"{shown} (HTTPS_PROXY or ALL_PROXY; NO_PROXY makes exceptions)")


def authorities(settings: Settings, _: object) -> Iterator[Finding]:
    """Whose certificates are trusted, where that isn't the usual."""
    if not settings.api_url.startswith("https://"):
        return
    name = next((variable for variable in _BUNDLES if os.environ.get(variable)), None)
    if name is None:
        yield ok("tls", "trusts the usual authorities")
    elif Path(os.environ[name]).exists():
        yield ok("tls", f"trusts the authorities of {os.environ[name]} alone ({name})")
    else:
        yield error(
            "tls",
            f"{name} names {os.environ[name]}, which isn't there",
            f"Correct {name}, or take it out of the environment.",
        )


def clock(settings: Settings, ahead: float | None) -> Iterator[Finding]:
    """Whether the clock here goes as the API's does; `ahead` is in seconds."""
    if settings.sandbox is not None:
        return
    if ahead is None:
        yield unknown("clock", "no answer of the API told the time", LET_IN)
        return
    minutes, seconds = divmod(round(abs(ahead)), 60)
    hours, rest = divmod(minutes, 60)
    length = f"{hours:,} h {rest} min" if hours else f"{minutes} min {seconds} s"
    off = f"{length} {'ahead of' if ahead > 0 else 'behind'} the API's"
    if abs(ahead) > _FAR:
        what = f"{off}: certificates and signed requests are refused"
        yield error("clock", what, _SET_CLOCK)
    elif abs(ahead) > _SOME:
        yield warning("clock", off, _SET_CLOCK)
    else:
        yield ok("clock", "goes with the API's")


CHECKS: Final[Checks] = {"api": address, "proxy": proxy, "tls": authorities, "clock": clock}
