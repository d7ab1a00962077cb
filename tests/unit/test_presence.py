"""Gone, hidden or just late."""

from __future__ import annotations

from pathlib import Path

import pytest

from bitbucket_hooks.api.errors import ApiError, NotFound
from bitbucket_hooks.model.credentials import ApiToken
from bitbucket_hooks.model.subject import Subject
from bitbucket_hooks.sandbox.seed import OUTSIDER_EMAIL, OUTSIDER_TOKEN
from support.rooms import Rooms, open_rooms
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


def test_hidden_is_asked_once(sandbox_path: Path, tmp_path: Path, sandbox: Sandbox) -> None:
    """And an error each time."""
    rooms = open_rooms(f"sandbox:{sandbox_path}", tmp_path, credentials=OUTSIDER)
    for _ in range(2):
        with pytest.raises(NotFound, match="missingRepository"):
            rooms.presence.listing(WEB)
    paths = [request.path for request in sandbox.requests()]
    assert len([path for path in paths if path.endswith("workspaces/acme")]) == 1
    rooms.close()


def test_what_cannot_be_told_is_an_error(rooms: Rooms, sandbox: Sandbox) -> None:
    """A workspace that fails is neither readable nor not; the next one asks again."""
    sandbox.delete_repository("acme/web")
    sandbox.plan_fault("html", "GET", "/2.0/workspaces/acme")
    with pytest.raises(ApiError, match="an HTML page"):
        rooms.presence.listing(WEB)
    assert rooms.presence.listing(WEB) is None
