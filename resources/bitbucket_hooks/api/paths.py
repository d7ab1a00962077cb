"""Paths below the API's base."""

from __future__ import annotations

from urllib.parse import quote

from bitbucket_hooks.model.subject import Subject


def path_of(subject: Subject, *parts: str) -> str:
    """The path of a repository or workspace, or of something in it; every part is quoted."""
    base = (
        ["workspaces", subject.uuid or subject.workspace]
        if subject.repository is None
        else ["repositories", subject.workspace, subject.uuid or subject.repository]
    )
    return "/".join(quote(part, safe="") for part in [*base, *parts])
