"""The requests for the comments of a pull request.

Paths, verbs and fields: public API description, unless said otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from attrs import frozen

from bitbucket_hooks.api.errors import (
    AnswerLost,
    AuthenticationFailed,
    NotFound,
    PermissionRefused,
    ScopeMissing,
    UnexpectedAnswer,
)
from bitbucket_hooks.model.subject import Subject, path_of

if TYPE_CHECKING:
    from bitbucket_hooks.api.client import Client  # it brings requests along

_FIELDS: Final = (
    "next,size,values.id,values.deleted,values.content.raw,values.user.uuid,values.parent,"
    "values.inline"
)


@frozen
class PullRequest:
    """A pull request of a repository."""

    repository: Subject
    number: int

    def __str__(self) -> str:
        return f"{self.repository}, pull request {self.number}"


@frozen
class Comment:
    """A comment on a pull request as a whole, which nobody deleted."""

    number: int
    raw: str
    author: str | None
    """The uuid of who wrote it; None where the answer doesn't say."""


@frozen
class CommentApi:
    """Comments on pull requests."""

    client: Client

    def comments(self, where: PullRequest) -> list[Comment]:
        """Comments on the whole, oldest first; not those on a line, answers, or deleted ones.

        One request per 100. Raises ApiError.
        """
        operation = f"{where}: listing the comments"
        pages = self.client.pages(_path(where), operation, {"fields": _FIELDS})
        values = [value for page in pages for value in page.values]
        found = [_comment(value, operation) for value in values if _is_on_the_whole(value)]
        return sorted(found, key=lambda comment: comment.number)

    def create(self, where: PullRequest, raw: str) -> Comment:
        """Comment. Raises ApiError; AnswerLost when it may have been made all the same."""
        operation = f"{where}: commenting"
        answer = self.client.post(_path(where), operation, _body(raw))
        try:
            return _comment(answer, operation)
        except UnexpectedAnswer as error:
            raise AnswerLost(error.message, error.remedy) from None

    def update(self, where: PullRequest, number: int, raw: str) -> None:
        """Give a comment another text. Raises ApiError; NotFound when it is gone."""
        operation = f"{where}: updating the comment {number}"
        self.client.put(_path(where, number), operation, _body(raw))

    def delete(self, where: PullRequest, number: int) -> None:
        """Remove a comment. Raises ApiError; NotFound when it is gone."""
        self.client.delete(_path(where, number), f"{where}: deleting the comment {number}")

    def author(self) -> str | None:
        """The uuid that comments of this identity bear; None where that can't be known.

        What `/user` answers to access tokens, which belong to no person, is unverified: it is
        believed of persons only. Raises ApiError when it can't be asked.
        """
        try:
            found = self.client.get("user", "reading who we are")
        except (AuthenticationFailed, ScopeMissing, PermissionRefused, NotFound):
            return None
        uuid = found.get("uuid")
        return uuid if found.get("type") == "user" and isinstance(uuid, str) else None


def _path(where: PullRequest, *comment: int) -> str:
    parts = map(str, (where.number, "comments", *comment))
    return path_of(where.repository, "pullrequests", *parts)


def _body(raw: str) -> dict[str, Any]:
    return {"content": {"raw": raw}}


def _is_on_the_whole(value: Mapping[str, Any]) -> bool:
    return not (value.get("deleted") or value.get("parent") or value.get("inline"))


def _comment(value: Mapping[str, Any], operation: str) -> Comment:
    """Read a comment from an answer. Raises UnexpectedAnswer when it isn't one."""
    number, content, user = value.get("id"), value.get("content"), value.get("user")
    if not isinstance(number, int):
        raise UnexpectedAnswer.got(operation, "a comment that isn't one")
    raw = content.get("raw") if isinstance(content, dict) else None
    author = user.get("uuid") if isinstance(user, dict) else None
    return Comment(
        number, raw if isinstance(raw, str) else "", author if isinstance(author, str) else None
    )
