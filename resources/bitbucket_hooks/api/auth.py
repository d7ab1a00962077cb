"""Signs requests; gets the token of an OAuth consumer, and renews it."""

from __future__ import annotations

import base64
import threading
from typing import Final

from attrs import define, field, frozen

from bitbucket_hooks.api.errors import Refused, UnexpectedAnswer
from bitbucket_hooks.api.explain import explain, sign_in_remedy
from bitbucket_hooks.api.request import Authorization, Endpoint, Request
from bitbucket_hooks.api.retry import RetryingSender
from bitbucket_hooks.model.credentials import AccessToken, ApiToken, Credentials, OAuthConsumer
from bitbucket_hooks.model.errors import printable
from bitbucket_hooks.model.masking import SECRET, Mask

_EARLY: Final = 60.0  # seconds before its end at which a token counts as run out
_USUAL_LIFE: Final = 3600.0  # seconds, should the answer not say, or say nonsense
_LONGEST_LIFE: Final = 1e9


@frozen
class Grant:
    """A token, and what comes with it."""

    token: str = field(repr=False)
    life: float
    """Seconds."""
    scopes: tuple[str, ...] | None
    """What it may do; None: unknown."""


@define
class Authenticator:
    """Signs the requests of one account."""

    credentials: Credentials
    sender: RetryingSender = field(repr=False)
    endpoint: Endpoint

    _lock: threading.Lock = field(factory=threading.Lock, init=False, repr=False)
    _token: str | None = field(default=None, init=False, repr=False)
    _ends: float = field(default=0.0, init=False)

    def authorization(self) -> Authorization:
        """What signs the next request. Raises ApiError."""
        match self.credentials:
            case ApiToken(email, token):
                return Authorization(f"Basic {_pair(email, token)}")
            case AccessToken(token):
                return Authorization(f"Bearer {token}")
            case OAuthConsumer() as consumer:
                return Authorization(f"Bearer {self._current_token(consumer)}")
        return Authorization()

    def renew(self, refused: Authorization) -> bool:
        """After a 401: whether another try with a new token is worth it."""
        if not isinstance(self.credentials, OAuthConsumer):
            return False
        with self._lock:
            if refused.value == f"Bearer {self._token}":
                self._token = None
        return True

    def secrets(self) -> tuple[str, ...]:
        """Every value that must not be shown, whoever echoes it."""
        match self.credentials:
            case ApiToken(email, token):
                return token, _pair(email, token)
            case AccessToken(token):
                return (token,)
            case OAuthConsumer(client_id, secret):
                return tuple(filter(None, (secret, _pair(client_id, secret), self._token)))
        return ()

    def grant(self, consumer: OAuthConsumer) -> Grant:
        """Exchange a consumer's key and secret for a token (client credentials). Raises ApiError.

        They come without a refresh token (since May 2026): one asks again.
        """
        form = {"grant_type": "client_credentials"}
        request = Request("POST", self.endpoint.token_url(), "asking for an OAuth token", form=form)
        pair = _pair(consumer.client_id, consumer.client_secret)
        response = self.sender.send(request, lambda: Authorization(f"Basic {pair}"))
        if not response.ok:
            mask = Mask(dict.fromkeys((consumer.client_secret, pair), SECRET))
            error = explain(request, response, consumer, mask)
            if isinstance(error, Refused):  # with 400, as the standard has it
                raise Refused(error.message, sign_in_remedy(consumer), status=error.status)
            raise error
        body = response.mapping(request.operation)
        token, life = body.get("access_token"), body.get("expires_in", _USUAL_LIFE)
        if not isinstance(token, str) or not isinstance(life, (int, float)):
            raise UnexpectedAnswer.got(request.operation, "JSON without a token")
        scopes = body.get("scope", body.get("scopes"))  # today, and before (public announcement)
        return Grant(
            token,
            float(life) if 0 < life < _LONGEST_LIFE else _USUAL_LIFE,
            tuple(printable(scopes, 2000).split()) if isinstance(scopes, str) else None,
        )

    def _current_token(self, consumer: OAuthConsumer) -> str:
        with self._lock:
            now = self.sender.clock.now
            if self._token is None or now() >= self._ends:
                grant = self.grant(consumer)
                self._token = grant.token
                self._ends = now() + max(grant.life - _EARLY, grant.life / 2)
            return self._token


def _pair(user: str, password: str) -> str:
    """A name and a password as HTTP Basic has them, which whoever sees it can read.

    In UTF-8; bytes of the environment that aren't go as they are.
    """
    return base64.b64encode(f"{user}:{password}".encode("utf-8", "surrogateescape")).decode("ascii")
