"""The routes of webhooks and their events."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

from bitbucket_hooks.model.events import SUBJECT_TYPES
from bitbucket_hooks.sandbox import hookstore, pages
from bitbucket_hooks.sandbox.calls import no_content, repository_subject, workspace_subject
from bitbucket_hooks.sandbox.errors import json_response, no_permission, not_found
from bitbucket_hooks.sandbox.identity import require_event_scopes, require_webhook_scope
from bitbucket_hooks.sandbox.models import StoredHook, new_uuid
from bitbucket_hooks.sandbox.validation import PROPERTIES, hook_fields

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

    from bitbucket_hooks.sandbox.calls import IncomingRequest, StoredSubject


def subject_types(call: IncomingRequest) -> Response:
    """Answer `GET /hook_events`."""
    return json_response(
        {
            kind: {"links": {"events": {"href": call.link("hook_events", kind)}}}
            for kind in SUBJECT_TYPES
        }
    )


def event_types(call: IncomingRequest, subject_type: str) -> Response:
    """Answer `GET /hook_events/{subject_type}`: what the service allows today."""
    if subject_type not in SUBJECT_TYPES:
        raise not_found()
    rows = call.connection.execute(
        "SELECT event, category, label, description FROM events"
        " WHERE subject_type = ? ORDER BY rowid",
        (subject_type,),
    )
    values = [dict(row) for row in rows]
    page = pages.asked_for(call.request)
    cut = pages.cut(page, values)
    return json_response(pages.envelope(call.request, page, len(values), cut))


def collection(call: IncomingRequest, workspace: str, slug: str = "") -> Response:
    """Answer GET and POST of a list of hooks."""
    subject = _subject(call, workspace, slug)
    return _create(call, subject) if call.request.method == "POST" else _list(call, subject)


def item(call: IncomingRequest, workspace: str, uid: str, slug: str = "") -> Response:
    """Answer GET, PUT and DELETE of one hook."""
    subject = _subject(call, workspace, slug)
    uid = uid.lower()
    if call.settings.bare_uid and not uid.startswith("{"):
        uid = f"{{{uid}}}"
    if call.request.method == "PUT":
        return _replace(call, subject, uid)
    if call.request.method == "DELETE":
        return _delete(call, subject, uid)
    for hook in hookstore.visible(call.connection, subject.uuid):
        if hook.uuid == uid:
            return json_response(_shown(call, subject, hook))
    raise not_found()


def _subject(call: IncomingRequest, workspace: str, slug: str) -> StoredSubject:
    require_webhook_scope(call.identity, call.request.method)
    if slug:
        subject = repository_subject(call, workspace, slug)
    else:
        subject = workspace_subject(call, workspace)
    if not subject.admin:
        raise no_permission(f"the {subject.kind} {subject.name}")
    return subject


def _list(call: IncomingRequest, subject: StoredSubject) -> Response:
    hooks = hookstore.visible(call.connection, subject.uuid)
    page = pages.asked_for(call.request)
    values = [_shown(call, subject, hook) for hook in pages.cut(page, hooks)]
    return json_response(pages.envelope(call.request, page, len(hooks), values))


def _create(call: IncomingRequest, subject: StoredSubject) -> Response:
    hook = StoredHook(
        uuid=new_uuid(), subject=subject.uuid, subject_type=subject.kind, **_sent(call, subject)
    )
    body = _shown(call, subject, hookstore.insert(call.connection, hook, call.settings.read_lag_ms))
    return json_response(body, 201, Location=body["links"]["self"]["href"])


def _replace(call: IncomingRequest, subject: StoredSubject, uid: str) -> Response:
    """PUT replaces url, description, active and events, even when they are not sent.

    A secret that is not sent stays (public API description), and so do the properties that the
    description lacks (unverified).
    """
    old = _own(call, subject, uid)
    changes = {"description": "", "active": True, **_sent(call, subject)}
    new = hookstore.update(call.connection, old, changes, call.settings.read_lag_ms)
    return json_response(_shown(call, subject, new))


def _delete(call: IncomingRequest, subject: StoredSubject, uid: str) -> Response:
    hookstore.delete(call.connection, _own(call, subject, uid), call.settings.read_lag_ms)
    return no_content(call)


def _own(call: IncomingRequest, subject: StoredSubject, uid: str) -> StoredHook:
    """Find the hook that a write names. Refuses missing ones, and those of an installed app."""
    hook = hookstore.find(call.connection, uid)
    if not hook or hook.subject != subject.uuid:
        raise not_found()
    if hook.read_only:
        raise no_permission(f"the webhook {hook.uuid}")
    return hook


def _sent(call: IncomingRequest, subject: StoredSubject) -> dict[str, Any]:
    known = hookstore.known_events(call.connection, subject.kind)
    sent = hook_fields(call.request, call.settings, known)
    require_event_scopes(call.identity, sent["events"])
    if "secret" in sent:
        sent["secret"] = sent["secret"] or None
    if "description" in sent:
        sent["description"] = _stored(call, sent["description"] or "")
    # Stored in the catalogue's order: what was sent and what is read differ in their order.
    sent["events"] = [key for key in known if key in sent["events"]]
    return sent


def _stored(call: IncomingRequest, text: str) -> str:
    """Give a text as the service keeps it."""
    text = text.strip() if call.settings.trims_texts else text
    return unicodedata.normalize("NFD", text) if call.settings.decomposes_texts else text


def _shown(call: IncomingRequest, subject: StoredSubject, hook: StoredHook) -> dict[str, Any]:
    """Give a hook as the API shows it: of the secret only whether there is one."""
    href = call.link(*subject.path, "hooks", hook.uuid)
    return {
        "type": "webhook_subscription",
        "uuid": hook.uuid,
        **{name: getattr(hook, name) for name in PROPERTIES if name != "secret"},
        "subject_type": hook.subject_type,
        "subject": subject.shown,
        "created_at": hook.created_at,
        "events": list(hook.events),
        "secret_set": hook.secret_set,
        "read_only": hook.read_only,
        "source": None,
        "links": {"self": {"href": href}},
        **hookstore.oddities(call.connection, hook),
    }
