"""The pages of what webhooks sent: the history of one, one delivery, and what came of an event."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING

from werkzeug.utils import redirect

from bitbucket_hooks.sandbox import delivering, historystore, hookstore
from bitbucket_hooks.sandbox.errors import SandboxError
from bitbucket_hooks.sandbox.web import paths
from bitbucket_hooks.sandbox.web.visits import may_change, page

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

    from bitbucket_hooks.sandbox.historystore import Sent
    from bitbucket_hooks.sandbox.web.paths import Subject
    from bitbucket_hooks.sandbox.web.visits import Visit
    from bitbucket_hooks.sandbox.webhook import StoredHook


def history(visit: Visit, subject: Subject, uid: str) -> Response:
    """Show what a webhook sent; a form switches its history on or off."""
    hook = visit.hook(subject, uid)
    if visit.sends:
        hook = visit.own_hook(subject, uid)
        enabled = visit.request.form.get("history") == "on"
        hookstore.update(visit.connection, hook, {"history_enabled": enabled})
        return redirect(paths.hook(subject, hook, "requests"), 303)
    deliveries = historystore.of_hook(visit.connection, hook.uuid)
    return page(
        "requests",
        visit=visit,
        subject=subject,
        hook=hook,
        is_ours=may_change(subject, hook),
        deliveries=deliveries,
        pending=any(_is_pending(sent) for sent in deliveries),
    )


def details(visit: Visit, subject: Subject, uid: str, number: int) -> Response:
    """Show one delivery whole."""
    hook = visit.hook(subject, uid)
    return _details_page(visit, subject, hook, _find(visit, hook, number))


def resend(visit: Visit, subject: Subject, uid: str, number: int) -> Response:
    """Send the payload of a delivery again, and show what comes of it."""
    hook = visit.hook(subject, uid)
    sent = _find(visit, hook, number)
    try:
        run = delivering.prepare_again(visit.connection, hook, sent)
    except SandboxError as error:
        return _details_page(visit, subject, hook, sent, problem=str(error))
    visit.starting.append(run)
    return redirect(paths.event(subject, run.id), 303)


def event(visit: Visit, subject: Subject, name: str) -> Response:
    """Show what came of an event so far; to a workspace belong those of its repositories."""
    run = visit.deliverer.run(name)
    if not run or not f"{run.subject}/".startswith(f"{subject.full_name}/"):
        raise SandboxError("what came of this event is no longer known here; trigger it again")
    return page("event", subject=subject, run=run)


def _find(visit: Visit, hook: StoredHook, number: int) -> Sent:
    sent = historystore.find(visit.connection, hook.uuid, number)
    if not sent:
        raise SandboxError(
            f"there is no request {number} of this webhook, or no longer; go back to its list"
        )
    return sent


def _details_page(
    visit: Visit, subject: Subject, hook: StoredHook, sent: Sent, problem: str = ""
) -> Response:
    return page(
        "request",
        status=409 if problem else 200,
        visit=visit,
        subject=subject,
        hook=hook,
        sent=sent,
        problem=problem,
        pretty=_pretty,
        pending=_is_pending(sent),
    )


def _is_pending(sent: Sent) -> bool:
    return not sent.done and not sent.is_lost


def _pretty(body: str) -> str:
    with contextlib.suppress(ValueError, RecursionError):
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    return body
