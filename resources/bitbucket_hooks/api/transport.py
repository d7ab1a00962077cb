"""The HTTP session: one pool of connections, TLS always verified, no cookies, no netrc."""

from __future__ import annotations

from http.cookiejar import DefaultCookiePolicy
from importlib.metadata import version
from typing import Final
from urllib.parse import urlsplit

import requests
from attrs import frozen
from urllib3.util import parse_url

from bitbucket_hooks.api.connections import BoundedAdapter
from bitbucket_hooks.model.settings import PUBLIC_API

CONNECT_TIMEOUT: Final = 10.0
READ_TIMEOUT: Final = 60.0
"""Seconds without a single byte."""


@frozen
class Endpoint:
    """Where the API is: every address that credentials may go to starts with it."""

    base: str

    def owns(self, url: str) -> bool:
        """Whether a url that came in an answer belongs to the API's origin."""
        return _origin(url) == _origin(self.base)

    def token_url(self) -> str:
        """Where an OAuth consumer gets its token."""
        if self.base == PUBLIC_API:
            return "https://bitbucket.org/site/oauth2/access_token"
        return self._at_origin("/site/oauth2/access_token")

    def ip_ranges_url(self) -> str:
        """Where the vendor publishes its address ranges, for everybody."""
        if self.base == PUBLIC_API:
            return "https://ip-ranges.atlassian.com/"
        return self._at_origin("/ip-ranges")

    def _at_origin(self, path: str) -> str:
        parts = urlsplit(self.base)
        return f"{parts.scheme}://{parts.netloc}{path}"


def _origin(url: str) -> tuple[str | None, str | None, int | None]:
    """Where a url leads, as the library reads it that connects: others read backslashes otherwise.

    Nowhere, if it can't be read.
    """
    try:
        parts = parse_url(url)
    except ValueError:
        return (None, None, None)
    return (
        parts.scheme,
        parts.host,
        parts.port or {"http": 80, "https": 443}.get(parts.scheme or ""),
    )


class DirectSession(requests.Session):
    """Leaves redirects alone: it would read the whole body of one just to prepare the next."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Say that nothing is a redirect."""


def open_proxied_session(proxy: str) -> tuple[requests.Session, Endpoint]:
    """Make a session that reaches the public API by plain http through a proxy, and only so."""
    session = plain_session(parallel=1)
    session.trust_env = False  # neither another proxy nor a netrc's credentials
    session.proxies = {"http": proxy}
    return session, Endpoint(PUBLIC_API.replace("https://", "http://", 1))


def plain_session(parallel: int) -> requests.Session:
    """A session with as many connections as there may be requests at once."""
    session = DirectSession()
    pool = BoundedAdapter(pool_connections=2, pool_maxsize=parallel)
    session.mount("https://", pool)
    session.mount("http://", pool)
    session.headers["User-Agent"] = f"bitbucket-hooks/{version('bitbucket-hooks')}"
    session.headers["Accept"] = "application/json"
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
    return session
