"""Where the pages are."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

if TYPE_CHECKING:
    from bitbucket_hooks.sandbox.models import StoredHook, StoredRepository
    from bitbucket_hooks.sandbox.web.visits import Subject

STYLE = "/page.css"
SCRIPT = "/page.js"


def home(words: str = "", page: int = 1) -> str:
    """The list of repositories, or of those that some words match."""
    asked = {"q": words} if words else {}
    if page > 1:
        asked["page"] = str(page)
    return f"/?{urlencode(asked)}" if asked else "/"


def hooks(subject: Subject, done: str = "") -> str:
    """The webhooks of a repository; `done` says what was just done there."""
    path = hooks_of(subject.full_name)
    return f"{path}?{urlencode({'done': done})}" if done else path


def hooks_of(name: str) -> str:
    """The webhooks of a repository or workspace that is known by name."""
    return f"/{name}/admin/webhooks"


def new(subject: Subject) -> str:
    """The form for a new webhook."""
    return f"{hooks(subject)}/new"


def of(subject: Subject, hook: StoredHook, *more: str) -> str:
    """A page of one webhook, as `edit`, `delete` or `requests`."""
    return "/".join((hooks(subject), hook.uuid.strip("{}"), *more))


def switch(subject: Subject, hook: StoredHook) -> str:
    """Where the switch of a webhook is sent to."""
    return of(subject, hook, "active")


def switched(subject: Subject, hook: StoredHook, done: str) -> str:
    """The list again, with the keyboard on the switch."""
    return f"{hooks(subject, done)}#{switch_id(hook)}"


def switch_id(hook: StoredHook) -> str:
    """The switch of a webhook on the page of its list."""
    return f"active-{hook.uuid.strip('{}')}"


def trigger(subject: StoredRepository) -> str:
    """Where the form that lets an event happen is sent to."""
    return f"/{subject.full_name}/trigger"


def run(subject: Subject, name: str) -> str:
    """What came of an event."""
    return f"/{subject.full_name}/events/{name}"
