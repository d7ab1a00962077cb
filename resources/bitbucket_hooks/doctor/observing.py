"""What answers tell beside what was asked: the limit, the scopes, the time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any

import requests
from attrs import define

from bitbucket_hooks.api.client import Client
from bitbucket_hooks.api.clock import Clock
from bitbucket_hooks.model.errors import printable


@define
class Observer:
    """Hears every answer that one account gets."""

    clock: Clock
    answers: int = 0
    scopes: frozenset[str] | None = None
    """What the credentials may, from `X-OAuth-Scopes` (reported; unverified); None: not told."""
    limit: int | None = None
    """Requests an hour, from `X-RateLimit-Limit`: it comes with access tokens only."""
    resource: str | None = None
    near: bool = False
    """Whether the limit is near, from `X-RateLimit-NearLimit`."""
    ahead: float | None = None
    """Seconds by which the clock here is ahead of the service's, as far as whole seconds tell."""

    def attach(self, client: Client) -> None:
        """Listen to a client."""
        client.caller.wire.session.hooks["response"].append(self._heard)

    def _heard(self, response: requests.Response, **_: Any) -> None:
        self.answers += 1
        headers = response.headers
        self._hear_limit(headers)
        scopes = headers.get("X-OAuth-Scopes", "")
        if scopes:
            self.scopes = frozenset(
                printable(scope, 80) for scope in scopes.replace(",", " ").split()
            )
        self._hear_time(headers.get("Date", ""))

    def _hear_limit(self, headers: Mapping[str, str]) -> None:
        limit = headers.get("X-RateLimit-Limit", "")
        if limit.isascii() and limit.isdigit():
            self.limit = int(limit[:9])
            self.resource = printable(headers.get("X-RateLimit-Resource", ""), 60) or None
        self.near = self.near or headers.get("X-RateLimit-NearLimit", "").lower() == "true"

    def _hear_time(self, date: str) -> None:
        try:
            at = parsedate_to_datetime(date)
        except (TypeError, ValueError, OverflowError):
            return
        there = at if at.tzinfo else at.replace(tzinfo=timezone.utc)
        ahead = _seconds(self.clock.wall(), there)
        if self.ahead is None or abs(ahead) < abs(self.ahead):
            self.ahead = ahead


def _seconds(here: datetime, there: datetime) -> float:
    return (here - there).total_seconds()
