"""HTTP sessions: TLS is always verified, and connections are bounded in time.

A timeout of a socket starts anew with every byte; here the whole answer has an end too. And a
connection that lay idle isn't used again: a firewall or a balancer may have forgotten it without a
sign, and of a POST over it nobody would know whether it was done.
"""

from __future__ import annotations

import io
import socket
import time
from http.client import HTTPResponse
from http.cookiejar import DefaultCookiePolicy
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, ProxyManager
from urllib3.connection import HTTPConnection, HTTPSConnection

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

MAX_IDLE: Final = 20.0
"""Seconds; firewalls usually remember a connection for a minute at least."""

MAX_SECONDS: Final = 180.0
"""For one whole answer, from the end of the request to the last byte of the body."""


class AnswerTooSlow(OSError):
    """The whole answer was not there in time; neither urllib3 nor requests hides it."""


class _BoundedReader(io.RawIOBase):
    """Reads from a socket until the time is up."""

    def __init__(self, sock: socket.socket, stream: io.RawIOBase) -> None:
        self._socket = sock
        self._stream = stream
        self._idle = sock.gettimeout()
        self._ends = time.monotonic() + MAX_SECONDS

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int | None:
        left = self._ends - time.monotonic()
        if left <= 0:
            raise AnswerTooSlow
        self._socket.settimeout(left if self._idle is None else min(left, self._idle))
        try:
            return self._stream.readinto(buffer)
        except TimeoutError:
            if time.monotonic() < self._ends:
                raise
            raise AnswerTooSlow from None

    def close(self) -> None:
        self._stream.close()
        super().close()


class _BoundedResponse(HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp = io.BufferedReader(_BoundedReader(sock, self.fp.detach()))


class _KeptConnection(HTTPConnection):
    """Counts as closed when nothing came over it for a while; it is opened anew then.

    Its responses have `seconds`, from the end of the request on: connecting isn't answering.
    """

    response_class = _BoundedResponse
    _answered_at: float | None = None

    def getresponse(self) -> Any:
        began = time.monotonic()
        response: Any = super().getresponse()
        self._answered_at = time.monotonic()
        response.seconds = self._answered_at - began
        return response

    @property
    def is_connected(self) -> bool:
        idle = self._answered_at is not None and time.monotonic() - self._answered_at > MAX_IDLE
        return super().is_connected and not idle


class _SecureConnection(_KeptConnection, HTTPSConnection):
    """The same over TLS."""


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _KeptConnection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


_POOLS: Final = {"http": _PlainPool, "https": _SecurePool}


class _BoundedAdapter(HTTPAdapter):
    """Makes its pools, also those of proxies, of such connections."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> ProxyManager:
        manager: ProxyManager = super().proxy_manager_for(proxy, **kwargs)
        manager.pool_classes_by_scheme = _POOLS
        return manager


class DirectSession(requests.Session):
    """Leaves redirects alone: it would read the whole body of one just to prepare the next."""

    def __init__(self) -> None:
        """Know nothing of the environment yet."""
        super().__init__()
        self._environment: dict[str, dict[str, Any]] = {}

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Say that nothing is a redirect."""

    def send_directly(
        self, request: requests.PreparedRequest, timeout: tuple[float, float]
    ) -> requests.Response:
        """Send a request and leave the body to be read.

        The environment's proxies and certificates are looked up once for each host, which otherwise
        takes a fifth of a request's CPU.
        """
        host = urlsplit(request.url or "").netloc
        if host not in self._environment:
            self._environment[host] = dict(
                self.merge_environment_settings(
                    request.url, {}, stream=True, verify=None, cert=None
                )
            )
        request.hooks = self.hooks
        return self.send(request, timeout=timeout, allow_redirects=False, **self._environment[host])


def open_session(parallel: int) -> DirectSession:
    """A session with as many connections as there may be requests at once, and without cookies."""
    session = DirectSession()
    adapter = _BoundedAdapter(pool_connections=2, pool_maxsize=parallel)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    session.headers["User-Agent"] = f"bitbucket-hooks/{version('bitbucket-hooks')}"
    session.headers["Accept"] = "application/json"
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
    return session
