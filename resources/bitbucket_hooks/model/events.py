"""The events a webhook can listen to: the bundled catalogue, and suggestions for a typing slip.

The keys come from the public API description of August 2026. The live list that the service gives
under `/hook_events/{subject_type}` is the authority: this one serves offline checks, and may warn
about a key that it lacks but never refuse it.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Final, Literal

import attrs

from bitbucket_hooks.model.errors import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

SubjectType = Literal["repository", "workspace"]

SUBJECT_TYPES: Final[tuple[SubjectType, ...]] = ("repository", "workspace")


@attrs.frozen
class Event:
    """One kind of event: its key, and how the service's own pages present it to people."""

    event: str
    category: str
    label: str
    description: str


# Category: prefix, then `key label` lines. Labels and descriptions are ours where the public
# description shows none (unverified); nothing may depend on them.
_CATALOGUE: Final = {
    ("Repository", "repo"): {
        "push": "Push",
        "fork": "Fork",
        "updated": "Updated",
        "transfer": "Transfer accepted",
        "created": "Created",
        "deleted": "Deleted",
        "imported": "Import",
        "commit_comment_created": "Commit comment created",
        "commit_status_created": "Build status created",
        "commit_status_updated": "Build status updated",
    },
    ("Pull Request", "pullrequest"): {
        "created": "Created",
        "updated": "Updated",
        "approved": "Approved",
        "unapproved": "Approval removed",
        "fulfilled": "Merged",
        "rejected": "Declined",
        "push": "Push",
        "changes_request_created": "Changes request created",
        "changes_request_removed": "Changes request removed",
        "comment_created": "Comment created",
        "comment_updated": "Comment updated",
        "comment_deleted": "Comment deleted",
        "comment_resolved": "Comment resolved",
        "comment_reopened": "Comment reopened",
    },
    ("Issue", "issue"): {
        "created": "Created",
        "updated": "Updated",
        "comment_created": "Comment created",
    },
    ("Project", "project"): {"updated": "Updated"},
    ("Pipelines", "pipeline"): {"span_created": "Span created"},
}

CATALOGUE: Final[tuple[Event, ...]] = tuple(
    Event(f"{prefix}:{name}", category, label, f"{category}: {label.lower()}")
    for (category, prefix), names in _CATALOGUE.items()
    for name, label in names.items()
)
"""Every known event, in the order of the service's own documentation."""

KEYS: Final[frozenset[str]] = frozenset(event.event for event in CATALOGUE)
"""The keys of `CATALOGUE`."""

# What people write, by the words of the web page or of other products, and what is meant.
_SYNONYMS: Final = {
    "merge": "fulfilled",
    "merged": "fulfilled",
    "decline": "rejected",
    "declined": "rejected",
    "closed": "rejected",
    "open": "created",
    "opened": "created",
    "edited": "updated",
    "synchronize": "push",
    "comment": "comment_created",
    "commented": "comment_created",
    "import": "imported",
    "approve": "approved",
    "unapprove": "unapproved",
    "build": "commit_status_created",
    "status": "commit_status_created",
}
_PREFIXES: Final = {"repository": "repo", "pr": "pullrequest", "pull_request": "pullrequest"}
_CUTOFF: Final = 0.7


def catalogue(subject_type: SubjectType) -> tuple[Event, ...]:
    """Give the bundled events of one subject type.

    Both types get all of them: which keys each really allows only the live list knows (unverified).
    """
    return CATALOGUE if subject_type in SUBJECT_TYPES else ()


def suggest(unknown: str, known: Iterable[str] = KEYS) -> list[str]:
    """Give up to three keys of `known` that `unknown` may have meant, the likeliest first."""
    candidates = sorted(set(known))
    text = spelled(unknown)
    prefix, colon, name = text.rpartition(":")
    prefixes = [prefix] if colon else [prefix for _, prefix in _CATALOGUE]
    keys = [f"{prefix}:{_SYNONYMS.get(name, name)}" for prefix in prefixes]
    near = difflib.get_close_matches(text, candidates, n=3, cutoff=_CUTOFF)
    return [key for key in keys if key in candidates][:3] or near


def no_such_event(
    event: str, known: Iterable[str] = KEYS, write: Callable[[str], str] = '"{}"'.format
) -> str:
    """Say of an event that Bitbucket has none of this key, and which may be meant.

    `write` says how a suggestion is written.
    """
    near = " or ".join(map(write, suggest(event, known)))
    remedy = f"did you mean {near}?" if near else "`bitbucket-hooks events` lists them"
    return f'unknown event "{printable(event, 60)}"; {remedy}'


def quoted_with_meaning(event: str) -> str:
    """An event in quotes, and what people call it, of the two that have other names."""
    words = {"pullrequest:fulfilled": " (merged)", "pullrequest:rejected": " (declined)"}
    return f'"{event}"{words.get(event, "")}'


def spelled(text: str) -> str:
    """Bring another spelling (`Pull Request/Merged`, `pr.merged`) into the form `prefix:name`."""
    text = text.strip().lower().replace("-", "_").replace(" ", "_")
    for separator in ("/", ".", "::"):
        text = text.replace(separator, ":")
    prefix, colon, name = text.partition(":")
    return f"{_PREFIXES.get(prefix, prefix)}{colon}{name}"
