"""What webhooks sent: the history of one, one delivery of it, and what came of an event."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Final

from markupsafe import Markup
from werkzeug.utils import redirect

from bitbucket_hooks.sandbox import delivering, historystore, hookstore
from bitbucket_hooks.sandbox.errors import SandboxError
from bitbucket_hooks.sandbox.models import StoredRepository
from bitbucket_hooks.sandbox.web import layout, paths
from bitbucket_hooks.sandbox.web.markup import code, joined, tag, text
from bitbucket_hooks.sandbox.web.visits import may_change

if TYPE_CHECKING:
    from collections.abc import Iterable

    from werkzeug.wrappers import Response

    from bitbucket_hooks.sandbox.delivering import EventRun, Shipment
    from bitbucket_hooks.sandbox.historystore import Attempt, Sent
    from bitbucket_hooks.sandbox.models import StoredHook
    from bitbucket_hooks.sandbox.web.visits import Subject, Visit

_OK: Final = range(200, 300)


def history(visit: Visit, subject: Subject, uid: str) -> Response:
    """Show what a webhook sent; a form switches its history on or off."""
    hook = visit.hook(subject, uid)
    if visit.sends:
        hook = visit.own_hook(subject, uid)
        enabled = visit.request.form.get("history") == "on"
        hookstore.update(visit.connection, hook, {"history_enabled": enabled})
        return redirect(paths.of(subject, hook, "requests"), 303)
    found = historystore.of_hook(visit.connection, hook.uuid)
    columns = ("Event", "Request time", "Status", "Attempts", "Duration", "Actions")
    rows = [_row(subject, hook, sent) for sent in found]
    return layout.page(
        "Requests",
        _heading(hook),
        _switch(visit, subject, hook),
        tag(
            "div",
            layout.table("Requests", columns, rows)
            if rows
            else tag("p", "Nothing was recorded yet.", class_="nothing"),
            id="live",
        ),
        tag(
            "p",
            tag("a", "Load new requests", href=paths.of(subject, hook, "requests")),
            _to_trigger(subject),
            class_="buttons",
        ),
        trail=layout.above(subject),
        pending=any(_is_pending(sent) for sent in found),
    )


def _to_trigger(subject: Subject) -> Markup:
    if isinstance(subject, StoredRepository):
        return tag("a", "Trigger an event", href=f"{paths.hooks(subject)}#trigger")
    return tag("a", "Trigger an event in a repository", href=paths.home())


def _heading(hook: StoredHook) -> Markup:
    return tag("p", text(layout.named(hook)), " ", code(hook.url), class_="context")


def _is_pending(sent: Sent) -> bool:
    return not sent.done and not sent.is_lost


def _switch(visit: Visit, subject: Subject, hook: StoredHook) -> Markup:
    enabled = hook.history_enabled
    told = "History is on: the latest 100 requests are kept." if enabled else "History is off."
    if not may_change(subject, hook):
        return tag("p", told)
    change = tag("input", type="hidden", name="history", value="off" if enabled else "on")
    return layout.form(
        visit.token,
        paths.of(subject, hook, "requests"),
        tag("p", told),
        change,
        layout.button("Disable history" if enabled else "Enable history"),
        class_="buttons",
    )


def _row(subject: Subject, hook: StoredHook, sent: Sent) -> Markup:
    last = sent.last
    status = _status(last.status, last.reason) if sent.done and last else _open(sent)
    details = tag(
        "a",
        "View details",
        tag("span", f" of request {sent.id}", class_="unseen"),
        href=paths.of(subject, hook, "requests", str(sent.id)),
    )
    return layout.row(
        layout.cell("Event", code(sent.event)),
        layout.cell("Request time", layout.at(sent.at)),
        layout.cell("Status", status),
        layout.cell("Attempts", str(len(sent.attempts))),
        layout.cell("Duration", _duration(each.seconds for each in sent.attempts)),
        layout.cell("Actions", details, class_="actions"),
    )


def _status(status: int | None, reason: str) -> Markup:
    kind = "add" if status in _OK else "fail"
    return tag("span", text(historystore.told(status, reason)), class_=f"badge {kind}")


def _open(sent: Sent) -> Markup:
    if sent.is_lost:
        return tag("span", "interrupted", class_="badge warn")
    return _pending()


def _pending() -> Markup:
    return tag("span", "pending", class_="badge keep")


def _duration(seconds: Iterable[float]) -> str:
    return f"{sum(seconds):.2f} s"


def details(visit: Visit, subject: Subject, uid: str, number: int) -> Response:
    """Show one delivery whole."""
    hook = visit.hook(subject, uid)
    return _details(visit, subject, hook, _find(visit, hook, number))


def resend(visit: Visit, subject: Subject, uid: str, number: int) -> Response:
    """Send the payload of a delivery again, and show what comes of it."""
    hook = visit.hook(subject, uid)
    sent = _find(visit, hook, number)
    try:
        run = delivering.prepare_again(visit.connection, hook, sent)
    except SandboxError as error:
        return _details(visit, subject, hook, sent, problem=str(error))
    visit.starting.append(run)
    return redirect(paths.run(subject, run.id), 303)


def _find(visit: Visit, hook: StoredHook, number: int) -> Sent:
    found = historystore.find(visit.connection, hook.uuid, number)
    if not found:
        raise SandboxError(
            f"there is no request {number} of this webhook, or no longer; go back to its list"
        )
    return found


def _details(
    visit: Visit, subject: Subject, hook: StoredHook, sent: Sent, problem: str = ""
) -> Response:
    here = paths.of(subject, hook, "requests", str(sent.id))
    size = f"{len(sent.body):,} bytes, indented here; the signature is that of the raw body"
    return layout.page(
        f"Request {sent.id}",
        tag("p", code(sent.event), " to ", code(sent.url), ", ", layout.at(sent.at)),
        layout.form(
            visit.token,
            f"{here}/resend",
            tag("p", text(problem), class_="problem", role="alert") if problem else None,
            layout.button("Resend"),
            class_="buttons",
        ),
        tag("div", _answers(sent), id="live"),
        tag(
            "section",
            tag("h2", "Request"),
            _headers(sent.headers.items()),
            tag("p", size, class_="context"),
            _body(sent.body.decode(errors="replace")),
            class_="card",
        ),
        trail=[*layout.above(subject), ("Requests", paths.of(subject, hook, "requests"))],
        status=409 if problem else 200,
        pending=_is_pending(sent),
    )


def _answers(sent: Sent) -> Markup:
    shown = joined(*map(_answer, sent.attempts))
    if sent.done:
        return shown
    return shown + tag("p", "The answer is still to come: ", _open(sent))


def _answer(attempt: Attempt) -> Markup:
    head = tag("h2", f"Attempt {attempt.number}: ", _status(attempt.status, attempt.reason))
    took = tag("p", f"took {attempt.seconds:.2f} s", class_="context")
    if attempt.status is None:
        return tag("section", head, took, tag("p", text(attempt.problem or "")), class_="card")
    return tag(
        "section",
        *(head, took, _headers(attempt.headers)),
        _body(attempt.body) if attempt.body else tag("p", "No body.", class_="context"),
        class_="card",
    )


def _headers(pairs: Iterable[tuple[str, str]]) -> Markup:
    listed = joined(*(tag("dt", text(name)) + tag("dd", text(value)) for name, value in pairs))
    return tag("details", tag("summary", "Headers"), tag("dl", listed, class_="headers"), open=True)


def _body(body: str) -> Markup:
    with contextlib.suppress(ValueError, RecursionError):
        body = json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    lines = joined(*(text(line) + "\n" for line in body.splitlines()))
    return tag("pre", lines, tabindex="0", role="region", aria_label="Body")


def event(visit: Visit, subject: Subject, name: str) -> Response:
    """Show what came of an event so far; to a workspace belong those of its repositories."""
    run = visit.deliverer.run(name)
    if not run or not f"{run.subject}/".startswith(f"{subject.full_name}/"):
        raise SandboxError("what came of this event is no longer known here; trigger it again")
    return layout.page(
        "Event triggered",
        tag("p", code(run.event), text(f" in {run.subject}"), class_="context"),
        tag("div", tag("p", _told(run), role="status"), _shipments(subject, run), id="live"),
        tag("p", tag("a", "Back to the webhooks", href=paths.hooks(subject)), class_="buttons"),
        trail=layout.above(subject),
        pending=not run.done,
    )


def _told(run: EventRun) -> str:
    count = len(run.shipments)
    if not count:
        return "No active webhook listens to it: nothing is sent."
    answered = sum(each.done for each in run.shipments)
    if answered < count:
        return f"{answered} of {count} deliveries are through …"
    return "The delivery is through." if count == 1 else f"{count} deliveries are through."


def _shipments(subject: Subject, run: EventRun) -> Markup | None:
    if not run.shipments:
        return None
    columns = ("Webhook", "Status", "Attempts", "Duration", "Actions")
    rows = [_shipment(subject, each) for each in run.shipments]
    return layout.table("Deliveries", columns, rows)


def _shipment(subject: Subject, shipment: Shipment) -> Markup:
    hook, last = shipment.hook, shipment.last
    more = tag("span", "keeps no history", class_="context")
    if shipment.number is not None:
        path = paths.of(subject, hook, "requests", str(shipment.number))
        whose = tag("span", text(f" of {layout.named(hook)}"), class_="unseen")
        more = tag("a", "View details", whose, href=path)
    status = _status(last.status, last.reason) if shipment.done and last else _pending()
    problem = tag("div", text(last.problem), class_="context") if last and last.problem else None
    return layout.row(
        layout.cell(
            "Webhook", tag("b", text(layout.named(hook)), class_="name"), tag("div", code(hook.url))
        ),
        layout.cell("Status", status, problem),
        layout.cell("Attempts", str(len(shipment.outcomes))),
        layout.cell("Duration", _duration(each.seconds for each in shipment.outcomes)),
        layout.cell("Actions", more, class_="actions"),
    )
