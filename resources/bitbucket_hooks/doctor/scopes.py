"""Which scopes each action needs, and which of them credentials have.

API tokens have scopes of their own, one for each verb; writing includes no reading. Access tokens
and OAuth consumers have the older ones, some of which include others (public documentation).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from attrs import define, field, frozen

from bitbucket_hooks.doctor.findings import Finding, error, note, ok

_INCLUDED: Final = {
    "pullrequest": ("repository",),
    "pullrequest:write": ("repository", "repository:write", "pullrequest"),
    "repository:write": ("repository",),
    "issue:write": ("issue",),
    "project:admin": ("project",),
    "pipeline:write": ("pipeline",),
}
_API_TOKENS: Final = ":bitbucket"
"""What every scope of an API token for Bitbucket ends with."""

_EVENTS: Final = ("pullrequest", "issue", "project", "pipeline")
"""Kinds of events with a scope of their own; the others need that of repositories."""


@frozen
class ScopedAction:
    """Something that is done on Bitbucket, and the scope that it takes."""

    name: str
    api_token: str
    """The scope of an API token."""
    classic: str
    """That of an access token or OAuth consumer."""
    optional: bool = False


LIST: Final = ScopedAction("read webhooks", "read:webhook:bitbucket", "webhook")
READ: Final = ScopedAction("read repositories", "read:repository:bitbucket", "repository")
_WRITE: Final = ScopedAction("create and change webhooks", "write:webhook:bitbucket", "webhook")
_DELETE: Final = ScopedAction("delete webhooks", "delete:webhook:bitbucket", "webhook")
_COMMENT: Final = ScopedAction(
    "comment on pull requests", "write:pullrequest:bitbucket", "pullrequest:write", optional=True
)


def actions(events: Iterable[str]) -> list[ScopedAction]:
    """Everything that hooks with these events need."""
    kinds = {event.partition(":")[0] for event in events}
    listening = [
        ScopedAction(f"listen to events of {kind}", f"read:{kind}:bitbucket", kind)
        for kind in _EVENTS
        if kind in kinds
    ]
    return [LIST, _WRITE, _DELETE, READ, *listening, _COMMENT]


@define
class Scopes:
    """What credentials may, as far as it is known."""

    api_token: bool
    """Whether they are an API token."""
    granted: frozenset[str] | None = None
    """Every scope, from `X-OAuth-Scopes` (reported; unverified), a refusal or an OAuth token."""
    proven: set[str] = field(factory=set)
    """Those without which an answer wouldn't have come."""

    def scope_for(self, action: ScopedAction) -> str:
        """The scope that an action takes with these credentials."""
        return action.api_token if self.api_token else action.classic

    def prove(self, action: ScopedAction) -> None:
        """Note that an answer came which takes the scope of an action."""
        self.proven.add(self.scope_for(action))

    def allow(self, action: ScopedAction) -> bool | None:
        """Whether they suffice for an action; None: can't be known without trying."""
        granted = self.granted or frozenset()
        direct = granted | self.proven
        known = direct.union(*(_INCLUDED.get(scope, ()) for scope in direct))
        if {action.api_token, action.classic} & known:
            return True
        # the scopes of an API token may come in words that aren't those of API tokens
        is_readable = any(scope.endswith(_API_TOKENS) for scope in granted)
        is_known = self.granted is not None and (is_readable or not (self.api_token and granted))
        return False if is_known else None

    def findings(self, needed: Iterable[ScopedAction]) -> Iterator[Finding]:
        """Say what they suffice for, what is missing, and what can't be known."""
        answers: dict[bool | None, list[ScopedAction]] = {True: [], False: [], None: []}
        for action in needed:
            answers[self.allow(action)].append(action)
        if answers[True]:
            yield ok("scopes", f"enough to {_listed(action.name for action in answers[True])}")
        if lacking := [action for action in answers[False] if not action.optional]:
            yield error(
                "scopes",
                f"too few to {_listed(action.name for action in lacking)}",
                f"Add {self._names(lacking)} to the token, or make a new one with "
                f"{'it' if len(lacking) == 1 else 'them'}.",
                (f"It has: {', '.join(sorted(self.granted or ())) or 'none'}",),
            )
        if any(action.optional for action in answers[False]):
            yield note(
                "scopes",
                f"too few to {_COMMENT.name}, which only `preview` and `drift` with --comment or "
                "--publish do",
                f"For that, add {self.scope_for(_COMMENT)}.",
            )
        if answers[None]:
            yield note(
                "scopes",
                "can't be known without trying: "
                f"{', '.join(action.name for action in answers[None])}",
                f"Where the token was made, see that it has {self._names(answers[None])}.",
            )

    def _names(self, actions: Iterable[ScopedAction]) -> str:
        return _listed(dict.fromkeys(self.scope_for(action) for action in actions))


def _listed(names: Iterable[str]) -> str:
    *head, last = names
    return f"{', '.join(head)} and {last}" if head else last
