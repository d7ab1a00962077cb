"""The routes of webhooks and their events."""

from __future__ import annotations

import unicodedata
from typing import Any, Final

import attrs
from werkzeug.wrappers import Response

from bitbucket_hooks.model.events import SUBJECT_TYPES
from bitbucket_hooks.sandbox import hookstore
from bitbucket_hooks.sandbox.calls import IncomingRequest
from bitbucket_hooks.sandbox.errors import json_response, no_permission, not_found
from bitbucket_hooks.sandbox.identity import require_event_scopes
from bitbucket_hooks.sandbox.tenants import Subject, new_uuid
from bitbucket_hooks.sandbox.webhook import PROPERTIES, StoredHook, accepted_properties

_VERBS: Final = {"GET": "read", "HEAD": "read", "POST": "write", "PUT": "write", "DELETE": "delete"}


def subject_types(call: IncomingRequest) -> Response:
    """Answer `GET /hook_events`."""
    links = {kind: {"href": call.link("hook_events", kind)} for kind in SUBJECT_TYPES}
    return json_response({kind: {"links": {"events": link}} for kind, link in links.items()})


def event_types(call: IncomingRequest, subject_type: str) -> Response:
    """Answer `GET /hook_events/{subject_type}`: what the service allows today."""
    if subject_type not in SUBJECT_TYPES:
        raise not_found()
    return call.listed(hookstore.catalogue(call.connection, subject_type), attrs.asdict)


def collection(call: IncomingRequest, workspace: str, slug: str = "") -> Response:
    """Answer GET and POST of a list of hooks."""
    subject = _subject(call, workspace, slug)
    if call.reads:
        hooks = hookstore.visible(call.connection, subject.uuid)
        return call.listed(hooks, lambda hook: _shown(call, subject, hook))
    hook = StoredHook(new_uuid(), subject.uuid, subject.subject_type, **_sent(call, subject))
    body = _shown(call, subject, hookstore.insert(call.connection, hook, call.settings.read_lag_ms))
    return json_response(body, 201, Location=body["links"]["self"]["href"])


def item(call: IncomingRequest, workspace: str, uid: str, slug: str = "") -> Response:
    """Answer GET, PUT and DELETE of one hook."""
    subject = _subject(call, workspace, slug)
    uid = uid.lower()
    if call.settings.bare_uid and not uid.startswith("{"):
        uid = f"{{{uid}}}"
    if call.reads:
        visible = hookstore.visible(call.connection, subject.uuid)
        found = [hook for hook in visible if hook.uuid == uid]
        if not found:
            raise not_found()
        return json_response(_shown(call, subject, found[0]))
    hook = hookstore.find(call.connection, uid)
    if hook.subject != subject.uuid or hook.uuid != uid:
        raise not_found()
    if hook.read_only:  # that of an installed app
        raise no_permission(f"the webhook {hook.uuid}")
    lag = call.settings.read_lag_ms
    if call.request.method == "DELETE":
        hookstore.delete(call.connection, hook, lag)
        return call.no_content()
    # PUT replaces url, description, active and events, even when they are not sent. A secret that
    # is not sent stays (public API description), and so do the properties that the description
    # lacks (unverified).
    changes = {"description": "", "active": True, **_sent(call, subject)}
    new = hookstore.update(call.connection, hook, changes, lag)
    return json_response(_shown(call, subject, new))


def _subject(call: IncomingRequest, workspace: str, slug: str) -> Subject:
    # For API tokens each verb has its own scope (public docs).
    call.identity.require(f"{_VERBS[call.request.method]}:webhook:bitbucket", "webhook")
    subject = call.repository(workspace, slug) if slug else call.workspace(workspace)
    if call.role(subject) not in ("admin", "owner"):
        raise no_permission(f"the {subject.subject_type} {subject.full_name}")
    return subject


def _sent(call: IncomingRequest, subject: Subject) -> dict[str, Any]:
    known = hookstore.known_events(call.connection, subject.subject_type)
    sent = accepted_properties(call.json_object(), call.settings, known)
    require_event_scopes(call.identity, sent["events"])
    if "description" in sent:
        text = sent["description"] or ""
        if call.settings.trims_texts:
            text = text.strip()
        if call.settings.decomposes_texts:
            text = unicodedata.normalize("NFD", text)
        sent["description"] = text
    # Stored in the catalogue's order: what was sent and what is read differ in their order.
    sent["events"] = [key for key in known if key in sent["events"]]
    return sent


def _shown(call: IncomingRequest, subject: Subject, hook: StoredHook) -> dict[str, Any]:
    """Give a hook as the API shows it: of the secret only whether there is one."""
    return {
        "type": "webhook_subscription",
        "uuid": hook.uuid,
        **{name: getattr(hook, name) for name in PROPERTIES if name != "secret"},
        "subject_type": hook.subject_type,
        "subject": call.shown_subject(subject),
        "created_at": hook.created_at,
        "secret_set": hook.secret_set,
        "read_only": hook.read_only,
        "source": None,
        "links": {"self": {"href": call.link(*subject.path, "hooks", hook.uuid)}},
        **hook.shown_instead,
    }
