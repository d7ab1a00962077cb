"""The pages of webhooks: their list, the form that adds or changes one, and events to trigger."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from werkzeug.utils import redirect

from bitbucket_hooks.model.events import Event
from bitbucket_hooks.sandbox import delivering, historystore, hookstore, settings
from bitbucket_hooks.sandbox.errors import SandboxError
from bitbucket_hooks.sandbox.tenants import new_uuid
from bitbucket_hooks.sandbox.web import paths
from bitbucket_hooks.sandbox.web.form import HookForm
from bitbucket_hooks.sandbox.web.visits import may_change, page
from bitbucket_hooks.sandbox.webhook import MAX_SECRET, StoredHook

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping, Sequence

    from werkzeug.wrappers import Response

    from bitbucket_hooks.sandbox.delivering import Shipment
    from bitbucket_hooks.sandbox.historystore import Sent
    from bitbucket_hooks.sandbox.tenants import StoredRepository
    from bitbucket_hooks.sandbox.web.paths import Subject
    from bitbucket_hooks.sandbox.web.visits import Visit

_DONE: Final = {
    "created": "The webhook was created.",
    "saved": "The webhook was saved.",
    "deleted": "The webhook was deleted.",
    "on": "The webhook is active.",
    "off": "The webhook is inactive: nothing is sent to it.",
}


def show(visit: Visit, subject: Subject) -> Response:
    """Show the webhooks of a repository or workspace."""
    return _list_page(visit, subject)


def switch(visit: Visit, subject: Subject, uid: str) -> Response:
    """Make a webhook active or inactive; the keyboard stays on its switch."""
    hook = visit.own_hook(subject, uid)
    state = "on" if visit.request.form.get("active") == "on" else "off"
    hookstore.update(visit.connection, hook, {"active": state == "on"})
    return redirect(f"{paths.hooks(subject, state)}#{paths.switch_id(hook)}", 303)


def trigger(visit: Visit, subject: StoredRepository) -> Response:
    """Let an event happen, and show what comes of it."""
    try:
        run = delivering.prepare(visit.connection, subject, visit.request.form.get("event", ""))
    except SandboxError as error:
        return _list_page(visit, subject, problem=str(error))
    visit.starting.append(run)
    return redirect(paths.event(subject, run.id), 303)


def add(visit: Visit, subject: Subject) -> Response:
    """Show the form for a new webhook, or make one."""
    if not visit.sends:
        return _form_page(visit, subject, HookForm())
    known = hookstore.known_events(visit.connection, subject.subject_type)
    form = HookForm.from_request(visit.request, known)
    problems = form.problems(settings.load(visit.connection), known, has_secret=False)
    if problems:
        return _form_page(visit, subject, form, problems=problems)
    hook = StoredHook(new_uuid(), subject.uuid, subject.subject_type, **form.changes())
    hookstore.insert(visit.connection, hook)
    return redirect(paths.hooks(subject, "created"), 303)


def edit(visit: Visit, subject: Subject, uid: str) -> Response:
    """Show the form of a webhook, or change it."""
    hook = visit.own_hook(subject, uid)
    if not visit.sends:
        return _form_page(visit, subject, HookForm.from_hook(hook), hook)
    known = hookstore.known_events(visit.connection, subject.subject_type)
    form = HookForm.from_request(visit.request, known)
    current = settings.load(visit.connection)
    problems = form.problems(current, known, has_secret=hook.secret_set)
    if problems:
        return _form_page(visit, subject, form, hook, problems)
    hookstore.update(visit.connection, hook, form.changes())
    return redirect(paths.hooks(subject, "saved"), 303)


def delete(visit: Visit, subject: Subject, uid: str) -> Response:
    """Ask whether to delete a webhook, or do it."""
    hook = visit.own_hook(subject, uid)
    if not visit.sends:
        return page("delete", visit=visit, subject=subject, hook=hook)
    hookstore.delete(visit.connection, hook)
    return redirect(paths.hooks(subject, "deleted"), 303)


def _list_page(visit: Visit, subject: Subject, *, problem: str = "") -> Response:
    return page(
        "webhooks",
        status=400 if problem else 200,
        visit=visit,
        subject=subject,
        problem=problem,
        done=_DONE.get(visit.request.args.get("done", "")),
        rows=[
            (hook, may_change(subject, hook), _last_delivery(visit, hook))
            for hook in visit.hooks(subject)
        ],
        categories=_events_by_category(visit.connection, "repository", "workspace"),
    )


def _last_delivery(visit: Visit, hook: StoredHook) -> Sent | Shipment | None:
    """The last delivery of a webhook; without a history, the last one of this server."""
    if hook.history_enabled:
        return historystore.last(visit.connection, hook.uuid)
    return visit.deliverer.last(hook)


def _form_page(
    visit: Visit,
    subject: Subject,
    form: HookForm,
    hook: StoredHook | None = None,
    problems: Mapping[str, Sequence[str]] | None = None,
) -> Response:
    categories = _events_by_category(visit.connection, subject.subject_type)
    known = {event.event for events in categories.values() for event in events}
    gone = "No longer in the catalogue"
    if unknown := [Event(key, gone, key, key) for key in form.events if key not in known]:
        categories[gone] = unknown
    return page(
        "hook_form",
        status=400 if problems else 200,
        visit=visit,
        subject=subject,
        hook=hook,
        form=form,
        problems=problems or {},
        categories=categories,
        max_secret=MAX_SECRET,
    )


def _events_by_category(
    connection: sqlite3.Connection, *subject_types: str
) -> dict[str, list[Event]]:
    """The catalogue's events of some subject types, each once, in the catalogue's order."""
    categories: dict[str, list[Event]] = {}
    for event in hookstore.catalogue(connection, *subject_types):
        categories.setdefault(event.category, []).append(event)
    return categories
