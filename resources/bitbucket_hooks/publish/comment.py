"""One comment per pull request and stack, edited in place on every push.

It is found again by its first line, a link reference that nothing refers to:
`[//]: # (bitbucket-hooks PROJECT/STACK NONCE RUN)`. Markdown shows nothing of such a line; that
Bitbucket's shows nothing either is unverified (if it did, the comment would have a dull first
line), as is whether it keeps the text as it was sent, so that blanks at the ends of lines don't
count in comparisons. The nonce tells a comment of our own from another run's, when an answer is
lost; the run's number keeps one that was slow from overwriting the report of a later one.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Final
from urllib.parse import quote

from attrs import define, frozen

from bitbucket_hooks.api.clock import Clock
from bitbucket_hooks.api.comments import Comment, CommentApi, PullRequest
from bitbucket_hooks.api.errors import AnswerLost, NotFound, PermissionRefused
from bitbucket_hooks.publish.report import Render

MAX_COMMENT: Final = 32_000
"""Characters. The vendor's server product takes 32,767; what the service takes is unverified, but
it does refuse texts that are too long."""

_PAUSES: Final = (0.3, 0.7, 1.0, 2.0, 3.0, 3.0)
"""Seconds between looks for a comment whose answer was lost: 10 in all, as for hooks."""

_POSTS: Final = 8  # times that it is made before its lost answers count as a failure


@frozen
class Marker:
    """The first line of a stack's comments."""

    project: str
    stack: str

    def line(self, nonce: str, run: int = 0) -> str:
        """The line of one comment; a `run` of 0 has no number."""
        return f"[//]: # ({self._name} {nonce}{f' {run}' if run else ''})"

    def read(self, comment: Comment) -> MarkedComment | None:
        """A comment of this stack; None when it is no such comment."""
        first, _, text = comment.raw.strip().partition("\n")
        pattern = rf"\[//\]: # \({re.escape(self._name)} (\S*)(?: (\d{{1,18}}))?\)"
        found = re.fullmatch(pattern, first.rstrip())
        return found and MarkedComment(comment, found[1], int(found[2] or 0), text)

    @property
    def _name(self) -> str:
        return f"bitbucket-hooks {quote(self.project, safe='')}/{quote(self.stack, safe='')}"


@frozen
class MarkedComment:
    """A comment of a stack, by its first line and what is below it."""

    comment: Comment
    nonce: str
    run: int
    """The number of the run that wrote it last; 0 when it has none."""
    text: str

    @property
    def number(self) -> int:
        """Its number on the pull request."""
        return self.comment.number


@define
class StackComments:
    """A stack's comments on a pull request, for one account."""

    api: CommentApi
    clock: Clock
    notify: Callable[[str], None]
    where: PullRequest
    marker: Marker

    @cached_property
    def _me(self) -> str | None:
        """Who comments, as far as that is known."""
        return self.api.author()

    def put(self, render: Render, run: int = 0) -> str:
        """Leave one comment that says this; gives what was done. Raises ApiError.

        `run` is a number that is higher for later runs; 0: there is none.
        """
        nonce = secrets.token_hex(8)
        line = self.marker.line(nonce, run)
        text = render(MAX_COMMENT - len(line) - 2)
        for _ in range(_POSTS):
            done = self._edit(self._ours(), text, run)
            if done is not None:
                return done
            try:
                made = self.api.create(self.where, f"{line}\n\n{text}")
            except AnswerLost as error:
                lost = error
                self._wait_for(nonce)
                continue
            ours = self._ours()
            # another run may have written at the same moment: one of the two comments stays
            settled = self._edit(ours, text, run) if len(ours) > 1 else None
            return settled or f"wrote comment {made.number}"
        raise lost

    def _marked(self) -> list[MarkedComment]:
        """This stack's comments, the oldest first."""
        return [found for found in map(self.marker.read, self.api.comments(self.where)) if found]

    def _ours(self) -> list[MarkedComment]:
        """Those of this identity, where that is known."""
        marked = self._marked()
        return [c for c in marked if self._me is None or c.comment.author in (None, self._me)]

    def _edit(self, ours: Sequence[MarkedComment], text: str, run: int) -> str | None:
        """Bring the oldest comment up to date, as links lead to it, and delete the others.

        What a later run has written stays, and so does all beside it, which that run looks after.
        """
        later = [marked.comment for marked in ours if marked.run > run > 0]
        if any(map(self._may_edit, later)):
            return "left as it is: a later run has told already"
        for position, comment in enumerate(ours):
            same = _plain(comment.text) == _plain(text)
            try:
                if not same:
                    line = self.marker.line(comment.nonce, run)
                    self.api.update(self.where, comment.number, f"{line}\n\n{text}")
            except NotFound:  # deleted a moment ago
                continue
            except PermissionRefused:  # somebody else's, as it turns out
                if self._me is not None:
                    raise
                continue
            self._delete(ours[position + 1 :])
            return f"comment {comment.number} {'stands as it is' if same else 'updated'}"
        return None

    def _may_edit(self, comment: Comment) -> bool:
        """Whether a comment is ours: anybody could write that a later run has reported already."""
        if self._me is not None:
            return True
        try:
            self.api.update(self.where, comment.number, comment.raw)
        except (NotFound, PermissionRefused):
            return False
        return True

    def _delete(self, comments: Sequence[MarkedComment]) -> None:
        for comment in comments:
            try:
                self.api.delete(self.where, comment.number)
            except NotFound:
                pass
            except PermissionRefused as error:
                self.notify(f"{self.where}: comment {comment.number} stays: {error.in_a_line}")

    def _wait_for(self, nonce: str) -> None:
        """Wait until a comment shows whose answer was lost; reads lag behind writes."""
        for pause in _PAUSES:
            self.clock.sit_out(pause)
            if any(marked.nonce == nonce for marked in self._marked()):
                return


def _plain(text: str) -> str:
    """A text as far as it counts."""
    return "\n".join(line.rstrip() for line in text.splitlines()).strip()
