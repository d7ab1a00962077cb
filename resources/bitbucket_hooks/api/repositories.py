"""The request that lists the repositories of a workspace."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from attrs import frozen

from bitbucket_hooks.api.errors import UnexpectedAnswer
from bitbucket_hooks.model.subject import canonical_uuid

if TYPE_CHECKING:
    from bitbucket_hooks.api.client import Client, Page  # it brings requests along

_FIELDS: Final = "next,size,values.slug,values.uuid,values.project.key"
_NOTIFY_EVERY: Final = 1000  # repositories


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

    def in_workspace(self, workspace: str, project: str | None = None) -> list[Repository]:
        """All repositories of a workspace or of one project, one request per 100. Raises ApiError.

        A repository that slips through between two pages would lose its hooks.
        """
        operation = f"workspace {workspace}: listing the repositories"
        # by a time that never changes: in the order of activity, a push would move them around
        query = {"fields": _FIELDS, "sort": "created_on"}
        if project is not None:
            query["q"] = f'project.key="{project}"'

        def progress(pages: Sequence[Page]) -> None:
            count, size = sum(len(page.values) for page in pages), pages[-1].size
            if count // _NOTIFY_EVERY > (count - len(pages[-1].values)) // _NOTIFY_EVERY:
                self.notify(f"{operation}: {count:,}{f' of {size:,}' if size else ''}")

        path = f"repositories/{quote(workspace, safe='')}"
        values = self.client.whole(path, operation, query, progress)
        repositories = {_repository(value, operation) for value in values}
        return sorted(repositories, key=lambda repository: repository.slug)


def _repository(value: Mapping[str, Any], operation: str) -> Repository:
    slug, uuid, project = value.get("slug"), value.get("uuid"), value.get("project")
    key = project.get("key") if isinstance(project, dict) else None
    try:
        if isinstance(slug, str) and isinstance(uuid, str):
            return Repository(slug.lower(), canonical_uuid(uuid), str(key or ""))
    except ValueError:
        pass
    raise UnexpectedAnswer.got(operation, "a repository that isn't one")
