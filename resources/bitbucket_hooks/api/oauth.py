"""Where an OAuth consumer gets its token."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from bitbucket_hooks.api.auth import basic, pair
from bitbucket_hooks.api.errors import Refused, UnexpectedAnswer
from bitbucket_hooks.api.explain import explain, sign_in
from bitbucket_hooks.api.request import Request
from bitbucket_hooks.api.retry import RetryingSender
from bitbucket_hooks.api.transport import Endpoint
from bitbucket_hooks.model.credentials import OAuthConsumer
from bitbucket_hooks.model.errors import printable
from bitbucket_hooks.model.masking import SECRET, Mask

_USUAL_LIFE = 3600.0  # seconds, should the answer not say, or say nonsense
_LONGEST_LIFE = 1e9


@frozen
class Grant:
    """A token, and what comes with it."""

    token: str = field(repr=False)
    life: float
    """Seconds."""
    scopes: tuple[str, ...] | None
    """What it may do; None: not told."""


@frozen
class TokenClient:
    """Exchanges a consumer's key and secret for a token (client credentials)."""

    caller: RetryingSender
    endpoint: Endpoint

    def ask(self, consumer: OAuthConsumer) -> tuple[str, float]:
        """Give a token and its life in seconds. Raises ApiError."""
        granted = self.grant(consumer)
        return granted.token, granted.life

    def grant(self, consumer: OAuthConsumer) -> Grant:
        """Give a token with all that is told of it. Raises ApiError.

        Client credentials come without a refresh token (since May 2026): one asks again.
        """
        call = Request(
            "POST",
            self.endpoint.token_url(),
            "asking for an OAuth token",
            form={"grant_type": "client_credentials"},
        )
        signed = basic(consumer.client_id, consumer.client_secret)
        answer = self.caller.until_answered(call, lambda: signed)
        if not answer.ok:
            secrets = (consumer.client_secret, pair(consumer.client_id, consumer.client_secret))
            error = explain(call, answer, consumer, Mask(dict.fromkeys(secrets, SECRET)))
            if isinstance(error, Refused):  # with 400, as the standard has it
                raise Refused(error.message, sign_in(consumer), status=error.status)
            raise error
        body = answer.mapping(call.operation)
        token, life = body.get("access_token"), body.get("expires_in", _USUAL_LIFE)
        if not isinstance(token, str) or not isinstance(life, (int, float)):
            raise UnexpectedAnswer.of(call.operation, "JSON without a token")
        life = float(life) if 0 < life < _LONGEST_LIFE else _USUAL_LIFE
        return Grant(token, life, _scopes(body))


def _scopes(body: Mapping[str, Any]) -> tuple[str, ...] | None:
    """What a token's payload tells: `scope` today, `scopes` before (public announcement)."""
    told = body.get("scope", body.get("scopes"))
    return tuple(printable(told, 2000).split()) if isinstance(told, str) else None
