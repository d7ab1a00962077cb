"""Connections that are kept, but none that lay idle for long: it may be dead without a sign.

A server that closes a connection says so, and the library opens another. A firewall or a balancer
in between just forgets it: what is sent is lost then, and of a POST nobody knows whether it was
done.
"""

from __future__ import annotations

import time
from typing import Any, Final

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager, ProxyManager
from urllib3.connection import HTTPConnection, HTTPSConnection

MAX_IDLE: Final = 20.0
"""Seconds; the shortest memory that is usual for such a box is a minute."""


class _Plain(HTTPConnection):
    """Says that it is closed when nothing came over it for a while; it is opened anew then."""

    _heard: float | None = None

    def getresponse(self) -> Any:
        """Note when an answer came."""
        response = super().getresponse()
        self._heard = time.monotonic()
        return response

    @property
    def is_connected(self) -> bool:
        """Whether it can be used again."""
        idle = self._heard is not None and time.monotonic() - self._heard > MAX_IDLE
        return super().is_connected and not idle


class _Secure(_Plain, HTTPSConnection):
    """The same over TLS."""


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _Secure


class KeepingAdapter(HTTPAdapter):
    """Makes its pools, also those of proxies, of such connections."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make the pools of direct connections."""
        super().init_poolmanager(*args, **kwargs)
        _renew(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> ProxyManager:
        """Make the pools of connections through a proxy."""
        manager: ProxyManager = super().proxy_manager_for(proxy, **kwargs)
        _renew(manager)
        return manager


def _renew(manager: PoolManager) -> None:
    manager.pool_classes_by_scheme = {"http": _PlainPool, "https": _SecurePool}
