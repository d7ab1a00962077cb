"""The request that lists the repositories of a workspace."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from attrs import frozen

from bitbucket_hooks.api.errors import UnexpectedAnswer
from bitbucket_hooks.api.whole_listing import read_whole
from bitbucket_hooks.model.subject import canonical_uuid

if TYPE_CHECKING:
    from bitbucket_hooks.api.client import Client  # it brings requests along

_FIELDS: Final = "next,size,values.slug,values.uuid,values.project.key"
_TELL_EVERY: Final = 1000  # repositories


@frozen
class Repository:
    """A repository as a workspace lists it."""

    slug: str
    uuid: str
    project: str


@frozen
class RepositoryApi:
    """The repositories that an identity sees."""

    client: Client
    notify: Callable[[str], None]
    """Hears how far a long listing is."""

    def of(self, workspace: str, project: str | None = None) -> list[Repository]:
        """All repositories of a workspace or of one project, one request per 100. Raises ApiError.

        A repository that slips through between two pages would lose its hooks.
        """
        listed = read_whole(lambda: self._pages(workspace, project))
        return sorted(listed, key=lambda repository: repository.slug)

    def _pages(self, workspace: str, project: str | None) -> tuple[frozenset[Repository], bool]:
        """The repositories, and whether these are as many as there are said to be."""
        operation = f"workspace {workspace}: listing the repositories"
        path = f"repositories/{quote(workspace, safe='')}"
        # by a time that never changes: in the order of activity, a push would move them around
        asked = {"fields": _FIELDS, "sort": "created_on", **_where(project)}
        found: list[Repository] = []
        size: int | None = None
        for page in self.client.paged(path, operation, asked):
            size = page.size if page.size is not None else size
            found += [_repository(one, operation) for one in page.values]
            if len(found) // _TELL_EVERY > (len(found) - len(page.values)) // _TELL_EVERY:
                self.notify(f"{operation}: {len(found):,}{f' of {size:,}' if size else ''}")
        listed = frozenset(found)
        return listed, size in (None, len(listed))


def _where(project: str | None) -> dict[str, str]:
    return {} if project is None else {"q": f'project.key="{project}"'}


def _repository(value: Mapping[str, Any], operation: str) -> Repository:
    project = value.get("project")
    key = project.get("key") if isinstance(project, dict) else None
    try:
        return Repository(
            _text(value, "slug").lower(), canonical_uuid(_text(value, "uuid")), str(key or "")
        )
    except (TypeError, ValueError):
        raise UnexpectedAnswer.of(operation, "a repository that isn't one") from None


def _text(value: Mapping[str, Any], key: str) -> str:
    found = value.get(key)
    if not isinstance(found, str):
        raise TypeError(key)
    return found
