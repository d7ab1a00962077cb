"""A build status on a commit, one per stack."""

from __future__ import annotations

from typing import Final

from bitbucket_hooks.api.commits import Commit, CommitApi
from bitbucket_hooks.publish.folding import key_of, one_line
from bitbucket_hooks.publish.report import Published

MAX_TEXT: Final = 255
"""Characters of name and description (unverified; of the key they are 40)."""

_STATES: Final = {True: "SUCCESSFUL", False: "FAILED", None: "INPROGRESS"}
_STOPPED: Final = "STOPPED"


def put_status(api: CommitApi, where: Commit, report: Published, link: str) -> str:
    """Set the stack's status of this commit, and tell what was done. Raises ApiError."""
    state = _STOPPED if report.stopped else _STATES[report.passed]
    status = {
        "key": key_of(report.project, report.stack),
        "state": state,
        "name": one_line(report.title, MAX_TEXT),
        "description": one_line(report.summary, MAX_TEXT),
        "url": link,
    }
    api.put_status(where, status)
    return state
