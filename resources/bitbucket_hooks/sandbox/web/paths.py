"""The URL paths of the pages."""

from __future__ import annotations

from urllib.parse import urlencode

from bitbucket_hooks.sandbox.tenants import Subject
from bitbucket_hooks.sandbox.webhook import StoredHook

STYLE = "/page.css"
SCRIPT = "/page.js"


def repositories(words: str = "", page: int = 1) -> str:
    """The list of repositories, or of those that some words match."""
    query = {"q": words} if words else {}
    if page > 1:
        query["page"] = str(page)
    return f"/?{urlencode(query)}" if query else "/"


def hooks(subject: Subject, done: str = "") -> str:
    """The webhooks of a repository or workspace; `done` says what was just done there."""
    path = hooks_of(subject.full_name)
    return f"{path}?{urlencode({'done': done})}" if done else path


def hooks_of(name: str) -> str:
    """The webhooks of a repository or workspace that is known by name."""
    return f"/{name}/admin/webhooks"


def hook(subject: Subject, hook: StoredHook, *more: str | int) -> str:
    """A page of one webhook, as `edit`, `delete` or `requests`."""
    return "/".join((hooks(subject), hook.uuid.strip("{}"), *map(str, more)))


def switch_id(hook: StoredHook) -> str:
    """The switch of a webhook on the page of its list."""
    return f"active-{hook.uuid.strip('{}')}"


def event(subject: Subject, run: str) -> str:
    """What came of an event."""
    return f"/{subject.full_name}/events/{run}"
