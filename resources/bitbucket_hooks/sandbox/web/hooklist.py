"""The webhooks of a repository, and the form that lets an event happen there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from markupsafe import Markup
from werkzeug.utils import redirect

from bitbucket_hooks.sandbox import delivering
from bitbucket_hooks.sandbox.errors import SandboxError
from bitbucket_hooks.sandbox.web import layout, paths
from bitbucket_hooks.sandbox.web.catalogue import events, grouped
from bitbucket_hooks.sandbox.web.markup import code, joined, tag, text
from bitbucket_hooks.sandbox.web.visits import may_change

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

    from bitbucket_hooks.sandbox.records import Hook, Repository
    from bitbucket_hooks.sandbox.web.visits import Visit

_DONE: Final = {
    "created": "The webhook was created.",
    "saved": "The webhook was saved.",
    "deleted": "The webhook was deleted.",
}
_FEW: Final = 2


def show(visit: Visit, workspace: str, slug: str) -> Response:
    """Show the webhooks of a repository."""
    return _page(visit, visit.repository(workspace, slug))


def trigger(visit: Visit, workspace: str, slug: str) -> Response:
    """Let an event happen, and show what comes of it."""
    repository = visit.repository(workspace, slug)
    try:
        run = delivering.prepare(visit.connection, repository, visit.request.form.get("event", ""))
    except SandboxError as error:
        return _page(visit, repository, problem=str(error))
    visit.starting.append(run)
    return redirect(paths.run(repository, run.id), 303)


def _page(visit: Visit, repository: Repository, *, problem: str = "") -> Response:
    hooks = visit.hooks(repository)
    done = _DONE.get(visit.request.args.get("done", ""))
    return layout.page(
        "Webhooks",
        tag("p", text(repository.full_name), class_="context"),
        layout.notice(done) if done else None,
        _table(repository, hooks) if hooks else _nothing(),
        tag("p", tag("a", "Add webhook", href=paths.new(repository), class_="button first")),
        _trigger(visit, repository, problem),
        _hint(),
        trail=[("Repositories", paths.home())],
        status=400 if problem else 200,
    )


def _nothing() -> Markup:
    return tag("p", "This repository has no webhooks.", class_="nothing")


def _table(repository: Repository, hooks: list[Hook]) -> Markup:
    columns = ("Title and URL", "Status", "Triggers", "Actions")
    return layout.table("Webhooks", columns, [_row(repository, hook) for hook in hooks])


def _row(repository: Repository, hook: Hook) -> Markup:
    return layout.row(
        layout.cell(
            "Title and URL",
            tag("b", text(layout.named(hook)), class_="name"),
            tag("div", code(hook.url)),
            _owner(repository, hook),
        ),
        layout.cell("Status", _status(hook)),
        layout.cell("Triggers", _triggers(hook)),
        layout.cell("Actions", _actions(repository, hook), class_="actions"),
    )


def _owner(repository: Repository, hook: Hook) -> Markup | None:
    if may_change(hook):
        return None
    if hook.subject_type == "workspace":
        told = f"of the workspace {repository.workspace_slug}: read-only here, changed by the API"
    else:
        told = "of an installed app: read-only"
    return tag("div", text(told), class_="context")


def _status(hook: Hook) -> Markup:
    kind, word = ("keep", "Inactive") if not hook.active else ("add", "Active")
    return joined(
        tag("span", word, class_=f"badge {kind}"),
        tag("span", "signed", class_="badge keep") if hook.secret_set else None,
        tag("span", "certificate unchecked", class_="badge warn")
        if hook.skip_cert_verification
        else None,
        tag("span", "history", class_="badge keep") if hook.history_enabled else None,
    )


def _triggers(hook: Hook) -> Markup:
    keys = tag("ul", *(tag("li", code(event)) for event in hook.events), class_="keys")
    if len(hook.events) <= _FEW:
        return keys
    return tag("details", tag("summary", f"{len(hook.events)} events"), keys)


def _actions(repository: Repository, hook: Hook) -> Markup:
    links = [("View requests", "requests")]
    if may_change(hook):
        links = [("Edit", "edit"), *links, ("Delete", "delete")]
    whose = tag("span", text(f" of {layout.named(hook)}"), class_="unseen")
    return joined(
        *(tag("a", name, whose, href=paths.of(repository, hook, path)) for name, path in links)
    )


def _trigger(visit: Visit, repository: Repository, problem: str) -> Markup:
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
            paths.trigger(repository),
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
