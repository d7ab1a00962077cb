"""Gone, hidden or just late."""

from __future__ import annotations

import pytest

from bitbucket_hooks.api.errors import ApiError
from bitbucket_hooks.model.credentials import ApiToken
from bitbucket_hooks.model.subject import Subject
from bitbucket_hooks.sandbox.seed import OUTSIDER_EMAIL, OUTSIDER_TOKEN
from support.rooms import Rooms
from support.sandbox import Sandbox

WEB = Subject("acme", "web")
OUTSIDER = ApiToken(OUTSIDER_EMAIL, OUTSIDER_TOKEN)


def test_the_workspace_is_asked_once_for_all(rooms: Rooms, sandbox: Sandbox) -> None:
    """However many of its repositories are gone."""
    for slug in ("api", "web", "worker"):
        sandbox.delete_repository(f"acme/{slug}")
        assert rooms.presence.listing(Subject("acme", slug)) is None
    assert len(rooms.notices) == 3
    assert len(sandbox.requests()) == 4


def test_what_cannot_be_told_is_an_error(rooms: Rooms, sandbox: Sandbox) -> None:
    """A workspace that fails is neither readable nor not; the next one asks again."""
    sandbox.delete_repository("acme/web")
    sandbox.plan_fault("html", "GET", "/2.0/workspaces/acme")
    with pytest.raises(ApiError, match="an HTML page"):
        rooms.presence.listing(WEB)
    assert rooms.presence.listing(WEB) is None
