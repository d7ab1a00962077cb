"""The webhooks of a repository or workspace, and the form that lets an event happen there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from markupsafe import Markup
from werkzeug.utils import redirect

from bitbucket_hooks.sandbox import delivering, historystore, hookstore
from bitbucket_hooks.sandbox.errors import SandboxError
from bitbucket_hooks.sandbox.models import StoredRepository
from bitbucket_hooks.sandbox.web import layout, paths
from bitbucket_hooks.sandbox.web.catalogue import events, grouped
from bitbucket_hooks.sandbox.web.markup import code, joined, tag, text
from bitbucket_hooks.sandbox.web.visits import may_change

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

    from bitbucket_hooks.deliveries.sending import DeliveryResult
    from bitbucket_hooks.sandbox.historystore import Attempt
    from bitbucket_hooks.sandbox.models import StoredHook
    from bitbucket_hooks.sandbox.web.visits import Subject, Visit

_DONE: Final = {
    "created": "The webhook was created.",
    "saved": "The webhook was saved.",
    "deleted": "The webhook was deleted.",
    "on": "The webhook is active.",
    "off": "The webhook is inactive: nothing is sent to it.",
}
_NO_SUCH_PAGE: Final = (
    "Bitbucket itself has no such page: webhooks of a workspace are made and changed by its API "
    "alone. They listen to every repository of the workspace."
)
_OK: Final = range(200, 300)
_FEW: Final = 2


def show(visit: Visit, subject: Subject) -> Response:
    """Show the webhooks of a repository or workspace."""
    return _page(visit, subject)


def switch(visit: Visit, subject: Subject, uid: str) -> Response:
    """Make a webhook active or inactive."""
    hook = visit.own_hook(subject, uid)
    state = "on" if visit.request.form.get("active") == "on" else "off"
    hookstore.update(visit.connection, hook, {"active": state == "on"})
    return redirect(paths.switched(subject, hook, state), 303)


def trigger(visit: Visit, subject: StoredRepository) -> Response:
    """Let an event happen, and show what comes of it."""
    try:
        run = delivering.prepare(visit.connection, subject, visit.request.form.get("event", ""))
    except SandboxError as error:
        return _page(visit, subject, problem=str(error))
    visit.starting.append(run)
    return redirect(paths.run(subject, run.id), 303)


def _page(visit: Visit, subject: Subject, *, problem: str = "") -> Response:
    hooks = visit.hooks(subject)
    done = _DONE.get(visit.request.args.get("done", ""))
    return layout.page(
        "Webhooks",
        tag("p", text(subject.full_name), class_="context"),
        layout.notice(done) if done else None,
        None
        if isinstance(subject, StoredRepository)
        else tag("p", _NO_SUCH_PAGE, class_="context"),
        _table(visit, subject, hooks) if hooks else _nothing(subject),
        tag("p", tag("a", "Add webhook", href=paths.new(subject), class_="button first")),
        _trigger(visit, subject, problem) if isinstance(subject, StoredRepository) else None,
        _hint(),
        trail=[("Repositories", paths.home())],
        status=400 if problem else 200,
    )


def _nothing(subject: Subject) -> Markup:
    return tag("p", f"This {subject.subject_type} has no webhooks.", class_="nothing")


def _table(visit: Visit, subject: Subject, hooks: list[StoredHook]) -> Markup:
    columns = ("Title and URL", "Status", "Last delivery", "Triggers", "Actions")
    return layout.table("Webhooks", columns, [_row(visit, subject, hook) for hook in hooks])


def _row(visit: Visit, subject: Subject, hook: StoredHook) -> Markup:
    return layout.row(
        layout.cell(
            "Title and URL",
            tag("b", text(layout.named(hook)), class_="name"),
            tag("div", code(hook.url)),
            _owner(subject, hook),
        ),
        layout.cell("Status", _switch(visit, subject, hook), _status(hook)),
        layout.cell("Last delivery", _last(visit, subject, hook)),
        layout.cell("Triggers", _triggers(hook)),
        layout.cell("Actions", _actions(subject, hook), class_="actions"),
    )


def _owner(subject: Subject, hook: StoredHook) -> Markup | None:
    if may_change(subject, hook):
        return None
    if hook.read_only:
        return tag("div", "of an installed app: read-only", class_="context")
    above = str(subject.full_name).partition("/")[0]
    page = tag("a", text(above), href=paths.hooks_of(above))
    return tag("div", "of the workspace ", page, ": read-only here", class_="context")


def _switch(visit: Visit, subject: Subject, hook: StoredHook) -> Markup | None:
    if not may_change(subject, hook):
        return None
    turned = "off" if hook.active else "on"
    return layout.form(
        visit.token,
        paths.switch(subject, hook),
        tag("input", type="hidden", name="active", value=turned),
        tag(
            "button",
            type="submit",
            role="switch",
            id=paths.switch_id(hook),
            title=f"Switch {turned}",
            aria_checked="true" if hook.active else "false",
            aria_label=text(f"Active: {layout.named(hook)}"),
        ),
    )


def _last(visit: Visit, subject: Subject, hook: StoredHook) -> Markup:
    """What came of the last delivery; without a history, of the last one of this server."""
    if not hook.history_enabled:
        shipment = visit.deliverer.last(hook)
        if not shipment:
            return tag("span", "none known", class_="context")
        return _mark(shipment.last if shipment.done else None)
    sent = historystore.last(visit.connection, hook.uuid)
    if not sent:
        return tag("span", "none yet", class_="context")
    path = paths.of(subject, hook, "requests", str(sent.id))
    whose = tag("span", text(f" request of {layout.named(hook)}"), class_="unseen")
    mark = _mark(sent.last if sent.done else None)
    return joined(mark, tag("div", tag("a", layout.at(sent.at), whose, href=path)))


def _mark(outcome: DeliveryResult | Attempt | None) -> Markup:
    if outcome is None:
        return tag("span", "pending", class_="badge keep")
    kind, sign, word = ("add", "✓", "arrived") if outcome.status in _OK else ("fail", "✗", "failed")
    return tag(
        "span",
        tag("span", sign, role="img", aria_label=word),
        text(f" {historystore.told(outcome.status, outcome.reason)}"),
        class_=f"badge {kind}",
    )


def _status(hook: StoredHook) -> Markup:
    kind, word = ("keep", "Inactive") if not hook.active else ("add", "Active")
    return joined(
        tag("span", word, class_=f"badge {kind}"),
        tag("span", "signed", class_="badge keep") if hook.secret_set else None,
        tag("span", "certificate unchecked", class_="badge warn")
        if hook.skip_cert_verification
        else None,
        tag("span", "history", class_="badge keep") if hook.history_enabled else None,
    )


def _triggers(hook: StoredHook) -> Markup:
    keys = tag("ul", *(tag("li", code(event)) for event in hook.events), class_="keys")
    if len(hook.events) <= _FEW:
        return keys
    return tag("details", tag("summary", f"{len(hook.events)} events"), keys)


def _actions(subject: Subject, hook: StoredHook) -> Markup:
    links = [("View requests", "requests")]
    if may_change(subject, hook):
        links = [("Edit", "edit"), *links, ("Delete", "delete")]
    whose = tag("span", text(f" of {layout.named(hook)}"), class_="unseen")
    return joined(
        *(tag("a", name, whose, href=paths.of(subject, hook, path)) for name, path in links)
    )


def _trigger(visit: Visit, subject: StoredRepository, problem: str) -> Markup:
    groups = [
        tag(
            "optgroup",
            *(
                tag("option", text(f"{each.label} ({each.event})"), value=each.event)
                for each in group
            ),
            label=category,
        )
        for category, group in grouped(events(visit.connection, "repository", "workspace"))
    ]
    return tag(
        "section",
        tag("h2", "Trigger an event", id="trigger"),
        tag(
            "p",
            "It is delivered for real to each active webhook above that listens to it.",
            class_="context",
        ),
        layout.form(
            visit.token,
            paths.trigger(subject),
            tag("p", text(problem), class_="problem", role="alert") if problem else None,
            tag("label", "Event", for_="event"),
            tag("select", *groups, id="event", name="event"),
            layout.button("Trigger"),
            class_="filter",
        ),
        aria_labelledby="trigger",
        class_="card",
    )


def _hint() -> Markup:
    return tag(
        "footer",
        Markup(
            "<p>What you change here is drift for Pulumi: "
            "<code>pulumi preview --refresh --diff</code> shows it, "
            "<code>pulumi up --refresh</code> puts it right.</p>"
        ),
    )
