"""How calls reach Bitbucket: with the account's credentials, or through Pipelines' own proxy."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from typing import Final, TypeVar
from urllib.parse import urlsplit

from attrs import define, field

from bitbucket_hooks.api.client import Client
from bitbucket_hooks.api.clock import Clock
from bitbucket_hooks.api.errors import (
    ApiError,
    AuthenticationFailed,
    NotFound,
    PermissionRefused,
    ScopeMissing,
    Unreachable,
)
from bitbucket_hooks.connect import identity, open_client, open_signed_client
from bitbucket_hooks.model.credentials import Anonymous
from bitbucket_hooks.model.settings import PUBLIC_API, Settings

PROXIES: Final = ("http://localhost:29418", "http://host.docker.internal:29418")
"""Pipelines' proxy, as a step sees it and as a pipe's container does (vendor's blog)."""

_CONNECT: Final = 2.0  # seconds to see whether a proxy is there

T = TypeVar("T")


@define
class Clients:
    """The clients of one run, opened when they are needed."""

    settings: Settings
    notify: Callable[[str], None]
    clock: Clock
    proxies: Sequence[str]
    """Where Pipelines' proxy may be; empty outside of it."""

    _account: Client | None = field(default=None, init=False)
    _signed: Client | None = field(default=None, init=False)

    def account(self) -> Client:
        """The account's client. Raises AuthenticationFailed where there are no credentials."""
        if isinstance(identity(self.settings), Anonymous):
            raise AuthenticationFailed(
                "no credentials are configured for it", "Give some that may write there."
            )
        if self._account is None:
            self._account = open_client(self.settings, self.notify, clock=self.clock)
        return self._account

    def account_or_proxy(self, act: Callable[[Client], T]) -> T:
        """Act as the account, or where that can't be, by leave of the pipeline.

        Credentials that are there for hooks may lack what a report needs. Raises the account's
        own error when the proxy is no help.
        """
        try:
            return act(self.account())
        except (AuthenticationFailed, ScopeMissing, PermissionRefused, NotFound):
            if not self.proxies or self.settings.api_url != PUBLIC_API:
                raise
            try:
                return act(self._through_proxy())
            except ApiError as error:
                self.notify(f"Bitbucket Pipelines' own proxy is no help: {error.in_a_line}")
            raise

    def close(self) -> None:
        """Close the connections."""
        for client in (self._account, self._signed):
            if client is not None:
                client.close()

    def _through_proxy(self) -> Client:
        if self._signed is None:
            proxy = next(filter(_answers, self.proxies), None)
            if proxy is None:
                raise Unreachable(
                    f"nothing answers at {' or '.join(self.proxies)}",
                    "Run this in a step of Bitbucket Pipelines, or give credentials.",
                )
            self._signed = open_signed_client(self.settings, self.notify, proxy, self.clock)
        return self._signed


def _answers(proxy: str) -> bool:
    parts = urlsplit(proxy)
    try:
        socket.create_connection((parts.hostname or "", parts.port or 80), _CONNECT).close()
    except OSError:
        return False
    return True
