"""Credentials as requests wants them."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable
from typing import Final

from attrs import define, field
from requests import PreparedRequest
from requests.auth import AuthBase

from bitbucket_hooks.api.clock import Clock
from bitbucket_hooks.model.credentials import (
    AccessToken,
    Anonymous,
    ApiToken,
    Credentials,
    OAuthConsumer,
)

_EARLY: Final = 60.0  # seconds before its end at which a token counts as run out


class Header(AuthBase):
    """Set one Authorization header; None sets none and keeps requests from reading a netrc."""

    def __init__(self, value: str | None) -> None:
        """Take the header's value."""
        self._value = value

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Sign a request."""
        if self._value is not None:
            request.headers["Authorization"] = self._value
        return request

    def __repr__(self) -> str:
        return "Header(…)"


def basic(user: str, password: str) -> Header:
    """HTTP Basic."""
    return Header(f"Basic {pair(user, password)}")


def pair(user: str, password: str) -> str:
    """A user's name and password as HTTP Basic has them, which whoever sees it can read.

    In UTF-8; bytes of the environment that aren't go as they are.
    """
    return base64.b64encode(f"{user}:{password}".encode("utf-8", "surrogateescape")).decode("ascii")


@define
class Authenticator:
    """Signs requests; for an OAuth consumer it fetches the token and renews it."""

    credentials: Credentials
    clock: Clock
    fetch_token: Callable[[OAuthConsumer], tuple[str, float]]
    """Ask for a token; gives it with its life in seconds."""

    _lock: threading.Lock = field(factory=threading.Lock, init=False, repr=False)
    _token: str | None = field(default=None, init=False, repr=False)
    _ends: float = field(default=0.0, init=False)

    def header(self) -> Header:
        """What signs the next request."""
        match self.credentials:
            case ApiToken(email, token):
                return basic(email, token)
            case AccessToken(token):
                return Header(f"Bearer {token}")
            case OAuthConsumer() as consumer:
                return Header(f"Bearer {self._current(consumer)}")
            case Anonymous():
                return Header(None)

    def renew(self, refused: Header) -> bool:
        """After a 401: tell whether another try with a new token is worth it."""
        if not isinstance(self.credentials, OAuthConsumer):
            return False
        with self._lock:
            if refused._value == f"Bearer {self._token}":  # noqa: SLF001  # our own class
                self._token = None
        return True

    def secrets(self) -> tuple[str, ...]:
        """Every value that must not be shown, whoever echoes it."""
        match self.credentials:
            case ApiToken(email, token):
                return (token, pair(email, token))
            case AccessToken(token):
                return (token,)
            case OAuthConsumer(client_id, secret):
                return tuple(one for one in (secret, pair(client_id, secret), self._token) if one)
            case Anonymous():
                return ()

    def _current(self, consumer: OAuthConsumer) -> str:
        with self._lock:
            if self._token is None or self.clock.now() >= self._ends:
                self._token, life = self.fetch_token(consumer)
                self._ends = self.clock.now() + max(life - _EARLY, life / 2)
            return self._token
