"""Where the pages are."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

if TYPE_CHECKING:
    from bitbucket_hooks.sandbox.records import Hook, Repository

STYLE = "/page.css"
SCRIPT = "/page.js"


def home(words: str = "", page: int = 1) -> str:
    """The list of repositories, or of those that some words match."""
    asked = {"q": words} if words else {}
    if page > 1:
        asked["page"] = str(page)
    return f"/?{urlencode(asked)}" if asked else "/"


def hooks(repository: Repository, done: str = "") -> str:
    """The webhooks of a repository; `done` says what was just done there."""
    path = f"/{repository.full_name}/admin/webhooks"
    return f"{path}?{urlencode({'done': done})}" if done else path


def new(repository: Repository) -> str:
    """The form for a new webhook."""
    return f"{hooks(repository)}/new"


def of(repository: Repository, hook: Hook, *more: str) -> str:
    """A page of one webhook, as `edit`, `delete` or `requests`."""
    return "/".join((hooks(repository), hook.uuid.strip("{}"), *more))


def trigger(repository: Repository) -> str:
    """Where the form that lets an event happen is sent to."""
    return f"/{repository.full_name}/trigger"


def run(repository: Repository, name: str) -> str:
    """What came of an event."""
    return f"/{repository.full_name}/events/{name}"
