"""One comment per pull request and stack, edited in place on every push.

It is found again by its first line, a link reference that nothing refers to:
`[//]: # (bitbucket-hooks PROJECT/STACK NONCE RUN)`. Markdown shows nothing of such a line; that
Bitbucket's shows nothing either is unverified (if it did, the comment would have a dull first
line), as is whether it keeps the text as it was sent, so that blanks at the ends of lines don't
count in comparisons. The nonce tells a comment of our own from another run's, when an answer is
lost; the run's number keeps one that was slow from overwriting what a later one has told.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Sequence
from typing import Final
from urllib.parse import quote

from attrs import define, field, frozen

from bitbucket_hooks.api.clock import Clock
from bitbucket_hooks.api.comments import Comment, CommentApi, PullRequest
from bitbucket_hooks.api.errors import AnswerLost, NotFound, PermissionRefused
from bitbucket_hooks.publish.folding import rendered
from bitbucket_hooks.publish.report import Render

MAX_COMMENT: Final = 32_000
"""Characters. The vendor's server product takes 32,767; what the service takes is unverified, but
it does refuse texts that are too long."""

_LOOKS: Final = (0.3, 0.7, 1.0, 2.0, 3.0, 3.0)
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

    def nonce_of(self, raw: str) -> str | None:
        """The nonce of a comment of this stack; None when it is no such comment."""
        found = self._found(raw)
        return found and found[1]

    def run_of(self, raw: str) -> int:
        """The number of the run that wrote a comment last; 0 when it has none."""
        found = self._found(raw)
        return int(found[2] or 0) if found else 0

    def _found(self, raw: str) -> re.Match[str] | None:
        pattern = rf"\[//\]: # \({re.escape(self._name)} (\S*)(?: (\d{{1,18}}))?\)"
        return re.fullmatch(pattern, _split(raw)[0])

    @property
    def _name(self) -> str:
        return f"bitbucket-hooks {quote(self.project, safe='')}/{quote(self.stack, safe='')}"


@define
class StackComments:
    """The comments of stacks on pull requests, for one account."""

    api: CommentApi
    clock: Clock
    notify: Callable[[str], None]

    _asked: bool = field(default=False, init=False)
    _me: str | None = field(default=None, init=False)

    def put(self, where: PullRequest, marker: Marker, render: Render, run: int = 0) -> str:
        """Leave one comment that says this, and tell what was done. Raises ApiError.

        `run` is a number that is higher for later runs; 0: there is none.
        """
        nonce = secrets.token_hex(8)
        line = marker.line(nonce, run)
        text = rendered(render, MAX_COMMENT - len(line) - 2)
        for _ in range(_POSTS):
            done = self._edit(where, marker, self._ours(where, marker), text, run)
            if done is not None:
                return done
            try:
                made = self.api.create(where, f"{line}\n\n{text}")
            except AnswerLost as error:
                lost = error
                self._look_for(where, marker, nonce)
            else:
                return self._settled(where, marker, text, run) or f"wrote comment {made.number}"
        raise lost

    def remove(self, where: PullRequest, marker: Marker) -> str:
        """Leave none, and tell what was done. Raises ApiError."""
        ours = self._ours(where, marker)
        removed = self._delete(where, ours)
        return f"removed {removed} of {len(ours)} comments" if ours else "nothing to tell"

    def _settled(self, where: PullRequest, marker: Marker, text: str, run: int) -> str | None:
        """Leave one of two comments, should another run have written at the same moment."""
        ours = self._ours(where, marker)
        return self._edit(where, marker, ours, text, run) if len(ours) > 1 else None

    def _ours(self, where: PullRequest, marker: Marker) -> list[Comment]:
        """This stack's comments, the oldest first; of this identity, where that can be told."""
        marked = [one for one in self.api.comments(where) if marker.nonce_of(one.raw) is not None]
        if not marked:
            return []
        if not self._asked:
            self._me, self._asked = self.api.author(), True
        return [one for one in marked if self._me is None or one.author in (None, self._me)]

    def _edit(
        self, where: PullRequest, marker: Marker, ours: Sequence[Comment], text: str, run: int
    ) -> str | None:
        """Bring the oldest comment up to date, as links lead to it, and delete the others.

        What a later run has told stays, and so does all beside it, which that run looks after.
        """
        later = [one for one in ours if run and marker.run_of(one.raw) > run]
        if any(self._may_edit(where, one) for one in later):
            return "left as it is: a later run has told already"
        for position, one in enumerate(ours):
            same = _plain(_split(one.raw)[1]) == _plain(text)
            try:
                if not same:
                    line = marker.line(marker.nonce_of(one.raw) or "", run)
                    self.api.update(where, one.number, f"{line}\n\n{text}")
            except NotFound:  # deleted a moment ago
                continue
            except PermissionRefused:  # somebody else's, as it turns out
                if self._me is not None:
                    raise
                continue
            self._delete(where, ours[position + 1 :])
            return f"comment {one.number} {'stands as it is' if same else 'updated'}"
        return None

    def _may_edit(self, where: PullRequest, one: Comment) -> bool:
        """Whether a comment is ours: anybody could write that a later run has told all."""
        if self._me is not None:
            return True
        try:
            self.api.update(where, one.number, one.raw)
        except (NotFound, PermissionRefused):
            return False
        return True

    def _delete(self, where: PullRequest, comments: Sequence[Comment]) -> int:
        removed = 0
        for one in comments:
            try:
                self.api.delete(where, one.number)
            except NotFound:
                pass
            except PermissionRefused as error:
                self.notify(f"{where}: comment {one.number} stays: {error.in_a_line}")
                continue
            removed += 1
        return removed

    def _look_for(self, where: PullRequest, marker: Marker, nonce: str) -> None:
        """Wait until a comment shows whose answer was lost; reads lag behind writes."""
        for pause in _LOOKS:
            self.clock.sit_out(pause)
            if any(marker.nonce_of(one.raw) == nonce for one in self.api.comments(where)):
                return


def _split(raw: str) -> tuple[str, str]:
    """The first line of a comment, and what is below it."""
    first, _, rest = raw.strip().partition("\n")
    return first.rstrip(), rest


def _plain(text: str) -> str:
    """A text as far as it counts."""
    return "\n".join(line.rstrip() for line in text.splitlines()).strip()
