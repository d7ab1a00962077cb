"""The requests for what is reported of a commit: Code Insights reports and build statuses.

Paths, verbs, fields and numbers: public API description, unless said otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from attrs import frozen

from bitbucket_hooks.api.errors import NotFound
from bitbucket_hooks.model.subject import Subject, path_of

if TYPE_CHECKING:
    from bitbucket_hooks.api.client import Client  # it brings requests along

ANNOTATIONS_AT_ONCE: Final = 100
SITE: Final = "https://bitbucket.org"
_SHORT: Final = 12  # characters of a hash in a message


@frozen
class Commit:
    """A commit of a repository, by its whole hash."""

    repository: Subject
    hash: str

    @property
    def page(self) -> str:
        """The address at which people see it."""
        return f"{SITE}/{self.repository}/commits/{self.hash}"

    def __str__(self) -> str:
        return f"{self.repository}, commit {self.hash[:_SHORT]}"


@frozen
class CommitApi:
    """Reports and statuses of commits. All of it may be repeated without harm."""

    client: Client

    def replace_report(
        self,
        where: Commit,
        name: str,
        report: Mapping[str, Any],
        annotations: Sequence[Mapping[str, Any]],
    ) -> None:
        """Put a report in place of the one of that name, and annotations in place of all its own.

        One request for each 100 annotations and two more. Raises ApiError.
        """
        # a PUT alone might leave the annotations of an earlier run (unverified)
        path = path_of(where.repository, "commit", where.hash, "reports", name)
        with suppress(NotFound):
            self.client.delete(path, f"{where}: deleting the report {name}")
        self.client.put(path, f"{where}: writing the report {name}", report)
        operation = f"{where}: annotating the report {name}"
        for start in range(0, len(annotations), ANNOTATIONS_AT_ONCE):
            batch = annotations[start : start + ANNOTATIONS_AT_ONCE]
            self.client.overwrite(f"{path}/annotations", operation, batch)

    def put_status(self, where: Commit, status: Mapping[str, Any]) -> None:
        """Put a build status in place of the one of the same key. Raises ApiError."""
        path = path_of(where.repository, "commit", where.hash, "statuses", "build")
        self.client.overwrite(path, f"{where}: setting the build status", status)
