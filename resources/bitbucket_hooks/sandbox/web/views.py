"""What each page of the sandbox shows and does: repositories, webhooks, and what they sent."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any, Final

import attrs
from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from bitbucket_hooks.html.render import render
from bitbucket_hooks.model.events import Event
from bitbucket_hooks.sandbox import delivering, historystore, hookstore, settings, tenants
from bitbucket_hooks.sandbox.delivering import Deliverer, EventRun
from bitbucket_hooks.sandbox.errors import SandboxError
from bitbucket_hooks.sandbox.historystore import Sent
from bitbucket_hooks.sandbox.tenants import StoredRepository, Subject, new_uuid
from bitbucket_hooks.sandbox.web import paths
from bitbucket_hooks.sandbox.web.form import HookForm
from bitbucket_hooks.sandbox.webhook import MAX_SECRET, StoredHook

_PAGE: Final = 50
_MOST_PAGES: Final = 10**6
_FOUND: Final = """
FROM repositories r JOIN workspaces w ON w.uuid = r.workspace JOIN projects p ON p.uuid = r.project
WHERE (w.slug || '/' || r.slug) LIKE :like ESCAPE '\\' OR EXISTS (
    SELECT 1 FROM hooks h WHERE h.subject = r.uuid
    AND (json_extract(h.body, '$.url') LIKE :like ESCAPE '\\'
         OR json_extract(h.body, '$.description') LIKE :like ESCAPE '\\'))
"""
_ROWS: Final = f"""
SELECT w.slug || '/' || r.slug AS name, p.key AS project, r.private,
       (SELECT count(*) FROM hooks h WHERE h.subject = r.uuid) AS hooks
{_FOUND} ORDER BY w.slug, r.slug LIMIT :limit OFFSET :offset
"""  # noqa: S608 - the parts are ours
_WORKSPACES: Final = """
SELECT slug, (SELECT count(*) FROM hooks h WHERE h.subject = w.uuid) AS hooks
FROM workspaces w ORDER BY slug
"""
_DONE: Final = {
    "created": "The webhook was created.",
    "saved": "The webhook was saved.",
    "deleted": "The webhook was deleted.",
    "on": "The webhook is active.",
    "off": "The webhook is inactive: nothing is sent to it.",
}


@attrs.frozen
class Visit:
    """What a page needs to answer. The connection may write when a form was sent."""

    request: Request
    connection: sqlite3.Connection
    token: str
    """What the page's forms hold."""
    deliverer: Deliverer
    starting: list[EventRun] = attrs.field(factory=list)
    """What is sent as soon as the transaction is over."""

    @property
    def sends(self) -> bool:
        """Whether a form was sent."""
        return self.request.method == "POST"

    def subject(self, workspace: str, slug: str | None) -> Subject:
        """Find a repository, or without a slug a workspace. Raises `SandboxError`."""
        if slug:
            return tenants.repository(self.connection, f"{workspace}/{slug}")
        return tenants.workspace(self.connection, workspace)

    def hook(self, subject: Subject, uid: str) -> StoredHook:
        """Find a hook that a page shows. Raises `SandboxError`."""
        found = hookstore.find(self.connection, uid)
        if found.subject not in _shown_on(subject):
            raise SandboxError(
                f'there is no webhook "{uid}" of {subject.full_name}; go back to its list'
            )
        return found

    def own_hook(self, subject: Subject, uid: str) -> StoredHook:
        """Find one that may be changed on the page. Raises `SandboxError`."""
        found = self.hook(subject, uid)
        if not _may_change(subject, found):
            raise SandboxError(
                "this webhook is read-only here; change it where it belongs, with "
                "`bitbucket-hooks sandbox change-hook`"
            )
        return found

    def events(self, *subject_types: str) -> dict[str, list[Event]]:
        """Give the catalogue's events of some subject types, by category."""
        categories: dict[str, list[Event]] = {}
        for event in hookstore.catalogue(self.connection, *subject_types):
            categories.setdefault(event.category, []).append(event)
        return categories


def page(template: str, *, status: int = 200, **values: Any) -> Response:
    """Render a page of the sandbox."""
    html = render(f"sandbox/{template}.html", paths=paths, **values)
    return Response(html, status, mimetype="text/html")


def _shown_on(subject: Subject) -> tuple[str, ...]:
    """Whose hooks a page shows: a repository's own, then its workspace's."""
    above = [subject.workspace] if isinstance(subject, StoredRepository) else []
    return (subject.uuid, *above)


def _may_change(subject: Subject, hook: StoredHook) -> bool:
    """Whether a page may change a hook; it only shows those of others and of apps."""
    return hook.subject == subject.uuid and not hook.read_only


def repositories(visit: Visit) -> Response:
    """Show one page of the repositories whose name, or one of whose webhooks, matches."""
    words = visit.request.args.get("q", "").strip()
    text = visit.request.args.get("page", "1")
    is_number = text.isascii() and text.isdecimal()
    number = min(max(int(text), 1), _MOST_PAGES) if is_number else 1
    escaped = words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    values: dict[str, Any] = {"like": f"%{escaped}%"}
    (count,) = visit.connection.execute(f"SELECT count(*) {_FOUND}", values).fetchone()
    values |= {"limit": _PAGE, "offset": (number - 1) * _PAGE}
    return page(
        "repositories",
        words=words,
        count=count,
        page=number,
        last_page=max(-(-count // _PAGE), 1),
        repositories=visit.connection.execute(_ROWS, values).fetchall(),
        workspaces=visit.connection.execute(_WORKSPACES).fetchall(),
    )


def hooks(visit: Visit, subject: Subject, problem: str = "") -> Response:
    """Show the webhooks of a repository or workspace."""
    uuids = _shown_on(subject)
    found = [hook for uuid in uuids for hook in hookstore.current(visit.connection, uuid)]
    return page(
        "webhooks",
        status=400 if problem else 200,
        visit=visit,
        subject=subject,
        problem=problem,
        done=_DONE.get(visit.request.args.get("done", "")),
        rows=[(hook, _may_change(subject, hook), _last_sent(visit, hook)) for hook in found],
        categories=visit.events("repository", "workspace"),
    )


def _last_sent(visit: Visit, hook: StoredHook) -> Sent | None:
    """The last delivery of a webhook; without a history, the last one of this server."""
    if not hook.history_enabled:
        return visit.deliverer.last(hook)
    return next(iter(historystore.history(visit.connection, hook, most=1)), None)


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
        return hooks(visit, subject, problem=str(error))
    visit.starting.append(run)
    return redirect(paths.event(subject, run.id), 303)


def add(visit: Visit, subject: Subject) -> Response:
    """Show the form for a new webhook, or make one."""
    if not visit.sends:
        return _form_page(visit, subject, HookForm())
    form, problems = _sent_form(visit, subject)
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
    form, problems = _sent_form(visit, subject, has_secret=hook.secret_set)
    if problems:
        return _form_page(visit, subject, form, hook, problems)
    hookstore.update(visit.connection, hook, form.changes())
    return redirect(paths.hooks(subject, "saved"), 303)


def _sent_form(
    visit: Visit, subject: Subject, *, has_secret: bool = False
) -> tuple[HookForm, dict[str, list[str]]]:
    """Read the form that was sent, and find what is wrong with it."""
    known = hookstore.known_events(visit.connection, subject.subject_type)
    form = HookForm.from_request(visit.request, known)
    current = settings.load(visit.connection)
    return form, form.problems(current, known, has_secret=has_secret)


def _form_page(
    visit: Visit,
    subject: Subject,
    form: HookForm,
    hook: StoredHook | None = None,
    problems: Mapping[str, Sequence[str]] | None = None,
) -> Response:
    categories = visit.events(subject.subject_type)
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


def delete(visit: Visit, subject: Subject, uid: str) -> Response:
    """Ask whether to delete a webhook, or do it."""
    hook = visit.own_hook(subject, uid)
    if not visit.sends:
        return page("delete", visit=visit, subject=subject, hook=hook)
    hookstore.delete(visit.connection, hook)
    return redirect(paths.hooks(subject, "deleted"), 303)


def requests(visit: Visit, subject: Subject, uid: str) -> Response:
    """Show what a webhook sent; a form switches its history on or off."""
    if visit.sends:
        hook = visit.own_hook(subject, uid)
        enabled = visit.request.form.get("history") == "on"
        hookstore.update(visit.connection, hook, {"history_enabled": enabled})
        return redirect(paths.hook(subject, hook, "requests"), 303)
    hook = visit.hook(subject, uid)
    deliveries = historystore.history(visit.connection, hook)
    return page(
        "requests",
        visit=visit,
        subject=subject,
        hook=hook,
        is_ours=_may_change(subject, hook),
        deliveries=deliveries,
        pending=any(map(_is_pending, deliveries)),
    )


def request(visit: Visit, subject: Subject, uid: str, number: int, problem: str = "") -> Response:
    """Show one delivery whole."""
    sent = _sent(visit, subject, uid, number)
    return page(
        "request",
        status=409 if problem else 200,
        visit=visit,
        subject=subject,
        hook=sent.hook,
        sent=sent,
        problem=problem,
        pretty=_pretty,
        pending=_is_pending(sent),
    )


def resend(visit: Visit, subject: Subject, uid: str, number: int) -> Response:
    """Send the payload of a delivery again, and show what comes of it."""
    sent = _sent(visit, subject, uid, number)
    try:
        run = delivering.prepare_again(visit.connection, sent)
    except SandboxError as error:
        return request(visit, subject, uid, number, problem=str(error))
    visit.starting.append(run)
    return redirect(paths.event(subject, run.id), 303)


def event(visit: Visit, subject: Subject, name: str) -> Response:
    """Show what came of an event so far; to a workspace belong those of its repositories."""
    run = visit.deliverer.run(name)
    if not run or not f"{run.subject}/".startswith(f"{subject.full_name}/"):
        raise SandboxError("what came of this event is no longer known here; trigger it again")
    return page("event", subject=subject, run=run)


def _sent(visit: Visit, subject: Subject, uid: str, number: int) -> Sent:
    found = historystore.history(visit.connection, visit.hook(subject, uid), number)
    if not found:
        raise SandboxError(
            f"there is no request {number} of this webhook, or no longer; go back to its list"
        )
    return found[0]


def _is_pending(sent: Sent) -> bool:
    return not sent.done and not sent.is_lost


def _pretty(body: str) -> str:
    with contextlib.suppress(ValueError, RecursionError):
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    return body
