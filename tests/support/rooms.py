"""The product's rooms, put together on a fake clock, over a sandbox or over canned answers."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import attrs
from requests import PreparedRequest, Response, Session
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3 import HTTPResponse

from bitbucket_hooks.api.client import Client
from bitbucket_hooks.api.event_catalogue import Catalogue
from bitbucket_hooks.api.hooks import HookApi
from bitbucket_hooks.connect import open_client
from bitbucket_hooks.model.credentials import AccessToken
from bitbucket_hooks.model.settings import Settings
from bitbucket_hooks.reconcile.claims import Claims
from bitbucket_hooks.reconcile.identities import Identities
from bitbucket_hooks.reconcile.lifecycle import Lifecycle
from bitbucket_hooks.reconcile.listings import Listings
from bitbucket_hooks.reconcile.presence import Presence
from bitbucket_hooks.reconcile.registry import Registry
from support.clocks import FakeClock

BASE = "https://api.example.com/2.0"


@attrs.define
class Canned:
    """An answer as it comes over the wire."""

    status: int = 200
    body: bytes | str | dict[str, Any] | list[Any] = b""
    headers: Mapping[str, str] = attrs.Factory(dict)

    @property
    def content(self) -> bytes:
        """Give the body's bytes."""
        if isinstance(self.body, bytes):
            return self.body
        text = self.body if isinstance(self.body, str) else json.dumps(self.body)
        return text.encode()


Answers = Callable[[PreparedRequest], Canned]


class CannedAdapter(BaseAdapter):
    """A transport that answers by itself and notes what was asked."""

    def __init__(self, answers: Answers) -> None:
        super().__init__()
        self.asked: list[PreparedRequest] = []
        self._answers = answers

    def send(self, request: PreparedRequest, *_: Any, **__: Any) -> Response:
        """Answer a request."""
        self.asked.append(request)
        canned = self._answers(request)
        raw = HTTPResponse(
            io.BytesIO(canned.content), canned.headers, canned.status, preload_content=False
        )
        return HTTPAdapter().build_response(request, raw)

    def close(self) -> None:
        """Have nothing to close."""


def session_of(client: Client) -> Session:
    """Give the session that a client sends over."""
    return client.sender.session


def canned_client(
    answers: Answers | Canned | list[Canned],
    clock: FakeClock | None = None,
    **settings: Any,
) -> tuple[Client, CannedAdapter]:
    """Make a client whose API answers by a function, always alike, or from a list."""
    if isinstance(answers, Canned):
        only = answers
        adapter = CannedAdapter(lambda _: only)
    elif isinstance(answers, list):
        left = iter(answers)
        adapter = CannedAdapter(lambda _: next(left))
    else:
        adapter = CannedAdapter(answers)
    given = {"api_url": BASE, "credentials": AccessToken("canary"), **settings}
    client = open_client(Settings(**given), lambda _: None, clock=clock or FakeClock())
    session_of(client).mount("https://", adapter)
    return client, adapter


@attrs.define
class Rooms:
    """One process of a run: everything that a session has, and what it reported."""

    settings: Settings
    api: HookApi
    listings: Listings
    presence: Presence
    claims: Claims
    lifecycle: Lifecycle
    catalogue: Catalogue
    clock: FakeClock
    notices: list[str]

    def close(self) -> None:
        """Close the connections."""
        session_of(self.api.client).close()


def open_rooms(
    api_url: str, claims: Path, *, phase: str = "", clock: FakeClock | None = None, **settings: Any
) -> Rooms:
    """Open the rooms of one account in one process."""
    clock = clock or FakeClock()
    notices: list[str] = []
    hear = notices.append
    given = Settings(api_url=api_url, **settings)
    client = open_client(given, hear, clock=clock)
    api = HookApi(lambda: client)
    listings = Listings(api, clock, hear)
    presence = Presence(api, listings, given.missing_repository == "gone", hear)
    holds = Claims(claims, phase)
    registry = Registry(claims.parent / "registry.db", claims.name, api_url, clock)
    identities = Identities(api, holds)
    lifecycle = Lifecycle(api, listings, presence, holds, registry, identities, clock, hear, hear)
    catalogue = Catalogue(api, hear)
    return Rooms(given, api, listings, presence, holds, lifecycle, catalogue, clock, notices)
