"""The repositories of a workspace: complete, whatever happens while they are read."""

from __future__ import annotations

from typing import Any

import pytest
from requests import PreparedRequest

from bitbucket_hooks.api.errors import UnexpectedAnswer
from bitbucket_hooks.api.repositories import RepositoryApi
from support.rooms import BASE, Canned, canned_client

NEXT = f"{BASE}/repositories/acme?page=2"


def _repository(slug: str, **more: Any) -> dict[str, Any]:
    number = sum(map(ord, slug))
    uuid = f"{{00000000-0000-4000-8000-{number:012}}}"
    return {"slug": slug, "uuid": uuid, "project": {"key": "PLAT"}, **more}


def _page(*slugs: str, size: int | None, more: bool = False) -> Canned:
    values = [_repository(slug) for slug in slugs]
    return Canned(200, {"values": values, "size": size} | ({"next": NEXT} if more else {}))


def _slugs(*answers: Canned) -> tuple[list[str], int]:
    client, adapter = canned_client(list(answers))
    notes: list[str] = []
    found = RepositoryApi(client, notes.append).in_workspace("acme")
    return [repository.slug for repository in found], len(adapter.asked)


def test_a_listing() -> None:
    """Page by page, sorted, in lower case."""
    assert _slugs(_page("web", "API", size=3, more=True), _page("docs", size=3)) == (
        ["api", "docs", "web"],
        2,
    )


def test_one_that_slipped_through() -> None:
    """Between two pages, since another was deleted: the listing isn't what it says it is."""
    torn = (_page("a", "b", size=4, more=True), _page("d", size=4))
    whole = (_page("b", "c", size=3, more=True), _page("d", size=3))
    assert _slugs(*torn, *whole) == (["b", "c", "d"], 4)


@pytest.mark.parametrize(
    "value", [{"slug": 7}, {}, {"slug": "a", "uuid": "x"}, {**_repository("a"), "uuid": 7}]
)
def test_what_is_no_repository(value: dict[str, Any]) -> None:
    """Is an answer that isn't the API's."""
    client, _ = canned_client(Canned(200, {"values": [value]}))
    with pytest.raises(UnexpectedAnswer, match="workspace acme: listing the repositories"):
        RepositoryApi(client, print).in_workspace("acme")


def test_a_repository_without_a_project() -> None:
    """Is in none."""
    client, _ = canned_client(Canned(200, {"values": [_repository("a", project=None)]}))
    (found,) = RepositoryApi(client, print).in_workspace("acme")
    assert found.project == ""


def test_a_long_listing_says_how_far_it_is() -> None:
    """Every thousand repositories."""

    def answer(request: PreparedRequest) -> Canned:
        number = int((request.url or "").partition("?page=")[2] or "1")
        uuids = [f"{{00000000-0000-4000-8000-{number:06}{i:06}}}" for i in range(100)]
        values = [_repository(f"r{number}", uuid=uuid) for uuid in uuids]
        more = {"next": f"{BASE}/repositories/acme?page={number + 1}"} if number < 25 else {}
        return Canned(200, {"values": values, "size": 2500, **more})

    client, _ = canned_client(answer)
    notes: list[str] = []
    assert len(RepositoryApi(client, notes.append).in_workspace("acme")) == 2500
    assert notes == [
        "workspace acme: listing the repositories: 1,000 of 2,500",
        "workspace acme: listing the repositories: 2,000 of 2,500",
    ]
